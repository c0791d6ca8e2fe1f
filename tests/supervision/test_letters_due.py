"""A letter to the committee that does not come: one reminder, then the office's queue; and the desk
says who is asked, and what else can be done."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy, Leave
from scip.console.queues import QUEUES
from scip.mail.models import Letter
from supervision.models import Agreement, Approval
from supervision.queries.desks import relationship
from supervision.queries.recommendations import letters_left
from supervision.services.recommendations import (
    remind_of_letters,
    save_part,
    send_recommendation,
)
from tests.supervision.pair import Kind, at, confirmed, make_pair, walk
from tests.supervision.test_completion import next_pair
from tests.supervision.test_endings import sign
from tests.supervision.test_recommendations import LETTER, NOT_YET

pytestmark = pytest.mark.django_db
# The tenth session is confirmed a day after it was held.
DONE = at(65)
SILENT = timedelta(days=21)


@pytest.fixture
def pair():
    pair = make_pair()
    walk(pair, 10)
    return pair.again()


def reminders():
    rows = Letter.objects.filter(dedupe_key__contains=":letter-awaited:")
    return [row.to_address for row in rows]


def left(now):
    return list(letters_left(now))


def desk(pair, user, now):
    rows = Agreement.objects.select_related(
        "candidacy__user", "candidacy__edition", "supervisor__user"
    )
    item = relationship(rows.get(pk=pair.agreement.pk), user, now=now)
    return [matter.text for matter in item.matters], "\n".join(item.with_other)


def test_one_reminder_after_silence_then_the_office(pair):
    assert pair.agreement.completed_at == DONE
    assert remind_of_letters(DONE + SILENT - timedelta(minutes=1)) == 0
    for days in (0, 1, 5):
        assert remind_of_letters(DONE + SILENT + timedelta(days=days)) == 1
    assert reminders() == [pair.guide.email]
    assert left(DONE + 2 * SILENT - timedelta(minutes=1)) == []
    assert left(DONE + 2 * SILENT) == [pair.agreement]


def test_sent_nobody_is_reminded_and_nothing_waits(pair):
    send_recommendation(save_part(pair.agreement, by=pair.guide, **NOT_YET), by=pair.guide)
    assert remind_of_letters(DONE + SILENT) == 0
    assert left(DONE + 3 * SILENT) == []


def test_leave_rests_both_and_they_are_counted_from_the_return(pair):
    Candidacy.objects.update(state="on_leave")
    assert remind_of_letters(DONE + 2 * SILENT) == 0
    assert left(DONE + 3 * SILENT) == []
    Candidacy.objects.update(state="active")
    back = DONE + timedelta(days=30)
    Leave.objects.create(
        candidacy=pair.candidacy,
        from_on=(DONE + timedelta(days=2)).date(),
        until_on=back.date(),
        ended_at=back,
    )
    assert remind_of_letters(back + SILENT - timedelta(minutes=1)) == 0
    assert remind_of_letters(back + SILENT) == 1
    assert left(back + 2 * SILENT) == [pair.agreement]


def test_without_approval_it_waits_for_the_office_at_once(pair):
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=at(66).date())
    assert left(at(65)) == []
    assert left(at(66)) == [pair.agreement]
    assert remind_of_letters(DONE + SILENT) == 0
    assert "another supervisor, who can write the letter" in desk(pair, pair.candidate, at(67))[1]
    assert "another supervisor" not in desk(pair, pair.guide, at(67))[1]


def test_gone_on_with_somebody_else_the_first_is_asked_no_more(pair):
    next_pair(pair)
    assert remind_of_letters(DONE + SILENT) == 0
    assert left(DONE + 3 * SILENT) == []
    assert desk(pair, pair.candidate, DONE + SILENT) == ([], "")
    assert desk(pair, pair.guide, DONE + SILENT) == ([], "")


def test_the_office_finds_it_in_its_queue(pair, staff, as_user):
    (queue,) = [item for item in QUEUES if item.code == "recommendations"]
    Agreement.objects.update(completed_at=timezone.now() - 3 * SILENT)
    assert list(queue.rows(timezone.now())) == [pair.agreement]
    place = reverse("admin:supervision_agreement_changelist")
    client = as_user(staff)
    assert list(client.get(place, queue.filters).context["cl"].queryset) == [pair.agreement]
    Agreement.objects.update(completed_at=timezone.now())
    assert list(client.get(place, queue.filters).context["cl"].queryset) == []


def test_the_candidate_reads_who_is_asked_and_what_else_can_be_done(pair):
    mine, theirs = desk(pair, pair.candidate, DONE + timedelta(days=1))
    assert (mine, theirs) == ([], "Gita 1 writes to the committee about you")
    theirs = desk(pair, pair.candidate, DONE + SILENT)[1]
    assert "Gita 1 is reminded of the letter about you, and the office asks next" in theirs
    assert "another supervisor, who can write the letter" in theirs
    mine, theirs = desk(pair, pair.guide, DONE + SILENT)
    assert (mine, theirs) == (["Write to the committee about Carla 1"], "")


def test_who_took_over_after_the_close_reads_that_a_session_comes_first(pair):
    second = next_pair(pair)
    for user in (second.candidate, second.guide):
        assert "follows a session of the two of you" in desk(second, user, at(81))[1]
    confirmed(second, Kind.SUPERVISION, at(82))
    assert desk(second, second.guide, at(84))[0] == ["Write to the committee about Carla 1"]


def test_going_on_after_a_not_yet_the_letter_is_asked_for_once_it_can_be_written(pair):
    draft = save_part(pair.agreement, by=pair.guide, now=at(80), **NOT_YET)
    send_recommendation(draft, by=pair.guide, now=at(80))
    pair.agreement = sign(pair, at(90))
    words = ["Write to the committee about Carla 1"]
    assert words[0] not in desk(pair, pair.guide, at(91))[0]
    confirmed(pair, Kind.SUPERVISION, at(92))
    assert desk(pair, pair.guide, at(94))[0] == words
    again = save_part(pair.agreement, by=pair.guide, now=at(95), **NOT_YET)
    send_recommendation(again, by=pair.guide, now=at(95))
    assert words[0] not in desk(pair, pair.guide, at(96))[0]
    letter = save_part(pair.agreement, by=pair.guide, now=at(99), **LETTER)
    send_recommendation(letter, by=pair.guide, now=at(99))
    assert desk(pair, pair.guide, at(100)) == ([], "")
