"""People of the running cohort whose life took another turn: one has deferred, one would like to."""

from cohorts.models import Enrolment, Transfer
from cohorts.queries.transfers import Exchange, exchanges
from cohorts.services.transfers import carry_out_transfer, request_transfer
from scip.demo.world import texts
from scip.demo.world.admission import claim
from scip.demo.world.company import DAY, Company
from scip.demo.world.stage import Story


def defers(company: Company, enrolment: Enrolment) -> Story:
    """Could not go on; the office moved place and money to the next cohort."""
    yield company.ago(8)
    wish = wishes(company, enrolment)
    yield company.now + 1.2 * DAY
    shown = latest(company, enrolment)
    moved = carry_out_transfer(
        wish,
        by=company.staff,
        expected_due_cents=shown.money.due_cents,
        expected_back_cents=shown.money.back_cents,
        now=company.now,
    )
    if moved.arrival is not None:
        claim(company, moved.arrival)


def would_defer(company: Company, enrolment: Enrolment) -> Story:
    """Asked the day before yesterday; it waits for the office."""
    yield company.ago(1.7)
    wishes(company, enrolment)


def wishes(company: Company, enrolment: Enrolment) -> Transfer:
    """The wish to go on in the cohort that begins last."""
    target = latest(company, enrolment).target
    return request_transfer(
        enrolment, target, reason=texts.DEFERS, by=enrolment.user, now=company.now
    )


def latest(company: Company, enrolment: Enrolment) -> Exchange:
    """Where one could go that begins last."""
    found = exchanges(Enrolment.objects.get(pk=enrolment.pk), by=enrolment.user, now=company.now)
    return max((row for row in found if row.is_possible), key=lambda row: row.begins_at)
