"""Numbered documents: receipts and credit notes, without gaps per year; pro-forma invoices.

Their facts are frozen when they are numbered; a worker makes the PDF later.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from payments.models.ledger import Charge, OfPerson, Payment
from payments.models.returns import Refund


class DocumentNumber(models.Model):
    """The last number of a series in a year; its row lock keeps the series without gaps."""

    class Series(models.TextChoices):
        RECEIPT = "R", _("receipts")
        CREDIT_NOTE = "C", _("credit notes")

    series = models.CharField(max_length=1, choices=Series)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="document_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last}"


class NumberedDocument(models.Model):
    """A document with its number, its frozen facts, and its PDF once that is made."""

    SERIES: ClassVar[str]

    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    facts = models.JSONField()
    issued_at = models.DateTimeField(default=timezone.now)
    document = models.FileField(upload_to="receipts/%Y/", blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """``R-2027-000123``."""
        return f"{self.SERIES}-{self.year}-{self.number:06}"


class ReceiptQuerySet(OfPerson["Receipt"]):
    OWNER = "payment__charge__user"


class Receipt(NumberedDocument):
    """For one payment."""

    SERIES = DocumentNumber.Series.RECEIPT

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="receipt")

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="receipt_number_once")
        ]
        indexes = [
            models.Index(
                fields=["issued_at"], name="receipt_to_make", condition=models.Q(made_at=None)
            )
        ]


class CreditNoteQuerySet(OfPerson["CreditNote"]):
    OWNER = "refund__charge__user"


class CreditNote(NumberedDocument):
    """For money that went back. One that did not arrive after all is marked, never deleted."""

    SERIES = DocumentNumber.Series.CREDIT_NOTE

    refund = models.OneToOneField(Refund, models.PROTECT, related_name="credit_note")
    void_at = models.DateTimeField(null=True)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="credit_note_number_once")
        ]
        indexes = [
            models.Index(
                fields=["issued_at"], name="credit_note_to_make", condition=models.Q(made_at=None)
            )
        ]


class InvoiceQuerySet(OfPerson["Invoice"]):
    OWNER = "charge__user"


class Invoice(models.Model):
    """A pro-forma invoice for whoever pays a charge; an employer may. It asks for money and
    is no receipt, so it has the charge's reference and no number of a series."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="invoices")
    payer = models.CharField(_("organisation or person who pays"), max_length=160)
    address = models.TextField(_("postal address"), max_length=500)
    country = CountryField(_("country"))
    attention = models.CharField(_("for the attention of"), max_length=120, blank=True)
    tax_number = models.CharField(_("tax or VAT number"), max_length=40, blank=True)
    order_reference = models.CharField(_("their order reference"), max_length=80, blank=True)
    facts = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.charge.reference}: {self.payer}"

    @property
    def label(self) -> str:
        """``SCIP-000042-7``: the charge's reference, and which of its invoices."""
        return f"{self.charge.reference}-{self.pk}"
