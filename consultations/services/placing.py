"""A published placement becomes an application with an offer; who has no place gets a letter.

Each person is a transaction of their own: one difficulty stops nobody else, and a worker that
dies goes on where it was. Order of locks: placement, person, cohort, application.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Application, Cohort, PriceTier
from cohorts.services.offers import offer_place
from consultations.emails import rounds as letters
from consultations.models import Placement, Preference, Proposal
from consultations.queries.rounds import busy_in
from payments.services import enqueue
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move

State = Application.State
# Nobody has these prices by themselves; somebody who would like them tells the office.
BY_THEMSELVES = (PriceTier.Kind.EARLY_BIRD, PriceTier.Kind.STANDARD)


def carry_out(proposal: Proposal, *, now: datetime | None = None) -> int:
    """Settle every placement that is not settled yet; returns how many."""
    waiting = (
        Placement.objects.to_carry_out()
        .filter(proposal=proposal)
        .order_by("group__cohort", "pk")
        .values_list("pk", flat=True)
    )
    return sum(settle(pk, now=now) for pk in list(waiting))


def proposals_to_carry_out() -> list[int]:
    """Published ones of which somebody was not told yet (beat)."""
    rows = Placement.objects.to_carry_out().order_by("proposal").values_list("proposal", flat=True)
    return list(rows.distinct())


def settle(pk: int, *, now: datetime | None = None) -> bool:
    """Make one person's offer or letter; False if that was done before.

    What stands in the way of an offer is kept as ``problem``: the application stays with the
    office, nothing is lost. Whoever found a way into another group of the round since the
    proposal was made gets neither a second offer nor a letter about no place.
    """
    with transaction.atomic():
        placement = lock(Placement(pk=pk))
        if placement.settled_at is not None:
            return False
        now = now or timezone.now()
        try:
            with transaction.atomic():
                refuse_elsewhere(placement)
                if placement.group is None:
                    letters.not_placed(placement)
                else:
                    offer(placement, placement.group.cohort, now=now)
        except Refusal as refusal:
            placement.problem = told(refusal)
        placement.settled_at = now
        placement.save(update_fields=["settled_at", "problem", "application"])
        return True


def refuse_elsewhere(placement: Placement) -> None:
    """Raise Refusal for somebody with an application or a place in another group of the round."""
    person = placement.preference.user_id
    rows = busy_in(placement.proposal.round, [person], beside=placement.group)
    elsewhere = rows.get(person)
    if elsewhere:
        raise Refusal(
            _(
                "Since the proposal was made there is an application for “{group}”. Nothing was "
                "sent, so that nobody holds two offers of one season."
            ).format(group=elsewhere)
        )


def offer(placement: Placement, cohort: Cohort, *, now: datetime) -> None:
    """An application from what the person wished, and the offer, as for a direct enrolment.

    Raises Refusal where there can be no application. An offer that is refused leaves the
    application with the office, and the reason with the placement.
    """
    by = placement.proposal.published_by
    application = application_for(placement.preference, cohort, by=by)
    placement.application = application
    try:
        offer_place(
            application,
            tier=price_of(application),
            by=by,
            order_reason=_("Placed by the round “{round}”.").format(round=placement.proposal.round),
            note=letters.placed_note(placement),
            now=now,
        )
    except Refusal as refusal:
        placement.problem = told(refusal)


def told(refusal: Refusal) -> str:
    """Why it was refused, with every finding that is open."""
    open_ = [f"{finding.title}: {finding.found or finding.needed}" for finding in refusal.findings]
    return " ".join([str(refusal.sentence), *open_])


def application_for(wishes: Preference, cohort: Cohort, *, by: User | None) -> Application:
    """The person's application for the group: one that is with the office, their draft, or a new
    one with the words of their latest application.

    It counts as sent when the wishes were first saved: early bird looks at that.
    """
    user = lock(wishes.user)  # two beginnings at once find one application
    alive = Application.objects.filter(user=user, cohort=cohort, state__in=Application.ALIVE)
    existing = alive.first()
    if existing is None:
        existing = Application.objects.create(
            user=user,
            cohort=cohort,
            created_at=wishes.created_at,
            attends_live=True,
            motivation=wishes.note,
            **earlier_words(user),
        )
        record("application.draft", existing, by=by, subject=user)
    application = lock(existing)
    if application.state == State.DRAFT:
        application.tier = application.tier or tier_at(cohort, wishes.created_at)
        application.save(update_fields=["tier"])
        move(application, State.SUBMITTED, by=by, now=wishes.created_at)
    elif application.state not in {State.SUBMITTED, State.WAITING_LIST}:
        raise Refusal(
            _("There is an application for this group already: {state}.").format(
                state=application.get_state_display()
            )
        )
    return application


def earlier_words(user: User) -> dict[str, str]:
    """What the person wrote about practice and experience the last time they applied."""
    last = (
        Application.objects.filter(user=user, submitted_at__isnull=False)
        .order_by("-submitted_at", "-pk")
        .first()
    )
    return {"practice": last.practice, "experience": last.experience} if last else {}


def price_of(application: Application) -> str:
    """The price an application was sent with, if it holds; else what holds by itself."""
    sent = application.submitted_at
    tiers = {tier.kind: tier for tier in PriceTier.objects.filter(cohort=application.cohort_id)}
    chosen = tiers.get(application.tier)
    if chosen is not None and sent is not None and chosen.holds(sent):
        return str(chosen.kind)
    return str(PriceTier.Kind.STANDARD)


def tier_at(cohort: Cohort, at: datetime) -> str:
    """The lowest price that everybody has who applies at this moment."""
    tiers = PriceTier.objects.filter(cohort=cohort, kind__in=BY_THEMSELVES).select_related("cohort")
    holding = [tier for tier in tiers.order_by("amount_cents") if tier.holds(at)]
    return str(holding[0].kind) if holding else str(PriceTier.Kind.STANDARD)


def try_again(placement: Placement, *, by: User) -> Placement:
    """Have an offer that could not be made tried once more."""
    with transaction.atomic():
        placement = lock(placement)
        if not placement.problem:
            raise Refusal(_("This offer was made; there is nothing to try again."))
        placement.problem, placement.settled_at = "", None
        placement.save(update_fields=["problem", "settled_at"])
        record("placement.tried_again", placement, by=by, subject=placement.preference.user)
        enqueue("consultations.carry_out", placement.proposal_id)
        return placement
