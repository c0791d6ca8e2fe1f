"""Level C in the house: a registered pair, a supervisor with a page, and what each asked."""

from django.core.files.base import ContentFile

from scip.accounts.models import User
from supervision.models import Introduction, Supervisor, SupervisorApplication
from tests import world
from tests.architecture.places import PAIR, House, canary
from tests.vault.samples import image


def add_supervision(house: House) -> None:
    """The supervisor's page, with a portrait; an application and a request of each of the pair."""
    supervisor = world.make_supervisor(house.people["supervisor"])
    supervisor.photo.save("portrait.webp", ContentFile(image("WEBP", (480, 480))), save=True)
    house.common |= {
        "supervisor_page": supervisor,
        "supervisor_act": {"pk": supervisor.pk, "verb": "renew"},
    }
    for whose in PAIR:
        add_asking(house, whose, house.people[whose], supervisor)


def add_asking(house: House, whose: str, user: User, supervisor: Supervisor) -> None:
    application = SupervisorApplication.objects.create(
        user=user,
        state="submitted",
        experience=canary(whose, "experience"),
        motivation=canary(whose, "motivation"),
    )
    SupervisorApplication.objects.filter(pk=application.pk).update(
        submitted_at=application.created_at
    )
    introduction = Introduction.objects.create(
        candidacy=world.make_candidacy(user),
        supervisor=supervisor,
        message=canary(whose, "question"),
    )
    house.things[whose] |= {
        "candidacy": introduction.candidacy,
        "supervisor_application": application,
        "supervisor_application_act": {"pk": application.pk, "verb": "approve"},
        "introduction": introduction,
    }
