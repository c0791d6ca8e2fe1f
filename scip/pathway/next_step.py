"""The one next step: a pure function from a person's evidence.

Rules are asked in order and the first that has something to say is shown. Whatever has a
date that ends something, or keeps others waiting, comes before what can be done any time.
"""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Application, Enrolment
from scip.formats import moment, money
from scip.pathway import certification, submission, supervision
from scip.pathway.evidence import Evidence, PlaceFacts
from scip.pathway.steps import NextStep, Rule
from scip.requirements import Finding, Status

# The door of the virtual room opens this long before a session.
DOOR_OPENS = timedelta(minutes=60)

App = Application.State
Place = Enrolment.State


def next_step(evidence: Evidence, *, now: datetime) -> NextStep:
    """The step that matters most at ``now``."""
    for rule in RULES:
        step = rule(evidence, now)
        if step is not None:
            return step
    return find_a_cohort(evidence)


def session_now(evidence: Evidence, now: datetime) -> NextStep | None:
    """A session runs or is about to begin: nothing else matters at this moment."""
    for place in evidence.places:
        for session in place.coming[:1]:
            if place.join_url and session.starts_at - DOOR_OPENS <= now < session.ends_at:
                is_running = session.starts_at <= now
                return NextStep(
                    code="session_now",
                    title=_("Session {number} is running").format(number=session.number)
                    if is_running
                    else _("Session {number} begins soon").format(number=session.number),
                    text=_("{cohort}, {when}. The room is open for you.").format(
                        cohort=place.cohort, when=moment(session.starts_at)
                    ),
                    url=place.join_url,
                    label=_("Join the session"),
                    other_url=reverse("enrolments:detail", args=[place.pk]),
                    other_label=_("All sessions"),
                )
    return None


def profile(evidence: Evidence, now: datetime) -> NextStep | None:
    """Name, profession and country: everything later rests on them."""
    if not evidence.missing_profile:
        return None
    if not evidence.has_begun:
        return NextStep(
            code="profile_first",
            title=_("Tell us who you are"),
            text=_(
                "Your name as it should stand on a certificate, your profession, your country "
                "and time zone. It takes two minutes, and you can change all of it later."
            ),
            url=reverse("profile:edit"),
            label=_("Begin with your profile"),
            other_url=reverse("cohorts:list"),
            other_label=_("First look at the cohorts"),
        )
    return NextStep(
        code="profile",
        title=_("Complete your profile"),
        text=_("Still missing: {what}.").format(what=", ".join(evidence.missing_profile)),
        url=reverse("profile:edit"),
        label=_("Open your profile"),
    )


def evidence_again(evidence: Evidence, now: datetime) -> NextStep | None:
    """A document came back, or ran out. Once Level A is completed it can wait for its gate."""
    if "A" in evidence.completed:
        return None
    for code, kinds, title in (
        ("evidence_returned", evidence.returned, _("A document needs another look: {title}")),
        ("evidence_expired", evidence.expired, _("A document has run out: {title}")),
    ):
        finding = next((item for item in evidence.prerequisites if item.code in kinds), None)
        if finding is None:
            continue
        return NextStep(
            code=code,
            title=title.format(title=finding.title),
            text=str(finding.found)
            if code == "evidence_returned"
            else _("{found} A newer one is enough; everything else stays as it is.").format(
                found=finding.found
            ),
            url=finding.url,
            label=_("Send it again")
            if code == "evidence_returned"
            else _("Add the newer document"),
        )
    return None


def question(evidence: Evidence, now: datetime) -> NextStep | None:
    """The office asked something about an application."""
    application = evidence.application_in(App.INFO_NEEDED)
    if application is None:
        return None
    return NextStep(
        code="question",
        title=_("The office has a question for you"),
        text=_("About your application for {cohort}: {question}").format(
            cohort=application.cohort, question=shortened(application.question)
        ),
        url=reverse("applications:detail", args=[application.pk]),
        label=_("Read and answer"),
    )


def offer(evidence: Evidence, now: datetime) -> NextStep | None:
    """A place is held for the person until a moment."""
    application = evidence.application_in(App.OFFERED)
    if application is None or application.offer_expires_at is None:
        return None
    if application.offer_expires_at <= now:
        return None
    return NextStep(
        code="offer",
        title=_("A place in {cohort} is yours to take").format(cohort=application.cohort),
        text=_("It is held for you at {price}. Take your time to read what it includes.").format(
            price=money(application.offer_cents, application.currency)
        ),
        when=application.offer_expires_at,
        url=reverse("applications:offer", args=[application.pk]),
        label=_("Look at the offer"),
    )


