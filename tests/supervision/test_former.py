"""Who accompanies a candidate today, and what stays with whoever does so no more."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.services.closing import close_candidacy
from certification.portfolio.models import Excerpt
from certification.portfolio.services import hand_in
from scip.pathway.services import renew_feed
from scip.policy.models import Edition
from scip.requirements import Refusal
from supervision.models import (
    Agreement,
    CaseMaterial,
    Competency,
    DevelopmentalLevel,
    Handover,
)
from supervision.queries.records import record_of, scope_of
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import is_counted
from supervision.services import agreements, handovers, material, notes, ratings
from supervision.services.ratings import Touched
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.remembered import remembered
from tests.supervision.pair import ALL, Pair, at, confirmed, make_pair, walk

LETTER = {
    "outcome": "recommended",
    "key_elements": "Shame.",
    "assessment": "Steady.",
    "reflections": "Warm.",
}
OWN_VIEW = "a-word-of-hers"


def touched(sentence):
    return [
        Touched(
            competency=Competency.objects.first(),
            level=DevelopmentalLevel.objects.first(),
            sentence=sentence,
        )
    ]


def send_letter(pair, outcome="recommended"):
    guidance = {"guidance": "More of it."} if outcome == "not_yet" else {}
    parts = LETTER | {"outcome": outcome} | guidance
    draft = save_part(pair.again().agreement, by=pair.guide, now=at(80), **parts)
    return send_recommendation(draft, by=pair.guide, now=at(81))


def end(pair, staff):
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(75))


def close(pair, staff):
    close_candidacy(pair.candidacy, by=staff, reason="Idle.", now=at(75))


def next_one(pair, staff):
    """Completed, and another supervisor's agreement is active before any letter."""
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    world.make_agreement(pair.candidacy, guide, signed_at=at(75))


ENDS = {
    "ended": (9, end),
    "closed": (9, close),
    "recommended": (10, lambda pair, staff: send_letter(pair)),
    "not yet": (10, lambda pair, staff: send_letter(pair, "not_yet")),
    "another": (10, next_one),
}


@pytest.fixture(params=ENDS)
def former(request, db):
    """A pair with material, feedback and both views, in which the supervisor is one no more."""
    count, over = ENDS[request.param]
    pair = make_busy(count)
    over(pair, request.getfixturevalue("staff"))
    pair.again()
    return pair


@remembered
def make_busy(count: int) -> Pair:
    """So many sessions, with material, feedback and a view of each."""
    pair = make_pair()
    walk(pair, 1)
    row = material.hand_over(pair.agreement, by=pair.candidate, title="A film, on paper")
    ratings.rate(pair.agreement, touched(OWN_VIEW), by=pair.candidate, now=at(2))
    notes.give_feedback(pair.agreement, "You waited.", by=pair.guide)
    for place in range(1, count):
        confirmed(pair, ALL[place], at(1 + 7 * place))
    assert CaseMaterial.objects.visible_to(pair.guide).get() == row
    return pair


def test_what_is_the_candidates_closes_and_ones_own_words_stay(former, as_user):
    assert not CaseMaterial.objects.visible_to(former.guide).exists()
    assert CaseMaterial.objects.visible_to(former.candidate).exists()
    client = as_user(former.guide)
    pages = {
        name: client.get(reverse(f"supervision:{name}", args=[former.agreement.pk]))
        for name in ("material", "growth", "words", "agreement")
    }
    assert {page.status_code for page in pages.values()} == {200}
    texts = {name: page.content.decode() for name, page in pages.items()}
    assert "A film, on paper" not in texts["material"]
    assert "what was handed over is closed to you" in texts["material"]
    assert OWN_VIEW not in texts["growth"]
    assert "You waited." in texts["words"]
    assert pages["words"].context["feedback_form"] is None
    session = former.agreement.sessions.first()
    assert client.get(reverse("supervision:session", args=[session.pk])).status_code == 200
    theirs = as_user(former.candidate)
    assert (
        OWN_VIEW
        in theirs.get(reverse("supervision:growth", args=[former.agreement.pk])).content.decode()
    )


