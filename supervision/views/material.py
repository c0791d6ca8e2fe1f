"""Case material: handed over, opened, taken back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scip.access import signed_in
from scip.requirements import Refusal
from scip.vault.errors import Refused
from scip.vault.serving import mint_token, serve
from supervision.forms.material import MaterialForm
from supervision.models import Agreement, CaseMaterial, Signature
from supervision.queries.agreements import is_former, other_of, side_of
from supervision.queries.material import is_open_again, material_in, occasions_in
from supervision.services import material as services
from supervision.views.agreements import crumbs, done, own_agreement, person


def own_material(request: HttpRequest, pk: int) -> CaseMaterial:
    """Material of one's own relationship that was not taken back; 404 otherwise."""
    rows = CaseMaterial.objects.visible_to(request.user).filter(taken_back_at=None)
    return get_object_or_404(rows.select_related("document", "handed_by"), pk=pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def material_list(request: HttpRequest, pk: int) -> HttpResponse:
    """What was handed over and who opened it; the candidate adds to it."""
    agreement = own_agreement(request, pk)
    is_candidate = side_of(agreement, request.user) == Signature.Side.CANDIDATE
    may_add = is_candidate and agreement.state == Agreement.State.ACTIVE
    if request.method == "POST" and not may_add:
        raise Http404
    form = None
    if may_add:
        occasions = occasions_in(agreement)
        form = MaterialForm(request.POST or None, request.FILES or None, occasions=occasions)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            services.hand_over(agreement, by=person(request), **form.facts)
        except (Refusal, Refused) as refusal:
            form.add_error(None, str(getattr(refusal, "sentence", refusal)))
        else:
            messages.success(
                request,
                _("{name} gets a letter that there is something to look at.").format(
                    name=other_of(agreement, request.user)
                ),
            )
            return redirect("supervision:material", pk)
    context = {
        "agreement": agreement,
        "material": material_in(agreement, request.user),
        "form": form,
        "is_candidate": is_candidate,
        "is_former": is_former(agreement, request.user),
        "is_open_again": is_open_again(agreement, request.user),
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(agreement, request.user, _("Case material")),
    }
    return render(request, "supervision/material_list.html", context)


@require_POST
@signed_in
def material_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep who opens it, then lead to it with a token that lasts two minutes."""
    material = own_material(request, pk)
    if material.document is None:
        raise Http404
    services.open_material(material, by=person(request))
    token = mint_token(material.document, person(request))
    return redirect("supervision:material_file", pk=pk, token=token)


@require_safe
@signed_in
def material_file(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The document itself; pictures are shown, everything else is downloaded."""
    material = own_material(request, pk)
    if material.document is None:
        raise Http404
    is_picture = material.document.content_type.startswith("image/")
    return serve(request, material.document, token=token, as_attachment=not is_picture)


@require_POST
@signed_in
def material_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back; the document is destroyed."""
    material = own_material(request, pk)

    def back() -> None:
        services.take_back(material, by=person(request))

    done(request, back, _("It is taken back, and the document is destroyed."))
    return redirect("supervision:material", material.agreement_id)
