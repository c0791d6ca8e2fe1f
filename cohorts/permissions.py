"""Who may decide about whom."""

from django.utils.translation import gettext as _

from cohorts.models import Application, Enrolment
from scip.accounts.models import User
from scip.requirements import Refusal


def refuse_own(application: Application, by: User | None) -> None:
    """Nobody decides about their own application. Raises Refusal."""
    if by is not None and application.user_id == by.pk:
        raise Refusal(_("This is your own application, so a colleague has to decide about it."))


def refuse_second_alive(application: Application) -> None:
    """A closed application can't come back beside a newer one of the same person."""
    if application.state in Application.ALIVE:
        return
    newer = Application.objects.filter(
        user=application.user_id, cohort=application.cohort_id, state__in=Application.ALIVE
    )
    if newer.exclude(pk=application.pk).exists():
        raise Refusal(_("This person has a newer application for this cohort; decide there."))


def refuse_own_attendance(enrolment: Enrolment, by: User | None) -> None:
    """Nobody marks themselves or decides about their own absence. Raises Refusal."""
    if by is not None and enrolment.user_id == by.pk:
        raise Refusal(_("This is about you, so a colleague has to do it. Nothing was changed."))
