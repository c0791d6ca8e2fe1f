"""The framework of an edition, ratings by word, and the picture of how somebody grows."""

from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from scip.policy.models import Edition
from scip.requirements import Refusal
from supervision.models import Competency, DevelopmentalLevel, Rating
from supervision.queries.ratings import framework_of, trajectory_of
from supervision.services.ratings import Touched, rate
from tests.supervision.pair import Kind, at, confirmed, log, make_pair


@pytest.fixture
def pair(db):
    return make_pair()


def touched(number: int, word: str, sentence: str = "") -> tuple[Touched, ...]:
    return (
        Touched(
            competency=Competency.objects.get(number=number),
            level=DevelopmentalLevel.objects.get(word=word),
            sentence=sentence,
        ),
    )


def test_a_new_site_has_six_competencies_and_four_words(db):
    call_command("install_pathway")
    call_command("install_pathway")
    framework = framework_of(Edition.objects.get())
    assert [row.number for row in framework.competencies] == [1, 2, 3, 4, 5, 6]
    assert [row.word for row in framework.levels] == ["beginning", "growing", "steady", "embodied"]
    Competency.objects.filter(number=1).update(name="Ours")
    call_command("install_pathway")
    assert Competency.objects.get(number=1).name == "Ours"


def test_a_new_edition_keeps_the_framework_until_it_has_its_own(pair):
    first = pair.candidacy.edition
    later = Edition.objects.create(name="Later", in_force_from=date(2031, 1, 1))
    assert framework_of(later) == framework_of(first)
    Competency.objects.create(edition=later, number=1, name="New", short_name="New")
    assert [row.name for row in framework_of(later).competencies] == ["New"]
    assert len(framework_of(first).competencies) == 6


def test_who_may_rate_what(pair, stranger, staff):
    row = log(pair, Kind.ORIENTATION, at(1))
    other = make_pair(2)
    for person in (stranger, staff, other.guide):
        with pytest.raises(Refusal, match="Only the two people"):
            rate(pair.agreement, touched(1, "steady"), by=person)
    with pytest.raises(Refusal, match="belongs to a session"):
        rate(pair.agreement, touched(1, "steady"), by=pair.guide)
    with pytest.raises(Refusal, match="another agreement"):
        rate(other.agreement, touched(1, "steady"), by=other.guide, session=row)
    with pytest.raises(Refusal, match="at least one"):
        rate(pair.agreement, (), by=pair.candidate)
    later = Edition.objects.create(name="Later", in_force_from=date(2031, 1, 1))
    foreign = Competency.objects.create(edition=later, number=9, name="X", short_name="X")
    words = (Touched(competency=foreign, level=DevelopmentalLevel.objects.first()),)
    with pytest.raises(Refusal, match="another edition"):
        rate(pair.agreement, words, by=pair.candidate)
    assert not Rating.objects.exists()


def test_the_picture_has_both_sides_in_their_order_and_the_latest_word(pair):
    first = confirmed(pair, Kind.ORIENTATION, at(1))
    second = confirmed(pair, Kind.CASE_REVIEW, at(8))
    rate(pair.agreement, touched(1, "beginning"), by=pair.candidate, now=at(0))
    rate(pair.agreement, touched(1, "beginning"), by=pair.guide, session=first, now=at(1))
    rate(pair.agreement, touched(1, "beginning"), by=pair.guide, session=second, now=at(8))
    rate(pair.agreement, touched(1, "steady", "Grew."), by=pair.guide, session=second, now=at(9))
    framework = framework_of(pair.candidacy.edition)
    curve = trajectory_of(pair.agreement, framework).curves[0]
    assert [dot.word for dot in curve.by_supervisor] == ["beginning", "steady"]
    assert [dot.word for dot in curve.by_self] == ["beginning"]
    assert curve.by_supervisor[0].y > curve.by_supervisor[1].y
    assert curve.by_self[0].x < curve.by_supervisor[0].x < curve.by_supervisor[1].x
    assert curve.summary == "candidate: beginning; supervisor: from beginning to steady"
    assert len(curve.rows) == 3


def test_the_page_carries_picture_and_table(pair, as_user):
    row = confirmed(pair, Kind.ORIENTATION, at(1))
    rate(pair.agreement, touched(2, "growing", "Stayed."), by=pair.guide, session=row)
    url = reverse("supervision:growth", args=[pair.agreement.pk])
    page = as_user(pair.candidate).get(url).content.decode()
    assert 'role="img"' in page
    assert "growing: Stayed." in page
    assert as_user(pair.guide).post(url).status_code == 404


def test_a_candidate_says_how_they_see_themselves(pair, as_user):
    competency, level = Competency.objects.first(), DevelopmentalLevel.objects.last()
    url = reverse("supervision:growth", args=[pair.agreement.pk])
    as_user(pair.candidate).post(url, {f"level_{competency.pk}": level.pk})
    assert Rating.objects.get().side == "self"


@pytest.mark.parametrize("count", [1, 3])
def test_the_picture_takes_the_same_queries(pair, count, django_assert_num_queries):
    for place in range(count):
        row = confirmed(pair, Kind.CASE_REVIEW, at(30 + place))
        rate(pair.agreement, touched(1, "steady"), by=pair.guide, session=row)
    framework = framework_of(pair.candidacy.edition)
    with django_assert_num_queries(1):
        trajectory_of(pair.agreement, framework)
