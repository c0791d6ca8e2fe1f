"""Becoming a supervisor, and one's own public page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.formats import money
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.vault.errors import Refused
from supervision.forms.supervisors import ApplicationForm, ProfileForm
from supervision.models import Approval, Invitation, Supervisor, SupervisorApplication
from supervision.queries.supervisors import current_approval
from supervision.services import profiles, supervisors
from supervision.views.directory import detail_of, portrait_url

State = SupervisorApplication.State


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Apply to supervise, or answer an invitation; afterwards, where it stands."""
    mine = SupervisorApplication.objects.visible_to(request.user).filter(user=request.user.pk)
    application = mine.order_by("-pk").first()
    is_draft = "keep" in request.POST
    is_open = application is not None and application.state == State.DRAFT
    texts = application if is_open else None
    form = ApplicationForm(
        request.POST or None,
        is_draft=is_draft,
        initial={
            "experience": texts.experience if texts else "",
            "motivation": texts.motivation if texts else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            supervisors.apply(request.user, send=not is_draft, **form.cleaned_data)  # type: ignore[arg-type]
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(
                request,
                _("Kept. Come back whenever you like.")
                if is_draft
                else _("Thank you. It is with the office now; we write when it is decided."),
            )
            return redirect("supervision:apply")
    waiting = Invitation.objects.visible_to(request.user).waiting_for(request.user)
    own = Supervisor.objects.visible_to(request.user).filter(user=request.user.pk).first()
    context = {
        "form": form,
        "application": application,
        "is_invited": (is_open and application is not None and application.invited_at is not None)
        or waiting.exists(),
        "approval": current_approval(own, timezone.localdate()) if own else None,
    }
    return render(request, "supervision/supervisor_apply.html", context)


@require_POST
@signed_in
def apply_withdraw(request: HttpRequest) -> HttpResponse:
    """Take one's application back, or say no to an invitation."""
    supervisors.take_up(request.user)  # type: ignore[arg-type]
    mine = SupervisorApplication.objects.visible_to(request.user).filter(user=request.user.pk)
    application = get_object_or_404(mine, state__in=supervisors.OPEN)
    try:
        supervisors.withdraw(application, by=request.user)  # type: ignore[arg-type]
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("Taken back. You can apply again at any time."))
    return redirect("supervision:apply")


def own_page(request: HttpRequest) -> Supervisor:
    """The person's own page as a supervisor; 404 for whoever never was one."""
    mine = Supervisor.objects.visible_to(request.user).filter(user=request.user.pk)
    return get_object_or_404(mine.select_related("user"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile_edit(request: HttpRequest) -> HttpResponse:
    """What the public reads about oneself, the portrait, and consent to be listed."""
    supervisor = own_page(request)
    edition = Edition.objects.visible_to(request.user).in_force()
    is_post = request.method == "POST"
    form = ProfileForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        instance=supervisor,
        standard_rate=money(edition.supervision_fee_cents, edition.currency),
    )
    if is_post and form.is_valid():
        try:
            profiles.save_profile(
                supervisor,
                fields={name: form.cleaned_data[name] for name in form.Meta.fields},
                photo=form.cleaned_data["photo"],
                remove_photo=form.cleaned_data.get("remove_photo", False),
                by=request.user,  # type: ignore[arg-type]
            )
        except (Refusal, Refused) as refusal:
            form.add_error(None, str(getattr(refusal, "sentence", refusal)))
        else:
            messages.success(request, _("Your page is saved."))
            return redirect("supervision:profile")
    kept = own_page(request)
    return render(
        request,
        "supervision/supervisor_profile.html",
        {
            "form": form,
            "supervisor": kept,
            "photo_url": portrait_url(kept),
            "approvals": Approval.objects.visible_to(request.user).filter(supervisor=kept),
            "approval": current_approval(kept, timezone.localdate()),
        },
    )


@require_safe
@signed_in
def profile_preview(request: HttpRequest) -> HttpResponse:
    """One's own page as the public would read it."""
    supervisor = own_page(request)
    context = detail_of(request, supervisor) | {"is_preview": True}
    return render(request, "supervisors/supervisor_detail.html", context)
