"""Excerpts and the retreat are evidence, too; and what is said beside a file."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Retreat
from certification.portfolio import services
from certification.portfolio.models import Excerpt
from scip.requirements import Refusal
from supervision.models import Competency
from tests.portfolio.desk import Author, make_author
from tests.portfolio.test_excerpts import facts, kept, samples_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


def transcript(author: Author, **changes: Any) -> Excerpt:
    return services.hand_in(
        author.candidacy, by=author.user, document=samples_text(1), **facts(**changes)
    )


def shown_in(client: Any) -> list[int]:
    """How many excerpts show each competency, as the map has it."""
    context = client.get(reverse("portfolio:map")).context
    return [len(item.excerpts) for item in context["shown"]]


def test_an_excerpt_closes_a_gap_until_it_is_removed(author, as_user):
    first, second, *_rest = Competency.objects.all()
    client = as_user(author.user)
    excerpt = transcript(author, competencies=[first, second])
    assert shown_in(client)[:3] == [1, 1, 0]
    page = client.get(reverse("portfolio:map")).content.decode()
    assert "Shown in 1 excerpt." in page
    assert excerpt.title in page
    services.remove_excerpt(excerpt, by=author.user)
    assert sum(shown_in(client)) == 0


def test_one_shown_in_person_counts_once_it_was_seen(author, as_user):
    first = Competency.objects.first()
    row = services.hand_in(
        author.candidacy, by=author.user, kind="video", competencies=[first], **facts()
    )
    client = as_user(author.user)
    assert sum(shown_in(client)) == 0
    Excerpt.objects.filter(pk=row.pk).update(seen_at=timezone.now())
    assert shown_in(client)[0] == 1


def test_what_it_shows_is_said_at_the_beginning_or_later(author, as_user):
    first, second, *_rest = Competency.objects.all()
    excerpt = transcript(author)
    client = as_user(author.user)
    address = reverse("portfolio:excerpt_mark", args=[excerpt.pk])
    for chosen in ([first.pk, second.pk], [second.pk], []):
        client.post(address, {"title": excerpt.title, "competencies": chosen})
        assert [row.pk for row in excerpt.competencies.all()] == chosen
    client.post(address, {"title": excerpt.title, "competencies": [0]})
    assert not excerpt.competencies.exists()


def test_nobody_else_says_what_it_shows_nor_after_the_end(author, as_user):
    excerpt, first = transcript(author), Competency.objects.first()
    address = reverse("portfolio:excerpt_mark", args=[excerpt.pk])
    assert as_user(make_author(2).user).post(address).status_code == 404
    type(author.candidacy).objects.filter(pk=author.candidacy.pk).update(state="withdrawn")
    with pytest.raises(Refusal):
        services.mark_excerpt(Excerpt.objects.get(), [first], by=author.user)
    as_user(author.user).post(address, {"title": excerpt.title, "competencies": [first.pk]})
    assert not excerpt.competencies.exists()


@pytest.mark.parametrize(
    ("state", "words"),
    [(None, "Add your retreat"), ("submitted", "with the office"), ("verified", "Silent days")],
)
def test_the_retreat_stands_on_the_board(author, as_user, state, words):
    if state is not None:
        today = timezone.localdate()
        Retreat.objects.create(
            user=author.user,
            state=state,
            title="Silent days",
            started_on=today - timedelta(days=40),
            ended_on=today - timedelta(days=36),
            is_silent=True,
            submitted_at=timezone.now(),
            **({"verified_at": timezone.now()} if state == "verified" else {}),
        )
    page = as_user(author.user).get(reverse("portfolio:home"))
    card = page.content.decode().split('id="retreat"')[1].split("Session log")[0]
    assert words in card
    assert page.context["retreat"].is_met == (state == "verified")
    assert reverse("certification:register") in card or reverse("certification:record") in card


@pytest.mark.parametrize(("content_type", "is_said"), [("audio/ogg", True), ("video/mp4", False)])
def test_what_can_not_be_taken_out_of_a_file_is_said_beside_it(
    author, as_user, content_type, is_said
):
    excerpt = kept(author)
    type(excerpt.document).objects.update(content_type=content_type)
    page = as_user(author.user).get(reverse("portfolio:excerpt", args=[excerpt.pk]))
    assert ("is kept as it came" in page.content.decode()) == is_said


def test_the_room_that_is_left_is_said(author, as_user):
    page = as_user(author.user).get(reverse("portfolio:excerpt_new")).content.decode()
    assert "40.0\xa0GB are left" in page
