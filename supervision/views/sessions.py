"""The ledger's pages: log, look, confirm, see differently, take back, correct."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.accounts.models import User
from scip.policy.models import Edition
from scip.requirements import Finding, Refusal, Status
from supervision.forms.sessions import (
    CorrectionForm,
    DisputeForm,
    LogForm,
    start_of,
    start_of_held,
)
from supervision.models import Agreement, Signature, SupervisionSession
from supervision.queries.agreements import is_former, other_of, side_of
from supervision.queries.appointments import planned_on, to_log
from supervision.queries.material import material_in
from supervision.queries.notes import feedback_in, own_words
from supervision.queries.ratings import framework_of, ratings_of
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import counts, next_kind
from supervision.services import sessions as services
from supervision.views.agreements import crumbs, done, own_agreement, person

State = SupervisionSession.State
# How long a session usually is, where nothing was planned.
USUAL_MINUTES = 60


def own_session(request: HttpRequest, pk: int) -> SupervisionSession:
    """A session of the ledger of which one is one of the two; 404 for everybody else."""
    rows = SupervisionSession.objects.visible_to(request.user).filter(
        agreement__in=Agreement.objects.of_pair(request.user)
    )
    return get_object_or_404(
        rows.select_related(
            "agreement__candidacy__user",
            "agreement__candidacy__edition",
            "agreement__supervisor__user",
            "logged_by",
            "corrects",
        ),
        pk=pk,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def session_log(request: HttpRequest, pk: int) -> HttpResponse:
    """One short form after a session."""
    agreement = own_agreement(request, pk)
    user, now = person(request), timezone.now()
    edition = agreement.candidacy.edition
    if edition is None:
        return redirect("supervision:agreement", pk)
    appointment = to_log(agreement, now=now)
    kind = next_kind(evidence_of(agreement.candidacy), edition=edition, held_on=now.date())
    is_supervisor = side_of(agreement, user) == Signature.Side.SUPERVISOR
    form = LogForm(
        request.POST or None,
        initial=start_of(kind=kind, minutes=USUAL_MINUTES, appointment=appointment, now=now),
        framework=framework_of(edition),
        is_supervisor=is_supervisor,
    )
    if request.method == "POST" and form.is_valid():

        def log() -> None:
            services.log_session(
                agreement,
                form.held,
                by=user,
                words=form.words,
                appointment=planned_on(agreement, form.held.started_at, now=now),
            )

        said = _("Logged. {name} is asked to confirm it.").format(name=other_of(agreement, user))
        if done(request, log, said):
            if form.held.minutes < edition.supervision_minutes:
                messages.warning(request, too_short(edition))
            return redirect("supervision:agreement", pk)
    context = {
        "agreement": agreement,
        "form": form,
        "is_supervisor": is_supervisor,
        "least": edition.supervision_minutes,
        "other": other_of(agreement, user),
        "breadcrumb": crumbs(agreement, user, _("Log a session")),
    }
    return render(request, "supervision/session_log.html", context)


def too_short(edition: Edition) -> str:
    """What is said at once, so that nobody learns it from the ledger weeks later."""
    return _(
        "A session counts from {least} minutes on, so this one stays in the ledger without "
        "counting. If the minutes are wrong, take the entry back and log it once more."
    ).format(least=edition.supervision_minutes)


@require_safe
@signed_in
def session_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: what it says, whether it counts, what was written beside it."""
    return session_page(request, own_session(request, pk))


