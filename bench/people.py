"""Rows to measure with: made in bulk, then analysed, as a database that has been in use."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from cohorts.models import Cohort, Enrolment, PriceTier
from scip.accounts.models import Role, User
from scip.credentials import services as credentials
from scip.credentials.models import Completion, Credential
from scip.management.commands import install_pathway
from scip.policy.models import Edition
from tests import world

PEOPLE = 20_000


def add_people(count: int = PEOPLE, name: str = "crowd") -> None:
    """Many accounts with verified addresses, by one statement each."""
    email = f"'{name}' || n || '@example.com'"
    insert(
        User(), {"email": email, "name": "'Person ' || n"}, f"generate_series(1, {int(count)}) n"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            'insert into account_emailaddress (user_id, email, verified, "primary") '
            "select id, email, true, true from accounts_user where email like %s",
            [f"{name}%"],
        )


def insert(fresh: Model, varying: dict[str, str], source: str) -> None:
    """A row like ``fresh`` for each row of ``source`` (SQL), by one statement; ``varying`` says
    for a column what it is taken from."""
    fixed = {
        field.column: field.get_db_prep_save(getattr(fresh, field.attname), connection)
        for field in fresh._meta.concrete_fields
        if field.column not in {"id", *varying}
    }
    names = ", ".join(f'"{name}"' for name in [*varying, *fixed])
    values = ", ".join([*varying.values(), *["%s"] * len(fixed)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'insert into "{fresh._meta.db_table}" ({names}) select {values} from {source}',
            list(fixed.values()),
        )


def add_cohorts(count: int) -> list[Cohort]:
    """Open cohorts with their prices, besides those there are; weeks apart."""
    start = Cohort.objects.count()
    today = timezone.localdate()
    return [
        world.make_cohort(starts_on=today + timedelta(days=60 + 7 * (start + index)))
        for index in range(count)
    ]


def forget_cohorts() -> None:
    """Empty the list again, for the same page with another number of rows."""
    PriceTier.objects.all().delete()
    Cohort.objects.all().delete()


def add_credentials(user: User, count: int, edition: Edition) -> Credential:
    """Credentials with made certificates, for this person and the crowd; returns the person's."""
    crowd = list(User.objects.filter(email__startswith="crowd").order_by("pk")[: count - 1])
    first: Credential | None = None
    for person in [user, *crowd]:
        completion = credentials.record_completion(
            person,
            level="A",
            basis=Completion.Basis.COHORT,
            completed_on=timezone.localdate(),
            facts={"cohort": 1},
            by=None,
        )
        credential = credentials.issue_credential(
            completion,
            kind=Credential.Kind.PRACTICING,
            edition=edition,
            lines=[
                ("Cohort", "Spring 2027"),
                ("Live sessions", "11 of 12"),
                ("Contact hours", "36"),
            ],
            by=None,
        )
        first = first or credential
    assert first is not None
    for certificate in first.certificates.all():
        credentials.make_certificate(certificate.pk)
    return first


def analyse() -> None:
    """VACUUM ANALYZE, so that the planner knows what is there."""
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def install() -> Edition:
    """The rows that every installation starts with."""
    install_pathway.Command().handle(verbosity=0)
    return world.make_edition()


def participant_in(cohort: Cohort, email: str) -> Enrolment:
    """Somebody with a confirmed place, prerequisites and a charge."""
    user = world.make_user(email, profession="Psychologist", country="PT")
    world.verify_prerequisites(user)
    return world.make_enrolment(user, cohort)


def staff() -> Any:
    """Somebody of the office."""
    return world.make_user("office@example.com", Role.STAFF, name="Olga Office")


def enrol(user: User, cohort: Cohort) -> Enrolment:
    """One more confirmed place of the same person."""
    return world.make_enrolment(user, cohort)
