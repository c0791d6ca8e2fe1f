import pytest

from consultations.models import Topic
from consultations.starting_rows import TOPICS
from scip.demo.world import build
from scip.management.commands.install_pathway import starting_competencies, starting_levels
from scip.policy.models import Edition
from supervision.models import Competency, DevelopmentalLevel
from tests.world import utc

# A Wednesday, so that the cohorts' weekdays lie on both sides of it.
NOW = utc(2026, 11, 18, 15)


@pytest.fixture
def demo_addresses(settings):
    settings.ROOT_URLCONF = "tests.demo.demo_urls"


@pytest.fixture(scope="module")
def small_world(django_db_setup, django_db_blocker):
    """The demo world without the people who only fill lists; made once for the file that
    looks at it, and gone before any other does."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        edition = Edition.objects.create(name="2026 edition", in_force_from=utc(2026, 1, 1).date())
        Competency.objects.bulk_create(starting_competencies(edition))
        DevelopmentalLevel.objects.bulk_create(starting_levels(edition))
        Topic.objects.bulk_create(
            Topic(name=name, slug=slug, description=description)
            for name, slug, description in TOPICS
        )
        yield build(now=NOW, small=True)
        transaction.set_rollback(True)