def payment(evidence: Evidence, now: datetime) -> NextStep | None:
    """Something is due: the place first, then any other charge."""
    place = evidence.place_in(Place.AWAITING_PAYMENT)
    due = [item for item in evidence.charges if item.due_cents and not item.is_cancelled]
    owed = next((item for item in due if place and item.pk == place.charge), None)
    owed = owed or next(iter(sorted(due, key=lambda item: item.due_at)), None)
    if owed is None:
        return confirming(place) if place else None
    if owed.is_on_its_way:
        return NextStep(
            code="payment_on_its_way",
            title=_("Your payment is on its way"),
            text=_(
                "Some banks take a few days. Your place is kept meanwhile, and we write to you "
                "as soon as the money is here."
            ),
            url=reverse("payments:pay", args=[owed.pk]),
            label=_("See how it stands"),
            is_waiting=True,
        )
    return NextStep(
        code="payment",
        title=_("Pay {amount} to make your place sure").format(
            amount=money(owed.due_cents, owed.currency)
        )
        if place and owed.pk == place.charge
        else _("Pay {amount}").format(amount=money(owed.due_cents, owed.currency)),
        text=_("For {what}. By card or bank transfer; refund terms stand there too.").format(
            what=owed.description
        ),
        when=place.pay_by if place and owed.pk == place.charge else owed.due_at,
        url=reverse("payments:pay", args=[owed.pk]),
        label=_("Go to payment"),
    )


def confirming(place: PlaceFacts) -> NextStep:
    """Nothing is due any more and the place is about to be confirmed."""
    return NextStep(
        code="confirming",
        title=_("We are confirming your place"),
        text=_("Everything is paid. A letter with the dates follows within minutes."),
        url=reverse("enrolments:detail", args=[place.pk]),
        label=_("Look at the dates"),
        is_waiting=True,
    )


def draft(evidence: Evidence, now: datetime) -> NextStep | None:
    """An application that was begun and can still be sent."""
    application = evidence.application_in(App.DRAFT)
    if application is None or not application.is_accepting or in_a_place(evidence):
        return None
    open_items = application.gate.to_do if application.gate else ()
    if not open_items:
        return NextStep(
            code="draft_ready",
            title=_("Your application for {cohort} can be sent").format(cohort=application.cohort),
            text=_("Everything it needs is there. Read it through once more, then send it."),
            when=application.closes_at,
            url=reverse("applications:step", args=[application.pk, "summary"]),
            label=_("Read and send"),
        )
    return NextStep(
        code="draft",
        title=_("Go on with your application for {cohort}").format(cohort=application.cohort),
        text=ngettext(
            "One thing is still open: {titles}. What you wrote is kept.",
            "{count} things are still open: {titles}. What you wrote is kept.",
            len(open_items),
        ).format(count=len(open_items), titles=titles_of(open_items)),
        when=application.closes_at,
        url=reverse("applications:step", args=[application.pk, "you"]),
        label=_("Continue"),
    )


def prerequisites(evidence: Evidence, now: datetime) -> NextStep | None:
    """What Level A asks for is not all there, and no place or application carries it on."""
    missing = [item for item in evidence.prerequisites if item.status is Status.OPEN]
    is_under_way = evidence.application_in(App.DECLINED, App.LAPSED) is None and any(
        item.state != App.WITHDRAWN for item in evidence.applications
    )
    if not missing or is_under_way or evidence.completed or in_a_place(evidence):
        return None
    has_some = len(missing) < len(evidence.prerequisites)
    return NextStep(
        code="prerequisites",
        title=_("Show what you bring: {count} of {total} are there").format(
            count=len(evidence.prerequisites) - len(missing), total=len(evidence.prerequisites)
        )
        if has_some
        else _("Show what you bring to the training"),
        text=_("Still open: {titles}. Each needs a few facts and a document.").format(
            titles=titles_of(missing)
        ),
        url=reverse("profile:prerequisites"),
        label=_("Add what is missing"),
        other_url=reverse("cohorts:list"),
        other_label=_("See the cohorts"),
    )


