"""After a panel asked a supervisor to look again: they are waited for, by everybody who may know."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal
from certification.review.queries.appeals import with_the_author
from scip.console.queues import QUEUES, waiting_for
from scip.formats import day, deadline
from scip.requirements import Status
from supervision.models import Agreement, Recommendation
from supervision.queries.recommendations import told_of
from supervision.requirements.recommendations import recommendation_finding
from supervision.services.recommendations import save_part, send_recommendation
from tests.pathway.test_supervision import home
from tests.review.hearings import NOT_YET, Appellant, gives, make_appellant, make_panel
from tests.review.test_who_hears import text
from tests.supervision.test_completion import next_pair
from tests.supervision.test_desks import waiting
from tests.supervision.test_recommendations import LETTER

pytestmark = pytest.mark.django_db
WORDS = "Look at session 7."
SILENT = timedelta(days=21)
ASKED = "A panel asks you to look again at your letter about Carla 1, by {day}"


@pytest.fixture
def carla() -> Appellant:
    """Two of the panel answered, and both sent the letter back."""
    carla = make_appellant()
    for seat in carla.heard_by(*make_panel(2)):
        gives(seat, "remanded")
    return carla


def finding(carla):
    told = told_of([carla.candidacy.pk]).get(carla.candidacy.pk)
    return recommendation_finding(told, is_complete=True)


def writes(carla, parts):
    send_recommendation(save_part(carla.pair.agreement, by=carla.guide, **parts), by=carla.guide)


def letter_page(carla):
    return reverse("supervision:recommendation", args=[carla.pair.agreement.pk])


def test_it_waits_on_the_supervisors_desk_and_their_page_shows_what_is_asked(carla, as_user):
    client = as_user(carla.guide)
    (matter,) = client.get("/supervision/").context["matters"]
    assert matter.text == ASKED.format(day=deadline(carla.appeal.decided_at + SILENT))
    assert matter.url == letter_page(carla)
    shown = text(client.get(matter.url))
    assert WORDS in shown
    assert "Write your next letter" in shown
    assert "Pia" not in shown
    assert as_user(carla.user).get(matter.url).status_code == 404


def test_the_candidate_reads_whom_it_waits_for_and_since_when(carla, as_user):
    found = finding(carla)
    assert (found.status, found.waiting_for) == (Status.WAITING, "Gita 1")
    assert found.since == carla.appeal.decided_at
    context = home(as_user, carla.user)
    assert context["step"].code == "second_look"
    assert context["step"].title == "Gita 1 is asked to look at it again"
    shown = text(as_user(carla.user).get(context["step"].url))
    assert f"Gita 1 is waited for since {day(carla.appeal.decided_at)}" in shown
    assert "You have the right to appeal" not in shown
    assert "Pia" not in shown
    (item,) = as_user(carla.user).get("/supervision/").context["relationships"]
    assert item.with_other == ("Gita 1 is asked by a panel to look again at the letter about you",)


def test_the_office_sees_who_is_waited_for_and_how_long(carla, as_user, staff):
    Appeal.objects.update(decided_at=timezone.now() - timedelta(days=9, hours=1))
    found = {item.code: item.count for item in waiting_for(staff, now=timezone.now())}
    assert found["second_looks"].number == 1
    (queue,) = [item for item in QUEUES if item.code == "second_looks"]
    client = as_user(staff)
    listed = client.get(reverse("admin:review_appeal_changelist"), queue.filters)
    assert list(listed.context["cl"].queryset) == [carla.appeal]
    assert "9 days" in text(listed)
    assert "Gita 1 looks at the letter again, since" in text(listed)
    page = client.get(reverse("admin:review_appeal_change", args=[carla.appeal.pk]))
    assert "Waited for: Gita 1 looks at the letter again" in text(page)
    assert WORDS not in text(page)


@pytest.mark.parametrize("parts", [NOT_YET, LETTER], ids=["not yet", "recommended"])
def test_another_letter_ends_it_whatever_it_says(carla, as_user, parts):
    assert list(with_the_author()) == [carla.appeal]
    writes(carla, parts)
    assert waiting(as_user(carla.guide)) == []
    assert finding(carla).status is (Status.OPEN if parts is NOT_YET else Status.MET)
    assert list(with_the_author()) == []
    assert WORDS not in text(as_user(carla.guide).get(letter_page(carla)))


@pytest.mark.parametrize(
    "ends",
    [
        lambda carla: Candidacy.objects.update(state="closed", close_reason="So asked."),
        lambda carla: Agreement.objects.update(state="ended"),
        lambda carla: next_pair(carla.pair),
    ],
    ids=["candidacy", "agreement", "gone on with somebody else"],
)
def test_it_waits_for_nobody_once_their_way_together_is_over(carla, as_user, ends):
    assert list(with_the_author()) == [carla.appeal]
    ends(carla)
    assert waiting(as_user(carla.guide)) == []
    assert told_of([carla.candidacy.pk])[carla.candidacy.pk].remanded_at is None
    assert list(with_the_author()) == []


@pytest.mark.parametrize("outcome", ["upheld", "overturned"])
def test_another_answer_of_the_panel_asks_nothing_of_the_supervisor(as_user, outcome):
    carla = make_appellant()
    for seat in carla.heard_by(*make_panel(2)):
        gives(seat, outcome)
    assert waiting(as_user(carla.guide)) == []
    assert list(with_the_author()) == []
    assert Recommendation.objects.get().remanded_at is None


def test_what_was_sent_back_before_waits_after_the_upgrade(carla):
    from importlib import import_module

    from django.apps import apps

    Recommendation.objects.update(remanded_at=None, instructions="")
    assert list(with_the_author()) == []
    import_module("certification.review.migrations.0008_remanded_letters_wait").mark(apps, None)
    assert list(with_the_author()) == [carla.appeal]
    assert carla.letter.instructions == carla.appeal.instructions
