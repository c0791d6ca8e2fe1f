"""Who is in which cohort, and the stories of the demo people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from cohorts.models import AbsenceException, Application, Cohort, Enrolment
from cohorts.services.applications import ask_for_information
from cohorts.services.cancellation import cancel_place
from cohorts.services.exceptions import (
    agree_make_up,
    decide_exception,
    hand_in_make_up,
    request_exception,
)
from payments.services import plan_cancellation, record_returned
from scip.accounts.models import Prerequisite, User
from scip.accounts.services import (
    announce_expiries,
    return_prerequisite,
    submit_prerequisite,
)
from scip.credentials.models import Credential
from scip.credentials.services import revoke_credential
from scip.demo.people import Person
from scip.demo.world import papers, texts
from scip.demo.world.admission import Path, applies, joins
from scip.demo.world.certification import certification
from scip.demo.world.cohorts import PLACES, Place, announced, first_day, mixed, sweeps, weeks_go_by
from scip.demo.world.company import (
    COLLEAGUE,
    DAY,
    HOUR,
    Company,
    bring_evidence,
    demo,
    verify,
)
from scip.demo.world.directory import directory_opens
from scip.demo.world.finals import finals
from scip.demo.world.groups import consultation_groups
from scip.demo.world.moves import defers, would_defer
from scip.demo.world.spaces import is_shared
from scip.demo.world.stage import Story
from scip.pages.emails import draft_answer
from scip.pages.services import answer_message, join_interest_list, send_message

# Sessions behind each cohort, counted from the present; 12 and the weeks since the end.
LONG_FINISHED, FINISHED, RUNNING = 12 + 47, 12 + 9, 7
OPEN, ANNOUNCED = -9, -22
AID, SCHOLARSHIP = "supported", "scholarship"


def two_years(company: Company, *, scale: int, small: bool) -> Story:
    """All stories, begun once the office is there."""
    yield company.ago(680)
    company.stage.tell(sweeps(company, since=company.ago(61)))
    company.stage.tell(letters_about_expiry(company))
    company.stage.tell(visitors(company))
    for number in range(1, scale + 1):
        place = PLACES[(number - 1) % len(PLACES)]
        other = PLACES[number % len(PLACES)]
        company.stage.tell(long_finished(company, place, number, small=small))
        company.stage.tell(finished(company, other, number, small=small))
        company.stage.tell(running(company, place, number, small=small))
        company.stage.tell(open_now(company, other, number, small=small))
        company.stage.tell(with_places_left(company, place, number))
    yield company.ago(200)
    company.stage.tell(consultation_groups(company))
    company.stage.tell(certification(company))
    company.stage.tell(finals(company))
    company.stage.tell(directory_opens(company))


def cast(
    company: Company, cohort: Cohort, paths: Iterable[Path], people: Iterable[Person] = ()
) -> None:
    """Send people on their paths; strangers where nobody is named."""
    named = iter(people)
    for path in paths:
        person = next(named, None) or company.someone()
        # People live at all hours; whoever pays just now is held to the minute.
        hours = 0 if path.pays == "checkout" else company.draw.uniform(-3.5, 3.5)
        own = replace(path, sent=path.sent + hours * HOUR)
        company.stage.tell(walks(company, person, cohort, own))


def walks(company: Company, person: Person, cohort: Cohort, path: Path) -> Story:
    """The path, remembered for the roster as soon as there is an account."""
    for moment in joins(company, person, cohort, path):
        if person.email in company.users:
            company.paths[company.users[person.email].pk] = path
        yield moment


def long_finished(company: Company, place: Place, number: int, *, small: bool) -> Story:
    """A cohort of last year: the candidate's; one credential was revoked later."""
    starts = first_day(place, company.present, held=LONG_FINISHED)
    yield moment_before(company, starts, 125)
    leader = company.users[COLLEAGUE.email]
    cohort = announced(
        company,
        place,
        starts_on=starts,
        capacity=16,
        opens=company.now + DAY,
        closes=moment_before(company, starts, 25),
        leaders=(leader,),
        number=number,
    )
    first, last = company.now + 8 * DAY, moment_before(company, starts, 35)
    special = [
        Path(sent=first + DAY, tier="early_bird", absences=frozenset({7})),
        Path(sent=first + 3 * DAY, aid=SCHOLARSHIP, granted_cents=289_500),
        Path(sent=first + 4 * DAY, then=loses_credential, absences=frozenset({3, 9})),
        Path(sent=first + 6 * DAY, fate="declined"),
    ]
    cast(company, cohort, special, [demo("candidate")] if number == 1 else [])
    cast(company, cohort, mixed(company, cohort, 0 if small else 3, first=first, last=last))
    company.stage.tell(weeks_go_by(company, cohort, leader))


