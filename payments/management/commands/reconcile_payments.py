"""``manage.py reconcile_payments``: ask Stripe about every checkout under way."""

from typing import Any

from django.core.management.base import BaseCommand

from payments.services import reconcile


class Command(BaseCommand):
    help = "Ask Stripe about every checkout under way, record what was paid, report differences."

    def handle(self, *args: Any, **options: Any) -> None:
        report = reconcile()
        self.stdout.write(f"{report.asked} asked about, {len(report.changed)} changed")
        for line in report.changed:
            self.stdout.write(f"  changed: {line}")
        for line in report.unanswered:
            self.stdout.write(self.style.WARNING(f"  no answer: {line}"))