def waiting(evidence: Evidence, now: datetime) -> NextStep | None:
    """An application is with the office, or stands on the waiting list."""
    application = evidence.application_in(App.SUBMITTED, App.WAITING_LIST, App.OFFERED)
    if application is None or in_a_place(evidence):
        return None
    since = moment(application.since) if application.since else ""
    if application.state == App.WAITING_LIST:
        title = _("You are on the waiting list for {cohort}").format(cohort=application.cohort)
        text = _("Since {since}. When a place is freed, we write to you in order.")
    else:
        title = _("Your application for {cohort} is with the office").format(
            cohort=application.cohort
        )
        text = _("Since {since}. Nothing for you to do; the answer comes by letter.")
    return NextStep(
        code="waiting_list" if application.state == App.WAITING_LIST else "with_office",
        title=title,
        text=text.format(since=since),
        url=reverse("applications:detail", args=[application.pk]),
        label=_("See where it stands"),
        is_waiting=True,
    )


def make_up(evidence: Evidence, now: datetime) -> NextStep | None:
    """Make-up work was agreed and is not handed in yet."""
    for place in evidence.places:
        for number in place.to_hand_in:
            return NextStep(
                code="make_up",
                title=_("Hand in your make-up work for session {number}").format(number=number),
                text=_("You agreed on it with the office. Once it is read, the session counts."),
                url=reverse("enrolments:exception", args=[place.pk, number]),
                label=_("Hand it in"),
            )
    return None


def attendance(evidence: Evidence, now: datetime) -> NextStep | None:
    """Attending alone no longer reaches the share that is asked."""
    place = evidence.place_in(Place.CONFIRMED, Place.NOT_COMPLETED)
    if place is None or place.attendance is None or place.level in evidence.completed:
        return None
    if place.attendance.status is Status.OPEN and not place.with_office:
        return NextStep(
            code="attendance",
            title=_("Let us look at your attendance together"),
            text=f"{place.attendance.found} {place.attendance.next_step}".strip(),
            url=reverse("enrolments:detail", args=[place.pk]),
            label=_("Look at your sessions"),
        )
    return None


def coming_session(evidence: Evidence, now: datetime) -> NextStep | None:
    """The next live session of a confirmed place."""
    dated = [place for place in evidence.places if place.join_url and place.coming]
    dated += [place for place in evidence.places if not place.join_url and place.coming]
    place = next((item for item in dated if item.state == Place.CONFIRMED), None)
    if place is None:
        return None
    session = place.coming[0]
    return NextStep(
        code="coming_session",
        title=_("Your place in {cohort} is sure").format(cohort=place.cohort)
        if session.number == 1
        else _("Session {number} comes next").format(number=session.number),
        text=_("{cohort}: {when}. An hour before, this card leads straight into the room.").format(
            cohort=session.title or place.cohort, when=moment(session.starts_at)
        ),
        url=reverse("enrolments:detail", args=[place.pk]),
        label=_("See all sessions"),
    )


def outcome_soon(evidence: Evidence, now: datetime) -> NextStep | None:
    """All sessions are over; marks, exceptions or the outcome are with somebody else."""
    place = evidence.place_in(Place.CONFIRMED, Place.NOT_COMPLETED)
    if place is None or place.coming or place.level in evidence.completed:
        return None
    if place.with_office:
        number, since = min(place.with_office, key=lambda item: item[1])
        title = _("The office looks at session {number}").format(number=number)
        text = _("Your request is with them since {since}. The answer comes by letter.").format(
            since=moment(since)
        )
    elif place.state == Place.NOT_COMPLETED:
        title = _("{cohort} is over, and your path is not").format(cohort=place.cohort)
        text = _(
            "Not enough sessions count yet for Level A to be complete. What you attended stays on "
            "record. Your page says what is possible; the office gladly talks it through."
        )
    else:
        title = _("The last session is over")
        text = _("Your facilitator completes the marks, then the outcome comes by letter.")
    return NextStep(
        code="exception_waiting"
        if place.with_office
        else ("not_completed" if place.state == Place.NOT_COMPLETED else "marks_waiting"),
        title=title,
        text=text,
        url=reverse("enrolments:detail", args=[place.pk]),
        label=_("Look at your sessions"),
        is_waiting=place.state != Place.NOT_COMPLETED or bool(place.with_office),
    )