def finished(company: Company, place: Place, number: int, *, small: bool) -> Story:
    """This year's finished cohort: an exception that counted, one that did not, somebody
    who did not complete."""
    starts = first_day(place, company.present, held=FINISHED)
    yield moment_before(company, starts, 110)
    leader = company.users[demo("facilitator").email]
    cohort = announced(
        company,
        place,
        starts_on=starts,
        capacity=16,
        opens=company.now + DAY,
        closes=moment_before(company, starts, 20),
        leaders=(leader, company.users[COLLEAGUE.email]),
        number=number,
    )
    first, last = company.now + 8 * DAY, moment_before(company, starts, 35)
    special = [
        Path(sent=first + DAY, tier="early_bird", absences=frozenset({2, 5, 9}), then=makes_up),
        Path(sent=first + 2 * DAY, absences=frozenset({2, 4, 6, 7, 10}), then=is_not_excused),
        Path(sent=first + 5 * DAY, absences=frozenset({1, 5, 8})),
        Path(sent=first + 6 * DAY, aid=AID, granted_cents=90_000, pays="bank"),
        Path(sent=first + 7 * DAY, fate="withdraws"),
    ]
    cast(company, cohort, special, [demo("graduate")] if number == 1 else [])
    cast(company, cohort, mixed(company, cohort, 0 if small else 4, first=first, last=last))
    company.stage.tell(weeks_go_by(company, cohort, leader))


def running(company: Company, place: Place, number: int, *, small: bool) -> Story:
    """In week 7: somebody at risk, an exception asked for, make-up work handed in."""
    starts = first_day(place, company.present, held=RUNNING)
    yield moment_before(company, starts, 100)
    leader = company.users[demo("facilitator").email]
    cohort = announced(
        company,
        place,
        starts_on=starts,
        capacity=16,
        opens=company.now + DAY,
        closes=moment_before(company, starts, 15),
        leaders=(leader,),
        number=number,
    )
    first, last = company.now + 8 * DAY, moment_before(company, starts, 35)
    special = [
        Path(sent=first + DAY, tier="early_bird", absences=frozenset({5}), then=asks),
        Path(
            sent=first + 2 * DAY,
            tier="lend_a_hand",
            absences=frozenset({3, 6}),
            late=frozenset({1, 4}),
        ),
        Path(sent=first + 3 * DAY, absences=frozenset({1, 2, 4}), then=hands_in),
        Path(sent=first + 4 * DAY, aid=AID, granted_cents=120_000),
        Path(sent=first + 5 * DAY, pays="promise"),
        Path(sent=first + 5.5 * DAY, pays="parts", tier="lend_a_hand"),
        Path(sent=first + 6 * DAY, pays="bank", then=steps_back),
        Path(sent=first + 6.5 * DAY, aid=AID, granted_cents=0),
        Path(sent=first + 6.7 * DAY, pays="bank", absences=frozenset({6}), then=defers),
        Path(sent=first + 6.8 * DAY, tier="early_bird", late=frozenset({5}), then=would_defer),
        Path(sent=first + 7 * DAY, fate="declined"),
    ]
    cast(company, cohort, special, [demo("participant")] if number == 1 else [])
    cast(company, cohort, mixed(company, cohort, 0 if small else 4, first=first, last=last))
    company.stage.tell(weeks_go_by(company, cohort, leader, behind=1))
    company.stage.tell(is_shared(company, cohort, leader))


def open_now(company: Company, place: Place, number: int, *, small: bool) -> Story:
    """Takes applications, is full, and has a waiting list; the office has a queue."""
    yield company.ago(62)
    cohort = announced(
        company,
        place,
        starts_on=first_day(place, company.present, held=OPEN),
        capacity=7 if small else 12,
        opens=company.now + DAY,
        closes=company.present + 35 * DAY,
        leaders=(company.users[COLLEAGUE.email],),
        number=number,
    )
    if number == 1:
        company.stage.tell(the_applicant(company, cohort))
    cast(company, cohort, paths_to_seats(company))
    cast(
        company,
        cohort,
        mixed(company, cohort, 0 if small else 5, first=company.ago(50), last=company.ago(22)),
    )
    cast(company, cohort, paths_without_a_seat(company))


