"""The office's pages about cohorts."""

from cohorts.admin.aid import AidRequestAdmin
from cohorts.admin.applications import ApplicationAdmin
from cohorts.admin.cohorts import CohortAdmin
from cohorts.admin.enrolments import EnrolmentAdmin
from cohorts.admin.exceptions import AbsenceExceptionAdmin
from cohorts.admin.offers import OfferAdmin
from cohorts.admin.transfers import TransferAdmin

__all__ = [
    "AbsenceExceptionAdmin",
    "AidRequestAdmin",
    "ApplicationAdmin",
    "CohortAdmin",
    "EnrolmentAdmin",
    "OfferAdmin",
    "TransferAdmin",
]
