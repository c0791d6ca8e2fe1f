"""Tuition charged before terms were reckoned here promises a share in words alone. The same terms
as moments and percentages, from the cohort and edition that the sentences were made of.
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def steps_of(cohort: Any) -> list[dict[str, Any]]:
    """All until the end of one day, half until the end of another, in the cohort's zone."""
    zone = ZoneInfo(cohort.time_zone)
    steps: list[dict[str, Any]] = []
    for days, percent in (
        (cohort.edition.full_refund_days, 100),
        (cohort.edition.half_refund_days, 50),
    ):
        until = datetime.combine(cohort.starts_on - timedelta(days=days - 1), time.min, tzinfo=zone)
        if not steps or until > datetime.fromisoformat(steps[-1]["until"]):
            steps.append({"until": until.isoformat(), "percent": percent})
    return steps


def write_steps(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What is booked does not change; these words get their figures once, so the guard rests."""
    Charge = apps.get_model("payments", "Charge")
    old = apps.get_model("cohorts", "Enrolment").objects.filter(charge__refund_steps=[])
    places = list(
        old.exclude(charge__refund_terms=[]).select_related("cohort__edition").order_by("pk")
    )
    if not places:
        return
    schema_editor.execute("alter table payments_charge disable trigger charge_is_booked")
    for place in places:
        Charge.objects.filter(pk=place.charge_id).update(refund_steps=steps_of(place.cohort))
    schema_editor.execute("alter table payments_charge enable trigger charge_is_booked")


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0003_groups"),
        ("payments", "0003_ledger"),
        ("policy", "0002_money"),
    ]

    operations = [migrations.RunPython(write_steps, migrations.RunPython.noop)]
