"""The recommendation: after closing, part by part, sent once; its text is the author's alone."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from scip.mail.models import Letter
from scip.requirements import Refusal, Status
from supervision.models import Agreement, Recommendation
from supervision.queries.recommendations import told_of
from supervision.queries.sessions import evidence_of
from supervision.requirements.recommendations import may_recommend, recommendation_finding
from supervision.services import agreements
from supervision.services.recommendations import save_part, send_recommendation
from supervision.services.sessions import confirm_session
from tests import world
from tests.supervision.pair import Kind, at, confirmed, log, make_pair, walk

SECRET = "heron-7731"
LETTER = {
    "outcome": "recommended",
    "key_elements": f"We worked on shame. {SECRET}",
    "assessment": f"Steady and attuned. {SECRET}",
    "reflections": f"With warmth. {SECRET}",
}
NOT_YET = LETTER | {"outcome": "not_yet", "guidance": "More work with endings."}


@pytest.fixture
def pair(db):
    pair = make_pair()
    walk(pair, 10)
    return pair.again()


def written(pair, **parts):
    return save_part(pair.agreement, by=pair.guide, **parts)


def told(pair):
    return told_of([pair.candidacy.pk]).get(pair.candidacy.pk)


def test_it_follows_the_closing_sessions(db):
    pair = make_pair()
    walk(pair, 9)
    with pytest.raises(Refusal, match="Still open: Closing") as refused:
        written(pair, outcome="recommended")
    assert [item.code for item in refused.value.findings] == ["ledger-closing"]
    confirmed(pair, Kind.EXIT_INTERVIEW, at(64))
    assert written(pair.again(), outcome="recommended").state == "draft"


def test_an_agreement_that_ended_before_its_close_carries_no_letter(db):
    pair = make_pair()
    walk(pair, 9)
    row = log(pair, Kind.EXIT_INTERVIEW, at(64), by=pair.candidate)
    agreements.end_agreement(pair.agreement, by=pair.candidate, reason="Moving.", now=at(65))
    confirm_session(row, by=pair.guide, now=at(66))
    assert pair.again().agreement.state == "ended"
    with pytest.raises(Refusal, match="over before its close"):
        written(pair, **LETTER)


def test_without_approval_the_letter_waits_and_is_kept(pair, as_user):
    draft = written(pair, **LETTER)
    approval = pair.supervisor.approvals.get()
    approval.until_on = timezone.localdate()
    approval.save()
    for act in (
        lambda: written(pair, reflections="More."),
        lambda: send_recommendation(draft, by=pair.guide),
    ):
        with pytest.raises(Refusal, match="not in force today"):
            act()
    draft.refresh_from_db()
    assert (draft.state, draft.reflections) == ("draft", LETTER["reflections"])
    page = as_user(pair.guide).get(reverse("supervision:recommendation", args=[pair.agreement.pk]))
    assert "not in force today" in page.content.decode()
    for user, words in ((pair.guide, "Your letter about"), (pair.candidate, "The letter of Gita")):
        desk = as_user(user).get(reverse("supervision:agreement", args=[pair.agreement.pk]))
        assert words in desk.content.decode()
        assert "Write to the committee" not in desk.content.decode()
    approval.until_on = None
    approval.save()
    assert send_recommendation(draft, by=pair.guide).state == "sent"


def test_only_the_supervisor_writes_and_sends(pair, stranger, staff):
    for somebody in (pair.candidate, stranger, staff):
        with pytest.raises(Refusal, match="Only the supervisor"):
            save_part(pair.agreement, by=somebody, **LETTER)
    draft = written(pair, **LETTER)
    with pytest.raises(Refusal, match="Only the supervisor"):
        send_recommendation(draft, by=pair.candidate)
    assert Recommendation.objects.get().state == "draft"


def test_each_part_is_kept_and_the_whole_is_asked_for(pair):
    for name, text in LETTER.items():
        draft = written(pair, **{name: text})
        if name != "reflections":
            with pytest.raises(Refusal, match="not whole yet"):
                send_recommendation(draft, by=pair.guide)
    assert Recommendation.objects.count() == 1
    draft = written(pair, outcome="not_yet")
    with pytest.raises(Refusal, match="not whole yet"):
        send_recommendation(draft, by=pair.guide)


def test_sent_the_candidate_and_the_office_hear_of_it_without_its_text(pair, settings):
    before = set(Letter.objects.values_list("pk", flat=True))
    row = send_recommendation(written(pair, **LETTER), by=pair.guide, now=at(70))
    assert (row.state, row.sent_at) == ("sent", at(70))
    letters = Letter.objects.exclude(pk__in=before)
    assert sorted(letters.values_list("to_address", flat=True)) == sorted(
        [pair.candidate.email, settings.STAFF_EMAIL]
    )
    assert not any(SECRET in letter.text + letter.html for letter in letters)
    assert told(pair).is_recommended
    assert (told(pair).supervisor, told(pair).guidance) == ("Gita 1", "")
    again = send_recommendation(row, by=pair.guide, now=at(71))
    assert (again.sent_at, letters.count()) == (at(70), 2)


def test_nothing_follows_a_recommendation(pair):
    send_recommendation(written(pair, **LETTER), by=pair.guide)
    with pytest.raises(Refusal, match="is with the committee"):
        written(pair, **NOT_YET)


def test_a_later_one_takes_the_place_of_a_not_yet(pair):
    first = send_recommendation(written(pair, **NOT_YET), by=pair.guide, now=at(70))
    assert told(pair).guidance == "More work with endings."
    second = written(pair, **LETTER, guidance="Left over from before")
    assert second.pk != first.pk
    send_recommendation(second, by=pair.guide, now=at(120))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.guidance) == ("superseded", "sent", "")
    assert told(pair).sent_at == at(120)


def test_a_later_supervisor_writes_after_a_session_of_their_own(pair):
    send_recommendation(written(pair, **NOT_YET), by=pair.guide, now=at(70))
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(80))
    with pytest.raises(Refusal, match="Closing sessions with you"):
        save_part(agreement, by=guide.user, **LETTER)
    pair.agreement, pair.guide = agreement, guide.user
    confirmed(pair, Kind.SUPERVISION, at(90))
    send_recommendation(written(pair, **LETTER), by=pair.guide, now=at(95))
    assert (told(pair).supervisor, told(pair).is_recommended) == ("Lea", True)
    assert Recommendation.objects.filter(state="superseded").count() == 1


def test_whoever_accompanied_only_the_beginning_does_not_judge(db):
    pair = make_pair()
    walk(pair, 4)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(30))
    first = pair.again().agreement
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    pair.agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(31))
    former, pair.guide = pair.guide, guide.user
    kinds = [*[Kind.SUPERVISION] * 4, Kind.PORTFOLIO_REVIEW, Kind.EXIT_INTERVIEW]
    for place, kind in enumerate(kinds):
        confirmed(pair, kind, at(40 + 7 * place))
    with pytest.raises(Refusal, match="over before its close"):
        save_part(first, by=former, **LETTER)
    assert written(pair.again(), **LETTER).outcome == "recommended"


def test_without_a_registration_under_way_nothing_is_sent(pair):
    draft = written(pair, **LETTER)
    type(pair.candidacy).objects.update(state="withdrawn")
    with pytest.raises(Refusal, match="accompany this person no more"):
        send_recommendation(draft, by=pair.guide)


def test_findings_say_who_has_it(pair):
    assert recommendation_finding(None, is_complete=False).status is Status.LATER
    assert recommendation_finding(None, is_complete=True).waiting_for == "your supervisor"
    send_recommendation(written(pair, **NOT_YET), by=pair.guide)
    assert recommendation_finding(told(pair), is_complete=True).status is Status.OPEN
    send_recommendation(written(pair, **LETTER), by=pair.guide)
    assert recommendation_finding(told(pair), is_complete=True).is_met
    findings = may_recommend(
        evidence_of(pair.candidacy), edition=pair.candidacy.edition, agreement=pair.agreement.pk
    )
    assert all(item.is_met for item in findings)


# On the site


def url(pair, name="recommendation", *args):
    return reverse(f"supervision:{name}", args=[pair.agreement.pk, *args])


def test_written_in_steps_and_sent_on_the_site(pair, as_user):
    client = as_user(pair.guide)
    step = client.get(url(pair)).context["next_url"]
    for name, text in NOT_YET.items():
        page = client.get(step)
        assert list(page.context["form"].fields) == [name]
        step = client.post(step, {name: text})["Location"]
    assert step == url(pair)
    page = client.get(step)
    assert page.context["is_whole"]
    assert page.content.decode().count(SECRET) == 3
    for _twice in range(2):
        client.post(url(pair, "recommendation_send"))
    assert Recommendation.objects.get().state == "sent"
    page = as_user(pair.candidate).get(url(pair, "outcome"))
    text = page.content.decode()
    assert "More work with endings." in text
    assert "right to appeal within 30 days" in text
    assert SECRET not in text


def test_an_empty_step_says_so_and_an_unknown_one_is_not_there(pair, as_user):
    client = as_user(pair.guide)
    page = client.post(url(pair, "recommendation_part", "elements"), {"key_elements": ""})
    assert page.context["form"].errors.keys() == {"key_elements"}
    assert client.get(url(pair, "recommendation_part", "other")).status_code == 404
    client.post(url(pair, "recommendation_send"))
    assert not Recommendation.objects.exists()


def test_before_the_close_the_page_says_what_is_missing(db, as_user):
    pair = make_pair()
    walk(pair, 3)
    client = as_user(pair.guide)
    page = client.get(url(pair))
    assert not page.context["may_write"]
    assert "What comes before it" in page.content.decode()
    answer = client.get(url(pair, "recommendation_part", "view"))
    assert answer["Location"] == url(pair)


def test_the_text_is_on_nobody_elses_pages(pair, as_user, stranger, staff, reviewer):
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    draft = written(pair, **LETTER)
    for is_sent in (False, True):
        if is_sent:
            send_recommendation(draft, by=pair.guide)
        for somebody in (pair.candidate, stranger, staff, reviewer, other.user):
            client = as_user(somebody)
            assert not Recommendation.objects.visible_to(somebody).exists()
            assert client.get(url(pair)).status_code in {302, 404}
            assert client.get(url(pair, "recommendation_part", "view")).status_code in {302, 404}
            for page in (
                url(pair, "outcome"),
                url(pair, "agreement"),
                reverse("admin:supervision_agreement_change", args=[pair.agreement.pk]),
                "/supervision/",
                "/pathway/",
            ):
                assert SECRET not in client.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_sent_once():
    pair = make_pair()
    walk(pair, 10)
    draft = written(pair.again(), **LETTER)
    barrier, problems = Barrier(2), []

    def send() -> None:
        barrier.wait()
        try:
            send_recommendation(draft, by=pair.guide)
        except Refusal as refusal:
            problems.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=send) for _i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Recommendation.objects.get().state == "sent"
    assert Letter.objects.filter(dedupe_key__startswith="recommendation:").count() == 2
    assert Agreement.objects.get().state == "completed"


def test_the_desk_says_whose_turn_it_is(pair, as_user):
    def matters(user):
        page = as_user(user).get("/supervision/")
        return [matter.text for matter in page.context["matters"]]

    assert matters(pair.guide) == ["Write to the committee about Carla 1"]
    assert matters(pair.candidate) == []
    send_recommendation(written(pair, **NOT_YET), by=pair.guide)
    assert matters(pair.guide) == []
    pair.candidate.profession, pair.candidate.country = "Psychologist", "PT"
    pair.candidate.save(update_fields=["profession", "country"])
    world.verify_prerequisites(pair.candidate)
    home = as_user(pair.candidate).get("/pathway/").content.decode()
    assert "Your supervisor wrote what would help next" in home
