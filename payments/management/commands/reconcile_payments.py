"""``manage.py reconcile_payments``: ask Stripe about all that is under way, and what it has."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.services import reconcile


class Command(BaseCommand):
    help = (
        "Ask Stripe about checkouts, refunds and disputes under way, and list its refunds and "
        "disputes since the last run. What Stripe knows is put right here and reported. Ends "
        "with 0 when both agree then, with 1 when something could not be asked about or still "
        "differs and needs a person."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = reconcile()
        self.stdout.write(
            f"{report.asked} asked about, {report.listed} listed at Stripe: "
            f"{len(report.changed)} changed, {len(report.found)} found, "
            f"{len(report.differs)} differ, {len(report.unanswered)} without an answer"
        )
        for name, lines in (
            ("changed", report.changed),
            ("found", report.found),
            ("differs", report.differs),
            ("no answer", report.unanswered),
        ):
            for line in lines:
                self.stdout.write(f"  {name}: {line}")
        if not report.is_even:
            raise CommandError("Not everything agrees with Stripe.", returncode=1)
