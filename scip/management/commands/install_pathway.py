"""``manage.py install_pathway``: the rows that a new site needs before anybody can use it."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.db import models, transaction

from consultations.models import Topic
from consultations.starting_rows import TOPICS
from scip.audit.services import record
from scip.pages.models import FacultyMember, FaqEntry
from scip.pages.starting_rows import FACULTY, FACULTY_BIOGRAPHY, FACULTY_ROLE, QUESTIONS
from scip.policy.models import Edition
from supervision.models import Competency, DevelopmentalLevel
from supervision.starting_rows import COMPETENCIES, LEVELS

FIRST_EDITION = ("2026 edition", date(2026, 1, 1))


class Command(BaseCommand):
    """Run it after ``migrate``, on a new site or any later day: it only fills what is empty.

    A kind of row that has any entry is left alone, so that nothing the office changed, hid
    or took out comes back.
    """

    help = (
        "Add the first edition, faculty, questions, topics and competencies where there are none."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        name, in_force_from = FIRST_EDITION
        self.fill("edition", [Edition(name=name, in_force_from=in_force_from)])
        self.fill(
            "faculty members",
            [
                FacultyMember(
                    name=name, role=FACULTY_ROLE, biography=FACULTY_BIOGRAPHY, position=place
                )
                for place, name in enumerate(FACULTY, start=1)
            ],
        )
        self.fill("questions", starting_questions())
        self.fill(
            "topics",
            [
                Topic(name=name, slug=slug, description=description, position=place)
                for place, (name, slug, description) in enumerate(TOPICS, start=1)
            ],
        )

        edition = Edition.objects.order_by("in_force_from").get_first()
        self.fill("competencies", starting_competencies(edition))
        self.fill("developmental levels", starting_levels(edition))

    def fill(self, what: str, rows: list[Any]) -> None:
        """Store the rows unless their table has some already."""
        model: type[models.Model] = type(rows[0])
        if model._base_manager.exists():
            self.stdout.write(f"{what}: there already, left as they are")
            return
        for row in rows:
            row.full_clean()
        model._base_manager.bulk_create(rows)
        record("pathway.installed", rows=len(rows), of=model._meta.label_lower)
        self.stdout.write(f"{what}: {len(rows)} added")


def starting_competencies(edition: Edition) -> list[Competency]:
    return [
        Competency(
            edition=edition,
            number=number,
            name=item.name,
            short_name=item.short_name,
            description=item.description,
        )
        for number, item in enumerate(COMPETENCIES, start=1)
    ]


def starting_levels(edition: Edition) -> list[DevelopmentalLevel]:
    return [
        DevelopmentalLevel(edition=edition, position=place, word=word, description=description)
        for place, (word, description) in enumerate(LEVELS, start=1)
    ]


def starting_questions() -> list[FaqEntry]:
    return [
        FaqEntry(
            topic=item.topic,
            question=item.question,
            answer=item.answer,
            link_path=item.link[0],
            link_label=item.link[1],
            is_on_home=item.is_on_home,
            position=place,
        )
        for place, item in enumerate(QUESTIONS, start=1)
    ]