def paths_to_seats(company: Company) -> list[Path]:
    """Seven seats: two are offered and about to lapse, two wait for payment, one was paid in
    part, one with too much, one just now. Before that, one lapsed and was paid too late."""
    ago = company.ago
    slow = partial(Path, decided_days=3, accepted_days=9)
    return [
        Path(sent=ago(31), pays="late", decided_days=3, accepted_days=1),
        Path(sent=ago(18), pays="over", decided_days=4, paid_days=3),
        slow(sent=ago(14), pays="never", tier="early_bird"),
        slow(sent=ago(13.6), pays="part", paid_days=0.2),
        slow(sent=ago(13.4), pays="never"),
        slow(sent=ago(13.2), pays="checkout", paid_days=1.19),
        Path(sent=ago(13), fate="offered", decided_days=3.4, tier="early_bird"),
        Path(sent=ago(12.5), fate="offered", decided_days=3.2, aid=AID, granted_cents=100_000),
    ]


def paths_without_a_seat(company: Company) -> list[Path]:
    """The waiting list, the office's queue, and those who got another answer."""
    ago = company.ago
    return [
        Path(sent=ago(11), fate="waiting", decided_days=3),
        Path(sent=ago(10.5), fate="waiting", decided_days=3, tier="early_bird"),
        Path(sent=ago(10), fate="waiting", decided_days=4),
        Path(sent=ago(8), fate="waiting first", decided_days=3),
        Path(sent=ago(9), fate="answers", decided_days=3),
        Path(sent=ago(7), fate="declined", decided_days=4),
        Path(sent=ago(6), fate="withdraws", decided_days=2),
        Path(sent=ago(6), fate="queue", tier="early_bird"),
        Path(sent=ago(4), fate="queue", evidence="partly", aid=SCHOLARSHIP, granted_cents=-1),
        Path(sent=ago(3), fate="queue", tier="lend_a_hand"),
        Path(sent=ago(2), fate="queue", evidence="unseen", aid=AID, granted_cents=-1),
        Path(sent=ago(1), fate="queue", evidence="unseen", tier="early_bird"),
        Path(sent=ago(0.2), fate="queue", evidence="partly"),
    ]


def with_places_left(company: Company, place: Place, number: int) -> Story:
    """Open with nearly all seats free: where somebody new can walk from sign-up to payment.
    The one who was quicker has paid, and a bank asks for the money back."""
    yield company.ago(12)
    cohort = announced(
        company,
        place,
        starts_on=first_day(place, company.present, held=ANNOUNCED),
        capacity=20,
        opens=company.present - 10 * DAY,
        closes=company.present + 110 * DAY,
        leaders=(company.users[COLLEAGUE.email],),
        number=number,
    )
    quick = Path(
        sent=company.ago(6), pays="disputed", decided_days=3, accepted_days=2, paid_days=0.98
    )
    company.stage.tell(walks(company, company.someone(), cohort, quick))


def moment_before(company: Company, day: date, days: int) -> datetime:
    """Some time in the morning (UTC), so many days before a day."""
    return company.at(day - timedelta(days=days), hour=9)


# --- What happens to one person -------------------------------------------------------


def exception_for(
    company: Company, enrolment: Enrolment, number: int, *, by: User
) -> AbsenceException:
    return request_exception(
        enrolment,
        enrolment.cohort.sessions.get(number=number),
        reason=company.draw.choice(texts.MISSED),
        by=by,
        now=company.now,
    )


def after_session(enrolment: Enrolment, number: int, days: float) -> datetime:
    session = enrolment.cohort.sessions.get(number=number)
    return session.ends_at + timedelta(days=days)


def asks(company: Company, enrolment: Enrolment) -> Story:
    """The participant: missed session 5 and asked the office about it."""
    if enrolment.user.email == demo("participant").email:
        yield company.ago(40)
        renew(company, enrolment.user, "insurance", ends_in=18)
    yield after_session(enrolment, 5, 9)
    exception_for(company, enrolment, 5, by=enrolment.user)


def hands_in(company: Company, enrolment: Enrolment) -> Story:
    """Three absences in the first weeks; make-up work for one of them waits for the office."""
    yield after_session(enrolment, 4, 1)
    exception = exception_for(company, enrolment, 4, by=enrolment.user)
    yield company.now + 2 * DAY
    agree_make_up(exception, task=texts.TASK, by=company.staff, now=company.now)
    yield company.now + 10 * DAY
    hand_in_make_up(exception, work=texts.WORK, by=enrolment.user, now=company.now)


def makes_up(company: Company, enrolment: Enrolment) -> Story:
    """One of three missed sessions was made up and counts; the cohort is completed by it."""
    user = enrolment.user
    yield after_session(enrolment, 9, 1)
    exception = exception_for(company, enrolment, 9, by=user)
    yield company.now + 2 * DAY
    agree_make_up(exception, task=texts.TASK, by=company.staff, now=company.now)
    yield company.now + 6 * DAY
    hand_in_make_up(exception, work=texts.WORK, by=user, now=company.now)
    yield company.now + 3 * DAY
    decide_exception(
        exception, is_accepted=True, reason=texts.ACCEPTED, by=company.staff, now=company.now
    )
    if user.email == demo("graduate").email:
        yield company.ago(45)
        renew(company, user, "standing", ends_in=24)


