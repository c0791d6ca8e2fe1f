"""Feedback is for two, a journal and private notes for one. Every other persona is asked."""

import pytest
from django.urls import reverse

from scip.accounts.models import Role
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import Feedback, JournalEntry, PrivateNote
from supervision.services import agreements, notes
from tests import world
from tests.supervision.pair import make_pair


@pytest.fixture
def pair(db):
    return make_pair()


@pytest.fixture
def others(pair, stranger, staff, facilitator, reviewer, aid_decider):
    """Everybody who is neither of the two."""
    second = make_pair(2)
    chair = world.make_user("chair@example.com", Role.CHAIR)
    panel = world.make_user("panel@example.com", Role.PANEL)
    return [
        stranger,
        staff,
        facilitator,
        reviewer,
        aid_decider,
        chair,
        panel,
        second.candidate,
        second.guide,
    ]


def test_feedback_is_told_without_its_words(pair, others):
    given = notes.give_feedback(pair.agreement, "kanarifeedback", by=pair.guide)
    letter = Letter.objects.latest("pk")
    assert letter.to_address == pair.candidate.email
    assert "kanari" not in letter.subject + letter.text + letter.html
    for person in (pair.candidate, pair.guide):
        assert list(Feedback.objects.visible_to(person)) == [given]
    for person in others:
        assert not Feedback.objects.visible_to(person).exists()
    with pytest.raises(Refusal, match="comes from the supervisor"):
        notes.give_feedback(pair.agreement, "No", by=pair.candidate)


@pytest.mark.parametrize("kind", ["note", "entry"])
def test_own_words_are_nobody_elses(pair, others, as_user, kind):
    author, other = (pair.guide, pair.candidate) if kind == "note" else (pair.candidate, pair.guide)
    row = notes.write_own(pair.agreement, "kanariown", by=author)
    model = PrivateNote if kind == "note" else JournalEntry
    assert list(model.objects.visible_to(author)) == [row]
    pages = [
        reverse("supervision:own_change", args=[kind, row.pk]),
        reverse("supervision:words", args=[pair.agreement.pk]),
        reverse("supervision:agreement", args=[pair.agreement.pk]),
        reverse("supervision:home"),
        reverse("admin:supervision_agreement_change", args=[pair.agreement.pk]),
    ]
    for person in [other, *others]:
        assert not model.objects.visible_to(person).exists()
        client = as_user(person)
        for url in pages:
            assert "kanariown" not in client.get(url).content.decode()
        assert client.get(pages[0]).status_code == 404
        assert client.post(pages[0], {"own": "Mine now"}).status_code == 404
    assert "kanariown" in as_user(author).get(pages[1]).content.decode()
    row.refresh_from_db()
    assert row.text == "kanariown"


def test_own_words_leave_no_trace_in_log_and_letters(pair):
    before = Entry.objects.count(), Letter.objects.count()
    notes.write_own(pair.agreement, "kanariown", by=pair.guide)
    assert (Entry.objects.count(), Letter.objects.count()) == before


def test_own_words_change_and_go(pair, as_user):
    row = notes.write_own(pair.agreement, "First", by=pair.guide)
    with pytest.raises(Refusal, match="somebody else"):
        notes.change_own(row, "Mine", by=pair.candidate)
    url = reverse("supervision:own_change", args=["note", row.pk])
    as_user(pair.guide).post(url, {"own": "Second"})
    row.refresh_from_db()
    assert row.text == "Second"
    assert row.changed_at
    as_user(pair.guide).post(url, {"own": ""})
    assert not PrivateNote.objects.exists()


def test_a_former_supervisor_keeps_what_is_theirs(pair, as_user):
    notes.write_own(pair.agreement, "kanariown", by=pair.guide)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Ends.")
    url = reverse("supervision:words", args=[pair.agreement.pk])
    assert "kanariown" in as_user(pair.guide).get(url).content.decode()


def test_only_a_supervisor_gives_feedback_on_the_site(pair, as_user):
    url = reverse("supervision:feedback_give", args=[pair.agreement.pk])
    assert as_user(pair.candidate).post(url, {"text": "No"}).status_code == 404
    assert as_user(pair.guide).post(url, {"text": ""}).status_code == 200
    as_user(pair.guide).post(url, {"text": "Warm."})
    assert Feedback.objects.get().text == "Warm."
