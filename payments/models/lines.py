"""The books as double entry: a database view over the facts, so that nothing is kept twice."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.ledger import OfPerson
from scip.formats import money


class LedgerLineQuerySet(OfPerson["LedgerLine"]):
    """Lines by their person; nobody's (gifts to the fund) are the office's."""


class LedgerLine(models.Model):
    """One movement from one account to another: balanced by its form, derived, read-only.

    ``posted_at`` is when it was booked, ``value_at`` the day it counts for (a bank transfer
    that was recorded later). ``debit`` receives, ``credit`` gives.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        ADJUSTMENT = "adjustment", _("adjustment")
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        REFUND_FAILED = "refund_failed", _("refund came back")
        DISPUTE = "dispute", _("dispute")
        DISPUTE_WON = "dispute_won", _("dispute won")
        DISPUTE_LOST = "dispute_lost", _("dispute lost")
        FUND = "fund", _("aid fund")
        MOVE = "move", _("moved to another charge")

    class Account(models.TextChoices):
        RECEIVABLE = "receivable", _("owed by participants")
        INCOME = "income", _("income")
        STRIPE = "stripe", _("Stripe")
        BANK = "bank", _("bank")
        CHEQUE = "cheque", _("cheques")
        DISPUTED = "disputed", _("held in disputes")
        AID_FUND = "aid_fund", _("aid fund")
        AID_PROMISED = "aid_promised", _("aid promised")
        GIFTS = "gifts", _("gifts from outside")
        MOVED = "moved", _("moved between charges")

    line = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind)
    posted_at = models.DateTimeField()
    value_at = models.DateTimeField()
    charge = models.ForeignKey("payments.Charge", models.DO_NOTHING, null=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+"
    )
    purpose = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    reference = models.CharField(max_length=120)
    debit = models.CharField(max_length=20, choices=Account)
    credit = models.CharField(max_length=20, choices=Account)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    objects = LedgerLineQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "payments_ledgerline"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money(self.amount_cents, self.currency)}"