def is_not_excused(company: Company, enrolment: Enrolment) -> Story:
    """Too many absences to make up; the office says so kindly."""
    yield after_session(enrolment, 10, 2)
    exception = exception_for(company, enrolment, 10, by=enrolment.user)
    yield company.now + 3 * DAY
    decide_exception(
        exception, is_accepted=False, reason=texts.DECLINED, by=company.staff, now=company.now
    )


def steps_back(company: Company, enrolment: Enrolment) -> Story:
    """Cancels three weeks before the start: half comes back, by hand as it came by transfer."""
    yield enrolment.cohort.first_session_at - 20 * DAY
    plan = plan_cancellation(enrolment.charge, now=company.now)
    cancel_place(
        enrolment,
        by=enrolment.user,
        expected_back_cents=plan.back_cents,
        reason=texts.STEPS_BACK,
        now=company.now,
    )
    yield company.now + 3 * DAY
    for refund in enrolment.charge.refunds.all():
        record_returned(refund, reference=f"Back {refund.pk}", by=company.staff, now=company.now)


def loses_credential(company: Company, enrolment: Enrolment) -> Story:
    """Issued on marks that were another person's; taken back a month later."""
    yield after_session(enrolment, 12, 33)
    company.stage.take_delivery()
    for credential in Credential.objects.filter(user=enrolment.user):
        revoke_credential(credential, by=company.staff, reason=texts.REVOKED, now=company.now)


def renew(
    company: Company, user: User, kind: str, *, ends_in: int, is_seen: bool = True
) -> Prerequisite:
    """A newer record that ends so many days after the present; with the office unless seen."""
    sent = submit_prerequisite(
        user,
        kind=kind,
        fields=papers.facts(
            kind,
            country=str(user.country),
            expires_on=(company.present + timedelta(days=ends_in)).date(),
            completed_on=company.now.date(),
        ),
        document=papers.document(kind),
        now=company.now,
    )
    if is_seen:
        verify(company, [sent])
    return sent


def the_applicant(company: Company, cohort: Cohort) -> Story:
    """Sent an application; two records are verified, one came back, one is being checked,
    and the office has a question."""
    yield company.ago(9)
    user = company.register(demo("applicant"))
    yield company.ago(8)
    records = {record.kind: record for record in bring_evidence(company, user)}
    yield company.ago(6)
    application: Application = applies(
        company, user, cohort, Path(sent=company.now, tier="early_bird")
    )
    yield company.ago(3)
    verify(company, [records["standing"], records["msc"]])
    return_prerequisite(
        records["insurance"], by=company.staff, reason=texts.RETURN_REASON, now=company.now
    )
    yield company.ago(2)
    ask_for_information(application, question=texts.QUESTION, by=company.staff, now=company.now)


def letters_about_expiry(company: Company) -> Story:
    """Documents that end soon are announced; the candidate has sent a renewal."""
    yield company.ago(33)
    candidate = company.users[demo("candidate").email]
    yield company.ago(30)
    renew(company, candidate, "standing", ends_in=21)
    for days in (28, 21, 14, 7, 1):
        yield company.ago(days)
        announce_expiries(company.now)
    yield company.ago(0.9)
    renew(company, candidate, "standing", ends_in=700, is_seen=False)


def visitors(company: Company) -> Story:
    """The interest list and messages to the office; two were answered."""
    person = demo("candidate")
    entries = [*texts.INTEREST, (person.email, person.name, person.country, "certification", "")]
    for days, entry in zip((2, 5, 11, 19, 34, 48, 70), entries, strict=True):
        company.stage.tell(is_interested(company, days, entry))
    for days, message in zip((1, 3, 5, 20, 26), texts.MESSAGES, strict=True):
        company.stage.tell(writes(company, days, message))
    yield from ()


def is_interested(company: Company, days: int, entry: tuple[str, str, str, str, str]) -> Story:
    yield company.ago(days)
    email, name, country, about, note = entry
    join_interest_list(
        email=email, name=name, country=country, about=about, note=note, now=company.now
    )


def writes(company: Company, days: int, written: tuple[str, str, str]) -> Story:
    """A message; those older than two weeks were answered the next day."""
    yield company.ago(days, hour=11)
    name, email, text = written
    message = send_message(name=name, email=email, message=text)
    if days > 14:
        yield company.now + DAY + 2 * HOUR
        draft = draft_answer(message, texts.REPLY)
        answer_message(message, draft=draft, by=company.staff, now=company.now)
