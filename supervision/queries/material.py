"""Case material of an agreement with who opened it."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from scip.formats import day
from supervision.models import Agreement, Appointment, CaseMaterial, MaterialOpening
from supervision.models import SupervisionSession as Session
from supervision.queries.agreements import is_former


def material_in(agreement: Agreement, user: Any) -> QuerySet[CaseMaterial]:
    """What was handed over, newest first, with file, session and openings; two queries."""
    openings = Prefetch("openings", MaterialOpening.objects.select_related("opened_by"))
    return (
        CaseMaterial.objects.visible_to(user)
        .filter(agreement=agreement)
        .select_related("document", "session", "appointment", "handed_by")
        .prefetch_related(openings)
    )


def is_open_again(agreement: Agreement, user: Any) -> bool:
    """Does a former supervisor read it because a panel asked them to look at their letter again?"""
    if not is_former(agreement, user):
        return False
    return Agreement.objects.with_material(user).filter(pk=agreement.pk).exists()


def is_open_to_author(agreement_id: int) -> bool:
    """May the supervisor of an agreement open what was handed over in it today?"""
    agreement = Agreement.objects.select_related("supervisor__user").get(pk=agreement_id)
    rows = Agreement.objects.with_material(agreement.supervisor.user)
    return rows.filter(pk=agreement_id).exists()


def occasions_in(agreement: Agreement) -> dict[str, tuple[str, Appointment | Session]]:
    """What material can be for, by the value of a choice: planned sessions, soonest first, then
    those of the ledger, newest first; two queries."""
    planned = Appointment.objects.ahead().filter(agreement=agreement).order_by("starts_at")
    held = Session.objects.standing().filter(agreement=agreement).order_by("-started_at", "-pk")
    return {
        **{
            f"appointment-{row.pk}": (_("Planned: {day}").format(day=day(row.starts_at)), row)
            for row in planned
        },
        **{
            f"session-{row.pk}": (f"{row.get_kind_display()}, {day(row.started_at)}", row)
            for row in held
        },
    }
