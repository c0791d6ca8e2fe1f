"""Supervision on a candidate's home: where the ledger stands, and what comes next in it."""

from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.queries import Standing
from certification.review.queries.appeals import overturned_in
from certification.review.requirements.submission import in_its_place
from scip.formats import day
from scip.pathway.evidence import Evidence, SubmissionFacts, SupervisionFacts
from scip.pathway.steps import NextStep
from scip.pathway.submission import submission_facts
from scip.policy.models import Edition
from supervision.models import SupervisionSession
from supervision.queries.recommendations import told_of
from supervision.queries.sessions import ledger_evidence
from supervision.requirements.fees import sessions_ahead
from supervision.requirements.ledger import Kind, ledger_findings, next_kind
from supervision.requirements.recommendations import hoped_for, recommendation_finding

State = SupervisionSession.State


def under_way(
    standing: Standing, user_pk: int, *, edition: Edition, as_of: date
) -> tuple[SupervisionFacts | None, SubmissionFacts | None]:
    """Supervision and, once every session is there, the final submission of a registered
    candidate; one query, three at the end of the way."""
    if not standing.is_registered or standing.candidacy_pk is None:
        return None, None
    found = supervision_facts(standing.candidacy_pk, user_pk, edition=edition, as_of=as_of)
    return found, submission_facts(standing.candidacy_pk) if found.is_complete else None


def supervision_facts(
    candidacy_pk: int, user_pk: int, *, edition: Edition, as_of: date
) -> SupervisionFacts:
    """What the home knows about somebody's supervision; one query, and once every session is
    there a second for the recommendation; two more after a "not yet", which a panel may have
    overturned."""
    evidence = ledger_evidence([candidacy_pk])[candidacy_pk]
    findings = ledger_findings(evidence, edition=edition)
    is_complete = all(item.is_met for item in findings)
    told = told_of([candidacy_pk]).get(candidacy_pk) if is_complete else None
    appeal = None
    if told is not None and not told.is_recommended:
        appeal = overturned_in([candidacy_pk]).get(candidacy_pk)
    overturned_at = appeal.decided_at if appeal is not None else None
    recommended = recommendation_finding(told, is_complete=is_complete)
    findings = (*findings, in_its_place(recommended, overturned_at))
    to_confirm = [
        item
        for item in evidence.sessions
        if item.state == State.LOGGED and item.logged_by != user_pk
    ]
    return SupervisionFacts(
        findings=findings,
        has_agreement=evidence.opened_on is not None,
        planned=evidence.planned,
        to_confirm=tuple((item.pk, item.held_on) for item in to_confirm),
        recommendation=told,
        overturned_at=overturned_at,
        is_complete=is_complete,
        ahead=sessions_ahead(evidence, edition=edition, agreement=None),
        next_label=str(Kind(next_kind(evidence, edition=edition, held_on=as_of)).label),
    )


def confirm(evidence: Evidence, now: datetime) -> NextStep | None:
    """A supervisor waits for a yes."""
    found = evidence.supervision
    if found is None or not found.to_confirm:
        return None
    pk, held_on = found.to_confirm[0]
    count = len(found.to_confirm)
    return NextStep(
        code="confirm_session",
        title=ngettext(
            "A supervision session waits for your yes",
            "{count} supervision sessions wait for your yes",
            count,
        ).format(count=count),
        text=_("{day}: your supervisor logged it. One press confirms it.").format(day=day(held_on)),
        url=reverse("supervision:session", args=[pk]),
        label=_("Look at it"),
        other_url=reverse("supervision:home"),
        other_label=_("Supervision"),
    )


def next_session(evidence: Evidence, now: datetime) -> NextStep | None:
    """The coming session of the ten, or the supervisor to find before the first."""
    found = evidence.supervision
    if found is None:
        return None
    if found.is_complete:
        return not_yet(found, now)
    if not found.has_agreement:
        return NextStep(
            code="find_supervisor",
            title=_("Find somebody to walk with you"),
            text=_(
                "You are registered. Ask a supervisor for a brief call; if it fits, you draft "
                "an agreement together, and your sessions begin."
            ),
            url=reverse("supervision:home"),
            label=_("Open supervision"),
            other_url=reverse("supervisors:list"),
            other_label=_("Read the directory"),
        )
    return NextStep(
        code="supervision",
        title=_("Next in supervision: {kind}").format(kind=found.next_label),
        text=_("Your desk shows all sessions, what waits for whom, and when you meet again."),
        url=reverse("supervision:home"),
        label=_("Open supervision"),
    )


def not_yet(found: SupervisionFacts, now: datetime) -> NextStep | None:
    """All sessions are there, and the supervisor's letter says what would help first."""
    told = found.recommendation
    if told is None or found.is_recommended:
        return None
    if told.remanded_at is not None:
        asked = _(
            "An appeal panel asked for it on {day}, and wrote what to look at. The next letter takes "
            "the place of the “not yet”; until then everything keeps counting."
        ).format(day=day(told.remanded_at))
        return NextStep(
            code="second_look",
            title=_("{name} is asked to look at it again").format(name=told.supervisor),
            text=" ".join(filter(None, [asked, hoped_for(told.due_at, now)])),
            url=reverse("supervision:outcome", args=[told.agreement]),
            label=_("Read it"),
            other_url=reverse("appeal:home"),
            other_label=_("The panel’s answer"),
        )
    return NextStep(
        code="not_yet",
        title=_("Your supervisor wrote what would help next"),
        text=_(
            "It is a “not yet”, with words for you. Everything that you have done keeps "
            "counting, and a later letter takes its place."
        ),
        url=reverse("supervision:outcome", args=[told.agreement]),
        label=_("Read it"),
        other_url=reverse("appeal:home"),
        other_label=_("About an appeal"),
    )
