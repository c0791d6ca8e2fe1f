"""Confidential files of candidacies that have come to an end, and receipts for those that are gone."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from certification.candidacy.models import Candidacy
from certification.portfolio.models import DeletionReceipt, Excerpt
from certification.portfolio.requirements import ENDED
from supervision.models import CaseMaterial


def kept_excerpts(candidacy: Candidacy) -> QuerySet[Excerpt]:
    """Its excerpts with a file that is still there."""
    return Excerpt.objects.filter(
        portfolio__candidacy=candidacy, removed_at=None, document__destroyed_at=None
    ).exclude(document=None)


def kept_material(candidacy: Candidacy) -> QuerySet[CaseMaterial]:
    """Its case material with a file that is still there."""
    return CaseMaterial.objects.filter(
        agreement__candidacy=candidacy, document__destroyed_at=None
    ).exclude(document=None)


def ended_with_files() -> QuerySet[Candidacy]:
    """Candidacies that have come to an end and still have such files; one query."""
    kept = Q(document__isnull=False, document__destroyed_at=None)
    excerpts = Excerpt.objects.filter(kept, portfolio__candidacy=OuterRef("pk"))
    material = CaseMaterial.objects.filter(kept, agreement__candidacy=OuterRef("pk"))
    rows = Candidacy.objects.filter(Exists(excerpts) | Exists(material), state__in=ENDED)
    return rows.select_related("edition").order_by("pk")


def receipts_of(user: Any) -> QuerySet[DeletionReceipt]:
    """Somebody's own, the newest first; one query."""
    return DeletionReceipt.objects.visible_to(user)
