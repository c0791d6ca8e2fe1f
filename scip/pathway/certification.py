"""Level C on somebody's home: where they stand, and what comes next on the way to register."""

from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.models import Candidacy, Retreat
from certification.candidacy.queries import Standing
from certification.candidacy.requirements.registration import (
    RegistrationEvidence,
    holding_up_registration,
    own_findings,
    registration_findings,
)
from scip.formats import day
from scip.pathway.evidence import Evidence, LevelC
from scip.pathway.steps import NextStep
from scip.policy.models import Edition

State = Candidacy.State


def level_c(
    standing: Standing, evidence: RegistrationEvidence, *, edition: Edition, as_of: date
) -> LevelC | None:
    """What the home knows about certification; None for whoever has nothing to do with it yet:
    no candidacy, no Level B, no open question."""
    if not standing.state and "B" not in evidence.completed and standing.question_pk is None:
        return None
    findings = registration_findings(evidence, edition=edition, as_of=as_of)
    retreat = standing.retreat
    is_back = retreat is not None and retreat.state == Retreat.State.RETURNED
    return LevelC(
        state=standing.state,
        is_open=findings[0].is_met,
        is_registered=standing.is_registered,
        findings=own_findings(evidence, edition=edition),
        unmet=holding_up_registration(findings, edition=edition),
        retreat_question=retreat.return_reason if retreat is not None and is_back else "",
        leave_from=standing.leave_from,
        leave_until=standing.leave_until,
        question_pk=standing.question_pk,
    )


def credit_question(evidence: Evidence, now: datetime) -> NextStep | None:
    """The office asked something about an earlier format."""
    found = evidence.level_c
    if found is None or found.question_pk is None:
        return None
    return NextStep(
        code="credit_question",
        title=_("The office has a question about your earlier training"),
        text=_("Once it is answered, your request for credit goes on."),
        url=reverse("certification:case", args=[found.question_pk]),
        label=_("Read and answer"),
    )


def retreat_returned(evidence: Evidence, now: datetime) -> NextStep | None:
    """The retreat came back with a question."""
    found = evidence.level_c
    if found is None or not found.retreat_question:
        return None
    return NextStep(
        code="retreat_returned",
        title=_("Your retreat needs another look"),
        text=_("The office asks: {reason}").format(reason=found.retreat_question),
        url=f"{reverse('certification:register')}#bring-retreat",
        label=_("Correct it and send it again"),
    )


def on_leave(evidence: Evidence, now: datetime) -> NextStep | None:
    """Nothing is asked of somebody who rests."""
    found = evidence.level_c
    if found is None or found.state != State.ON_LEAVE:
        return None
    until = found.leave_until
    return NextStep(
        code="on_leave",
        title=_("You are on leave"),
        text=_("Until {day} no reminder comes, and nobody counts your silence. Rest well.").format(
            day=day(until)
        )
        if until
        else _("Until you come back no reminder comes, and nobody counts your silence. Rest well."),
        url=reverse("certification:record"),
        label=_("Open your certification record"),
        is_waiting=True,
    )


def registration(evidence: Evidence, now: datetime) -> NextStep | None:
    """Certification can be registered for, or prepared."""
    found = evidence.level_c
    if found is None or found.is_registered or found.state == State.AWAITING_PAYMENT:
        return None
    if not found.is_open or "B" not in evidence.completed:
        return None
    known = next((item for item in evidence.recognitions if item.standing == "active"), None)
    other_url = reverse("credentials:verify", args=[known.code]) if known else ""
    url = reverse("certification:register")
    if not found.unmet:
        return NextStep(
            code="register",
            title=_("You can register for certification"),
            text=_("Everything that is asked is there. Read it through once more, then register."),
            url=url,
            label=_("Read and register"),
            other_url=other_url,
            other_label=_("Your certificate") if known else "",
        )
    return NextStep(
        code="prepare_registration",
        title=_("Registration for certification is open"),
        text=ngettext(
            "If you wish to go on: one thing is still open for you, {titles}.",
            "If you wish to go on: {count} things are still open for you, {titles}.",
            len(found.unmet),
        ).format(count=len(found.unmet), titles=", ".join(str(item.title) for item in found.unmet)),
        url=url,
        label=_("See what is asked"),
        other_url=other_url,
        other_label=_("Your certificate") if known else "",
    )


def registered(evidence: Evidence, now: datetime) -> NextStep | None:
    """Registered, and nothing else has something to say."""
    found = evidence.level_c
    if found is None or found.state != State.ACTIVE:
        return None
    return NextStep(
        code="registered",
        title=_("You are on the way to certification"),
        text=_(
            "Your portfolio gathers your case studies; your record keeps what you registered with."
        ),
        url=reverse("portfolio:home"),
        label=_("Open your portfolio"),
        other_url=reverse("certification:record"),
        other_label=_("Your certification record"),
    )
