"""Case material of an agreement with who opened it."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from supervision.models import Agreement, CaseMaterial, MaterialOpening


def material_in(agreement: Agreement, user: Any) -> QuerySet[CaseMaterial]:
    """What was handed over, newest first, with file, session and openings; two queries."""
    openings = Prefetch("openings", MaterialOpening.objects.select_related("opened_by"))
    return (
        CaseMaterial.objects.visible_to(user)
        .filter(agreement=agreement)
        .select_related("document", "session", "handed_by")
        .prefetch_related(openings)
    )
