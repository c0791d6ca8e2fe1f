"""/supervision/: what waits for whom, for both roles, in a fixed number of queries."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scip.accounts.models import Role
from supervision.models import Introduction
from supervision.services import agreements, introductions, sessions
from tests import world
from tests.supervision.pair import Kind, at, held, log, make_pair, walk

HOME = "/supervision/"
DESK_QUERIES = 17


def waiting(client) -> list[str]:
    return [matter.text for matter in client.get(HOME).context["matters"]]


def test_each_sees_what_waits_for_them(db, as_user):
    pair = make_pair()
    log(pair, Kind.ORIENTATION, at(1))
    assert waiting(as_user(pair.candidate)) == [
        "Confirm: Orientation with Gita 1, Wednesday 4 March 2026"
    ]
    page = as_user(pair.guide).get(HOME)
    assert page.context["matters"] == []
    own_page = reverse("supervision:profile")
    assert own_page in page.content.decode()
    assert own_page not in as_user(pair.candidate).get(HOME).content.decode()
    assert page.context["relationships"][0].with_other == (
        "1 session waits for the other’s confirmation",
    )


def test_a_text_waits_for_whoever_has_not_signed(db, as_user):
    pair = make_pair(signed_at=None, final_at=None, plan_at=None)
    version = pair.agreement.versions.get()
    text = "Read and sign version 1 of your agreement with"
    assert waiting(as_user(pair.guide)) == [f"{text} Carla 1"]
    agreements.sign_version(
        version,
        by=pair.guide,
        name_typed="Gita",
        text_sha256=agreements.text_hash(version),
    )
    assert waiting(as_user(pair.guide)) == []
    assert waiting(as_user(pair.candidate)) == [f"{text} Gita 1"]


def test_an_accepted_introduction_leads_to_a_draft(db, as_user):
    candidacy = world.make_candidacy(world.make_user("candidate@example.com", name="Carla"))
    guide = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    row = Introduction.objects.create(
        candidacy=candidacy, supervisor=guide, message="Hello", state="accepted"
    )
    client = as_user(guide.user)
    assert "You accepted a call with Carla" in client.get(HOME).content.decode()
    answer = client.post(reverse("supervision:agreement_draft", args=[row.pk]))
    agreement = candidacy.agreements.get()
    assert answer["Location"] == reverse("supervision:agreement_text", args=[agreement.pk])
    assert list(client.get(HOME).context["to_agree"]) == []


def test_whoever_walks_with_somebody_is_not_asked_to_draft_with_another(db, as_user):
    pair = make_pair()
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    row = Introduction.objects.create(
        candidacy=pair.candidacy, supervisor=other, message="Hello", state="accepted"
    )
    assert as_user(pair.candidate).get(HOME).context["to_agree"] == []
    # The way stays open, on the page of the introduction; and Olga's desk tells nothing of it.
    draft = reverse("supervision:agreement_draft", args=[row.pk])
    url = reverse("supervision:introduction", args=[row.pk])
    assert draft in as_user(pair.candidate).get(url).content.decode()
    assert as_user(other.user).get(HOME).context["to_agree"] == [row]
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.")
    assert as_user(pair.candidate).get(HOME).context["to_agree"] == [row]
    as_user(other.user).post(draft)
    assert draft not in as_user(pair.candidate).get(url).content.decode()


def test_a_request_for_a_call_waits_for_whoever_answers_next(db, as_user):
    candidacy = world.make_candidacy(world.make_user("candidate@example.com", name="Carla"))
    guide = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    row = Introduction.objects.create(candidacy=candidacy, supervisor=guide, message="Hello")
    url = reverse("supervision:introduction", args=[row.pk])
    found = as_user(guide.user).get(HOME).context["matters"]
    assert [(matter.text, matter.url) for matter in found] == [
        ("Carla asks you for a brief call", url)
    ]
    assert waiting(as_user(candidacy.user)) == []
    soon = timezone.now() + timedelta(days=2)
    introductions.accept(row, by=guide.user, answer="Gladly.", times=[soon])
    assert waiting(as_user(guide.user)) == []
    assert waiting(as_user(candidacy.user)) == ["Choose a time for the call with Gita"]
    draft = world.make_agreement(candidacy, guide, signed_at=None)
    assert "Choose a time for the call with Gita" not in waiting(as_user(candidacy.user))
    draft.delete()
    Introduction.objects.update(proposed_times=[timezone.now() - timedelta(hours=1)])
    assert waiting(as_user(candidacy.user)) == [], "there is nothing left to choose from"


def test_a_completed_pair_that_a_correction_left_short_goes_on_being_one(db, as_user):
    pair = make_pair()
    *_before, last = walk(pair, 10)
    row = sessions.correct_session(
        last,
        held(last.kind, last.started_at, 20),
        by=pair.guide,
        reason="It was shorter.",
        now=at(100),
    )
    sessions.confirm_session(row, by=pair.candidate, now=at(101))
    page = as_user(pair.guide).get(HOME)
    assert [item.agreement for item in page.context["relationships"]] == [pair.agreement]
    assert page.context["past"] == []
    assert not as_user(pair.candidate).get(HOME).context["seeks_company"]
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    world.make_agreement(pair.candidacy, other, signed_at=at(102))
    assert [item.agreement for item in as_user(pair.guide).get(HOME).context["past"]] == [
        pair.agreement
    ]


def test_whoever_was_accompanied_stands_below_with_nothing_left_to_do(db, as_user):
    pair = make_pair()
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.")
    page = as_user(pair.guide).get(HOME)
    assert page.context["relationships"] == []
    assert [item.agreement for item in page.context["past"]] == [pair.agreement]
    assert "People you accompanied" in page.content.decode()
    assert "Nobody yet" not in page.content.decode()
    page = as_user(pair.candidate).get(HOME)
    assert [item.agreement for item in page.context["relationships"]] == [pair.agreement]


def test_somebody_elses_introduction_makes_no_draft(db, as_user, stranger, staff):
    candidacy = world.make_candidacy(world.make_user("candidate@example.com"))
    guide = world.make_supervisor(world.make_user("guide@example.com"))
    row = Introduction.objects.create(
        candidacy=candidacy, supervisor=guide, message="Hello", state="accepted"
    )
    for person in (stranger, staff):
        url = reverse("supervision:agreement_draft", args=[row.pk])
        assert as_user(person).post(url).status_code == 404


def test_empty_desks_teach(db, as_user, stranger):
    assert "Read about certification" in as_user(stranger).get(HOME).content.decode()
    guide = world.make_user("guide@example.com", Role.SUPERVISOR)
    assert "Nobody yet" in as_user(guide).get(HOME).content.decode()
    candidacy = world.make_candidacy(world.make_user("candidate@example.com"))
    assert "Open the directory" in as_user(candidacy.user).get(HOME).content.decode()


def test_a_new_supervisor_sees_how_far_it_is_and_not_the_entries(db, as_user):
    pair = make_pair()
    walk(pair, 4)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Ends.")
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    second = world.make_agreement(pair.candidacy, other, signed_at=at(60))
    page = as_user(other.user).get(reverse("supervision:agreement", args=[second.pk]))
    item = page.context["item"]
    assert [stop.state for stop in item.stops[:5]] == ["done"] * 4 + ["next"]
    assert item.session_ids == frozenset()
    assert list(page.context["sessions"]) == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_supervisors_desk_takes_the_same_queries(db, as_user, count, django_assert_num_queries):
    first = make_pair()
    pairs = [first, *[make_pair(number + 2, guide=first.supervisor) for number in range(count - 1)]]
    for place, pair in enumerate(pairs):
        row = log(pair, Kind.ORIENTATION, at(1 + place))
        sessions.confirm_session(row, by=pair.candidate)
        log(pair, Kind.CASE_REVIEW, at(8 + place), by=pair.candidate)
    client = as_user(first.guide)
    client.get(HOME)
    with django_assert_num_queries(DESK_QUERIES):
        client.get(HOME)
