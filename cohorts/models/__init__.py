from cohorts.models.applications import AidRequest, Application, Offer, Seat
from cohorts.models.calendar import Cohort, PriceTier, Session, SkippedDay
from cohorts.models.enrolments import AbsenceException, Attendance, Enrolment, ExceptionComment
from cohorts.models.transfers import Transfer

__all__ = [
    "AbsenceException",
    "AidRequest",
    "Application",
    "Attendance",
    "Cohort",
    "Enrolment",
    "ExceptionComment",
    "Offer",
    "PriceTier",
    "Seat",
    "Session",
    "SkippedDay",
    "Transfer",
]