def test_nothing_is_added_by_who_accompanies_nobody(former, as_user):
    with pytest.raises(Refusal, match="You accompany this person no more"):
        notes.give_feedback(former.agreement, "One more thing.", by=former.guide)
    with pytest.raises(Refusal, match="You accompany this person no more"):
        ratings.rate(
            former.agreement,
            touched("Later."),
            by=former.guide,
            session=former.agreement.sessions.first(),
        )
    url = reverse("supervision:feedback_give", args=[former.agreement.pk])
    as_user(former.guide).post(url, {"text": "One more thing."})
    assert former.agreement.feedback.count() == 1
    # Notes for oneself stay possible: they are nobody else's.
    assert notes.write_own(former.agreement, "How it was.", by=former.guide).pk


def test_the_record_to_take_along_says_what_the_pages_say(former):
    def said(user):
        record = record_of(scope_of(former.candidacy, user))
        (growth,) = [part for part in record.sections if part.title == "Competencies over time"]
        return [row[3] for row in growth.rows if row[3]]

    former.candidacy.refresh_from_db()
    assert said(former.candidate)
    assert not said(former.guide)


def plain(answer):
    """What a page says, without the tokens that differ from one answer to the next."""
    assert answer.status_code == 200
    return re.sub(r'(value|nonce)="[A-Za-z0-9_-]{20,}"', "", answer.content.decode())


def seen_by(pair, client, feed):
    """Everything that somebody can open about a person, as text."""
    key = pair.agreement.pk
    urls = {
        "desk": reverse("supervision:home"),
        "record": reverse("supervision:record", args=[pair.candidacy.pk]),
        "calendar": reverse("pathway:calendar", args=[feed.token]),
        **{
            name: reverse(f"supervision:{name}", args=[key])
            for name in ("agreement", "recommendation", "agreement_text", "plan", "growth", "fees")
        },
    }
    texts = {name: plain(client.get(url)) for name, url in urls.items()}
    texts["calendar"] = re.sub(r"DTSTAMP\S+", "", texts["calendar"])
    part = reverse("supervision:recommendation_part", args=[key, "view"])
    texts["part"] = plain(client.get(part, follow=True))
    record_file = reverse("supervision:record_export", args=[pair.candidacy.pk])
    table = client.post(record_file, {"as": "csv"}).content.decode()
    return texts | {"table": re.sub(r"\d{2}:\d{2}:\d{2}", "", table)}


def test_a_former_supervisor_reads_the_same_however_the_candidate_walks_on(db, as_user):
    """Another supervisor's sessions, planned ones, letter and the way they open are not theirs."""
    pair = make_pair()
    walk(pair, 3)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(21))
    pair.again()
    client, feed = as_user(pair.guide), renew_feed(pair.guide)
    before = seen_by(pair, client, feed)
    later = world.make_supervisor(world.make_user("later@example.com", name="Lea Canary"))
    agreement = world.make_agreement(
        pair.candidacy, later, signed_at=at(22), final_at=at(23), plan_at=at(23)
    )
    next_pair = Pair(agreement, pair.candidacy, pair.candidate, later, later.user)
    for place in range(3, 10):
        confirmed(next_pair, ALL[place], at(1 + 7 * place))
        if place == 4:
            assert seen_by(pair, client, feed) == before
    send_letter(next_pair.again())
    after = seen_by(pair, client, feed)
    assert after == before
    for text in after.values():
        assert "Lea Canary" not in text
        assert "Portfolio review" not in text
    assert after["agreement"].count('<span class="visually-hidden">confirmed</span>') == 3
    assert "This agreement is over before its close" in after["recommendation"]