def wishes(evidence: Evidence, now: datetime) -> NextStep | None:
    """Groups of Level B are being put together, and the person has not said what suits them."""
    found = evidence.round_to_join
    if found is None or any(place.level == "B" for place in evidence.places):
        return None
    return NextStep(
        code="wishes",
        title=_("Say which group of Level B would suit you"),
        text=_(
            "{round}: put the coming groups in the order you would like. Places are given to all "
            "together afterwards; who came first does not matter. If you know already which one "
            "it is to be, you can also apply for it directly."
        ).format(round=found.name),
        when=found.closes_at,
        url=reverse("consultations:wishes", args=[found.pk]),
        label=_("Say what suits you"),
        other_url=reverse("consultations:list"),
        other_label=_("Apply for one group"),
    )


def celebrate(evidence: Evidence, now: datetime) -> NextStep | None:
    """A level is completed: the certificate, then what may follow."""
    if not evidence.completed:
        return None
    reached = max(evidence.completed)
    known = next(
        (item for item in evidence.recognitions if item.standing == "active" and item.is_made), None
    )
    other_url = {
        "A": reverse("consultations:list"),  # open groups, and the interest list for later ones
        "B": f"{reverse('pages:interest')}?about=certification",
    }.get(reached, "")
    if known is not None:
        return NextStep(
            code="certificate",
            title=_("Your certificate is here"),
            text=_(
                "You are recognised as a {title}. Keep the file; anybody can check it by its code."
            ).format(title=known.title),
            url=reverse("credentials:certificate", args=[known.code]),
            label=_("Open your certificate"),
            other_url=other_url,
            other_label=what_follows(reached),
        )
    if any(item.standing == "active" for item in evidence.recognitions):
        return NextStep(
            code="certificate_waiting",
            title=_("Your certificate is being made"),
            text=_("It takes a few minutes. We write to you when it is ready."),
            url=other_url,
            label=what_follows(reached),
            is_waiting=True,
        )
    return NextStep(
        code="completed",
        title=_("Level {letter} is behind you").format(letter=reached),
        text=_("We are glad you came this far. Here is how the way goes on."),
        url=other_url or reverse("pages:certification"),
        label=what_follows(reached) or _("Read about certification"),
    )


def what_follows(reached: str) -> str:
    """The label that leads on after a level."""
    return {"A": _("See the groups of Level B"), "B": _("Hear about certification")}.get(
        reached, ""
    )


def find_a_cohort(evidence: Evidence) -> NextStep:
    """Nothing is under way: look for a cohort, with a kind word about what ended before."""
    ended = evidence.application_in(App.DECLINED, App.LAPSED)
    is_waiting = any(item.status is Status.WAITING for item in evidence.prerequisites)
    if ended is not None and ended.state == App.LAPSED:
        text = _(
            "Your offer for {cohort} ended before it was taken. Your documents stay with you; "
            "another cohort, or a word to the office, is all it takes."
        ).format(cohort=ended.cohort)
    elif ended is not None:
        text = _(
            "There was no place in {cohort} this time. Your documents stay with you, and you can "
            "apply to another cohort whenever it suits you."
        ).format(cohort=ended.cohort)
    elif is_waiting:
        text = _("The office reads your documents meanwhile; you need not wait for that.")
    else:
        text = _("Everything Level A asks for is there. Choose the dates that suit your week.")
    return NextStep(
        code="apply",
        title=_("Find the cohort that fits you"),
        text=text,
        url=reverse("cohorts:list"),
        label=_("See the cohorts"),
        other_url=reverse("pages:interest"),
        other_label=_("Tell me about the next one"),
    )


def in_a_place(evidence: Evidence) -> bool:
    """Is the person in a cohort that is not over for them?"""
    return evidence.place_in(Place.AWAITING_PAYMENT, Place.CONFIRMED) is not None


def titles_of(findings: tuple[Finding, ...] | list[Finding]) -> str:
    return ", ".join(str(item.title) for item in findings)


def shortened(text: str, length: int = 160) -> str:
    """The first words of a longer text."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rsplit(" ", 1)[0] + "…"


RULES: tuple[Rule, ...] = (
    session_now,
    profile,
    evidence_again,
    question,
    certification.credit_question,
    certification.retreat_returned,
    offer,
    payment,
    certification.on_leave,
    supervision.confirm,
    draft,
    prerequisites,
    waiting,
    make_up,
    attendance,
    coming_session,
    outcome_soon,
    wishes,
    certification.registration,
    submission.final_submission,
    supervision.next_session,
    certification.registered,
    celebrate,
)
