"""Income and aid by month."""

from datetime import date, datetime

from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from payments.models import (
    FundEntry,
    LedgerLine,
)

Account = LedgerLine.Account
MONEY = (Account.STRIPE, Account.BANK, Account.CHEQUE)


def income_by_month(since: datetime) -> list[tuple[date, str, str, int]]:
    """Month (in the active zone), purpose, currency and cents received, less what went back
    or was taken back, by the day the money moved."""
    came, went = Q(debit__in=MONEY), Q(credit__in=MONEY)
    rows = (
        LedgerLine.objects.filter(came | went, value_at__gte=since)
        .annotate(month=TruncMonth("value_at"))
        .order_by()
        .values("month", "purpose", "currency")
        .annotate(
            total=Sum(Case(When(came, then="amount_cents"), default=-F("amount_cents"))),
        )
        .order_by("month", "purpose", "currency")
    )
    return [(row["month"].date(), row["purpose"], row["currency"], row["total"]) for row in rows]


def aid_by_month(since: datetime) -> list[tuple[date, str, int]]:
    """Month (in the active zone), currency and cents of aid given, less what was not used."""
    kinds = (FundEntry.Kind.GRANT, FundEntry.Kind.GRANT_BACK)
    rows = (
        FundEntry.objects.filter(kind__in=kinds, created_at__gte=since)
        .annotate(month=TruncMonth("created_at"))
        .order_by()
        .values("month", "fund_id")
        .annotate(total=-Sum("amount_cents"))
        .order_by("month", "fund_id")
    )
    return [(row["month"].date(), row["fund_id"], row["total"]) for row in rows]


def purpose_name(purpose: str) -> str:
    """A purpose in words: ``tuition_level_a`` → ``Level A tuition``."""
    level = purpose.removeprefix("tuition_level_")
    if level != purpose:
        return _("Tuition, Level {level}").format(level=level.upper())
    return purpose.replace("_", " ").capitalize()