def session_page(
    request: HttpRequest, session: SupervisionSession, form: DisputeForm | None = None
) -> HttpResponse:
    user = person(request)
    agreement = session.agreement
    is_other = session.logged_by_id != user.pk
    was = is_former(agreement, user)
    finding, gap = standing_of(session, is_former=was)
    correction = session.corrections.filter(state__in=[State.LOGGED, State.DISPUTED]).first()
    context = {
        "session": session,
        "agreement": agreement,
        "finding": finding,
        "shortcoming": gap,
        "correction": correction,
        "may_answer": is_other and session.state == State.LOGGED and correction is None,
        # A correction is the office's once somebody accompanies the candidate no more.
        "may_confirm": session.corrects_id is None or not was,
        "may_take_back": not is_other and session.state in {State.LOGGED, State.DISPUTED},
        "may_correct": may_correct(session, user),
        "ratings": ratings_of([agreement], is_former=was)
        .filter(session=session)
        .select_related("competency"),
        "material": material_in(agreement, user).filter(session=session),
        "feedback": feedback_in(agreement, user).filter(session=session),
        "own": own_words(agreement, user).filter(session=session),
        "is_supervisor": side_of(agreement, user) == Signature.Side.SUPERVISOR,
        "is_logged_by_office": is_by_office(session, session.logged_by_id),
        "is_confirmed_by_office": is_by_office(session, session.confirmed_by_id),
        "form": form or DisputeForm(),
        "breadcrumb": crumbs(agreement, user, session.get_kind_display()),
    }
    return render(request, "supervision/session_detail.html", context)


def is_by_office(session: SupervisionSession, who: int | None) -> bool:
    """Somebody did it who is neither of the two."""
    agreement = session.agreement
    return who is not None and who not in {
        agreement.candidacy.user_id,
        agreement.supervisor.user_id,
    }


def may_correct(session: SupervisionSession, user: User) -> bool:
    """Would a correction by this person be taken, whatever they write in it?"""
    try:
        services.refuse_uncorrectable(session, user)
    except Refusal:
        return False
    return True


def standing_of(session: SupervisionSession, *, is_former: bool) -> tuple[Finding | None, str]:
    """Whether the session counts (None for an entry that stands no more), and why it would not
    once it is confirmed, while that is open. A former supervisor reads what lies in the session
    itself: what else the candidate has, or lacks, is not theirs."""
    edition = session.agreement.candidacy.edition
    evidence = evidence_of(session.agreement.candidacy)
    facts = next((item for item in evidence.sessions if item.pk == session.pk), None)
    if facts is None or edition is None:
        return None, ""
    if is_former and facts.is_approved and facts.minutes >= edition.supervision_minutes:
        return None, ""
    finding = counts(facts, evidence, edition=edition)
    if session.state == State.CONFIRMED:
        return finding, ""
    later = counts(replace(facts, state=State.CONFIRMED), evidence, edition=edition)
    return finding, str(later.found) if later.status is Status.OPEN else ""


@require_POST
@signed_in
def session_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """So it was."""
    session = own_session(request, pk)

    def confirm() -> None:
        services.confirm_session(session, by=person(request))

    done(request, confirm, _("Confirmed. Thank you."))
    return redirect("supervision:agreement", session.agreement_id)


@require_POST
@signed_in
def session_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody remembers it differently; the office talks with both."""
    session = own_session(request, pk)
    form = DisputeForm(request.POST)
    if not form.is_valid():
        return session_page(request, session, form)

    def dispute() -> None:
        services.dispute_session(session, by=person(request), reason=form.cleaned_data["reason"])

    done(request, dispute, _("Thank you for saying so. The office talks with both of you."))
    return redirect("supervision:session", pk)


@require_POST
@signed_in
def session_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one logged."""
    session = own_session(request, pk)

    def withdraw() -> None:
        services.withdraw_session(session, by=person(request))

    done(request, withdraw, _("The entry is taken back."))
    return redirect("supervision:agreement", session.agreement_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def session_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """How it was, in a new entry that the other confirms."""
    session = own_session(request, pk)
    try:
        services.refuse_uncorrectable(session, person(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
        return redirect("supervision:session", pk)
    other = other_of(session.agreement, request.user)
    form = CorrectionForm(request.POST or None, initial=start_of_held(services.held_of(session)))
    if request.method == "POST" and form.is_valid():

        def correct() -> None:
            services.correct_session(
                session, form.held, by=person(request), reason=form.cleaned_data["reason"]
            )

        said = _("The correction waits for {name}. Until then the first entry stands.").format(
            name=_("the office") if is_former(session.agreement, other) else other
        )
        if done(request, correct, said):
            return redirect("supervision:session", pk)
    context = {
        "session": session,
        "form": form,
        "breadcrumb": crumbs(session.agreement, request.user, _("Correct an entry")),
    }
    return render(request, "supervision/session_correct.html", context)