def test_whether_an_entry_counts_by_now_is_not_a_former_supervisors_to_know(db, as_user):
    """A session before the assessment is whole counts as soon as it is. (The rule is loosened here
    where a candidate would hold what lacks with somebody else.)"""
    pair = make_pair()
    walk(pair, 4)
    Edition.objects.update(assessment_sessions=5)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(30))
    pair.again()
    client, feed = as_user(pair.guide), renew_feed(pair.guide)
    before = seen_by(pair, client, feed)
    assert not last_counts(pair)
    Edition.objects.update(assessment_sessions=3)
    assert last_counts(pair)
    assert seen_by(pair, client, feed) == before


def last_counts(pair):
    """Does the latest session of the candidate count today?"""
    evidence = evidence_of(pair.candidacy)
    latest = max(evidence.sessions, key=lambda item: item.started_at)
    return is_counted(latest, evidence, edition=Edition.objects.get())


def test_a_registration_that_is_under_way_and_active_is_open(db):
    pair = make_pair()
    assert Agreement.objects.accompanied_by(pair.guide).get() == pair.agreement
    for somebody in (pair.candidate, make_pair(2).guide):
        assert not Agreement.objects.accompanied_by(somebody).filter(pk=pair.agreement.pk).exists()


def test_completed_it_stays_open_until_the_letter(db):
    pair = make_pair()
    walk(pair, 10)
    assert pair.again().agreement.state == "completed"
    assert Agreement.objects.accompanied_by(pair.guide).exists()
    assert notes.give_feedback(pair.agreement, "And now?", by=pair.guide).pk
    send_letter(pair)
    assert not Agreement.objects.accompanied_by(pair.guide).exists()


def test_going_on_after_not_yet_opens_what_was_before(db):
    pair = make_pair()
    row = material.hand_over(pair.agreement, by=pair.candidate, title="A film, on paper")
    walk(pair, 10)
    send_letter(pair, "not_yet")
    assert not CaseMaterial.objects.visible_to(pair.guide).exists()
    world.make_agreement(pair.candidacy, pair.supervisor, signed_at=at(90))
    assert CaseMaterial.objects.visible_to(pair.guide).get() == row


def test_a_pack_closes_with_the_agreement_that_it_was_given_for(db):
    pair = make_pair()
    walk(pair, 1)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(9))
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    later = world.make_agreement(pair.candidacy, guide, signed_at=at(10))
    pack = handovers.hand_over(pair.agreement, guide, by=pair.candidate)
    assert Handover.objects.visible_to(guide.user).get() == pack
    agreements.end_agreement(later, by=guide.user, reason="Ill.", now=at(20))
    assert not Handover.objects.visible_to(guide.user).exists()
    with pytest.raises(Refusal, match="not open to you any more"):
        handovers.open_handover(pack, by=guide.user)
    assert Handover.objects.visible_to(pair.candidate).get() == pack


def test_excerpts_are_opened_and_confirmed_until_the_letter_is_sent(db, as_user):
    pair = make_pair()
    walk(pair, 10)
    excerpt = hand_in(
        pair.candidacy,
        by=pair.candidate,
        kind="video",
        title="Client A, ten minutes",
        consent_on=timezone.localdate(),
        consent_scope="review",
        identity="removed",
    )
    assert pair.again().agreement.state == "completed"
    seen = Excerpt.objects.visible_to(pair.guide)
    assert seen.get() == excerpt
    assert (
        "until your agreement ends or their letter"
        in as_user(pair.candidate).get(reverse("portfolio:excerpts")).content.decode()
    )
    answer = as_user(pair.guide).post(reverse("portfolio:excerpt_seen", args=[excerpt.pk]))
    assert answer.status_code == 302
    excerpt.refresh_from_db()
    assert excerpt.seen_by == pair.guide
    send_letter(pair)
    assert not Excerpt.objects.visible_to(pair.guide).exists()
