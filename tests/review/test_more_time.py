"""What the office does for one candidate: an appeal on their behalf, more time; and leave."""

import json
from datetime import UTC, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from certification.candidacy.forms.registration import ATTESTATION
from certification.candidacy.models import Leave, WindowMove
from certification.review import services
from certification.review.forms.appeals import DocumentForm
from certification.review.forms.recourse import OnBehalfForm
from certification.review.models import Appeal, Ask, Decision, NotToRead, Submission
from certification.review.queries.appeals import appealable, readers_of, window_of
from certification.review.queries.hearing import chapters_of
from certification.review.requirements.submission import end_of
from certification.review.services import appealing
from certification.review.services.more_time import give_more_time
from certification.review.services.on_behalf import open_for
from certification.review.services.resubmitting import begin_again, save_response
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.formats import day, deadline
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.vault.forms import EVIDENCE_BYTES
from scip.vault.inspection.check import megabytes
from tests import world
from tests.review.committee import Committee, development, make_committee
from tests.review.hearings import WORDS, Appellant, later, make_appellant, make_panel
from tests.vault.samples import simple_pdf

pytestmark = pytest.mark.django_db
WHY = "Their letter came by post, a week late."


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def opened(carla: Appellant, **fields) -> Appeal:
    values = {"statement": WORDS, "reason": WHY, "by": carla.office}
    return open_for(carla.candidacy, **values | fields)


def given(carla: Appellant, days: int, *, kind: str = "appeal", **fields) -> WindowMove:
    last_on = timezone.now().astimezone(UTC).date() + timedelta(days=days)
    values = {"reason": WHY, "by": carla.office, "last_on": last_on}
    return give_more_time(carla.candidacy, kind, **values | fields)


def test_the_office_files_what_a_candidate_sent_by_the_same_way(carla):
    document = SimpleUploadedFile("letter.pdf", simple_pdf())
    appeal = opened(carla, document=document, title="Her letter")
    assert (appeal.state, appeal.opened_by, appeal.opened_reason) == ("filed", carla.office, WHY)
    assert appeal.answer_by_at == end_of(appeal.filed_at + timedelta(days=30))
    content = json.loads(appeal.content)
    assert (content["statement"], content["filed_by_office"]) == (WORDS, WHY)
    assert WHY in chapters_of(content)[0].lead
    assert appeal.documents.get().file.owner == carla.user
    mine = Letter.objects.get(to_user=carla.user, dedupe_key=f"appeal:{appeal.pk}:filed")
    for words in ("on your behalf", WHY, "on your page", "take it back"):
        assert words in mine.text
    # Whoever of the office reads what was sent reads nothing of what the candidate wrote.
    letters = Letter.objects.filter(dedupe_key__startswith=f"appeal:{appeal.pk}:filed")
    assert letters.count() == 3
    for letter in letters:
        assert WORDS not in letter.text + letter.html
        assert "Her letter" not in letter.text + letter.html
    page = office_client(carla.user).get(reverse("appeal:home")).content.decode()
    assert WORDS in page
    assert "Her letter" in page
    entry = Entry.objects.get(action="appeal.opened_by_office")
    assert (entry.actor_id, entry.subject_id) == (carla.office.pk, carla.user.pk)
    # From here on it is an appeal like any other.
    seat = carla.heard_by(*make_panel(1))[0]
    assert seat.state == "accepted"
    assert appealing.withdraw(carla.appeal, by=carla.user).state == "withdrawn"


def test_a_letter_alone_is_enough_and_nothing_is_not(carla):
    with pytest.raises(Refusal, match="type in what the candidate wrote"):
        opened(carla, statement=" \n")
    document = SimpleUploadedFile("l.pdf", simple_pdf())
    with translation.override("de"):
        appeal = opened(carla, statement="", document=document, title="Her letter of May")
    assert (appeal.statement, json.loads(appeal.content)["statement"]) == ("", "")
    chapter = chapters_of(json.loads(appeal.content))[0]
    assert chapter.lead.endswith("The statement is attached: Her letter of May.")
    assert chapter.parts == ()
    page = office_client(carla.user).get(reverse("appeal:home")).content.decode()
    assert "it is attached as a document" in page


def test_the_database_keeps_what_a_candidate_files_from_being_empty(carla):
    filed = carla.files()
    with pytest.raises(IntegrityError, match="appeal_filed_with_words"), transaction.atomic():
        Appeal.objects.filter(pk=filed.pk).update(statement="")


def test_after_the_time_the_office_still_can_and_the_candidate_cannot(carla):
    with pytest.raises(Refusal, match="ran until the end of"):
        carla.begins(now=later(60))
    appeal = opened(carla, now=later(60))
    assert appeal.state == "filed"
    assert Entry.objects.get(action="appeal.opened_by_office").data["late"] is True


def test_who_may_why_and_beside_what(carla):
    with pytest.raises(Refusal, match="nobody about themselves"):
        opened(carla, by=carla.guide)
    with pytest.raises(Refusal, match="say in a sentence why"):
        opened(carla, reason="late")
    draft = carla.writes()
    with pytest.raises(Refusal, match="something of their own about this answer"):
        opened(carla)
    appealing.file_appeal(draft, by=carla.user)
    with pytest.raises(Refusal, match="is under way"):
        opened(carla)
    assert Appeal.objects.count() == 1


def test_an_appeal_begun_without_a_word_makes_room_and_a_document_is_one(carla):
    empty = carla.begins()
    filed = opened(carla)
    empty.refresh_from_db()
    assert (empty.state, filed.state) == ("withdrawn", "filed")
    with pytest.raises(Refusal, match="is closed"):
        appealing.save_statement(empty, "Words from an older window.", by=carla.user)
    appealing.withdraw(filed, by=carla.user)
    carla.adds()
    with pytest.raises(Refusal, match="something of their own"):
        opened(carla)


def test_what_was_never_filed_is_not_the_offices_to_see(carla):
    never = appealing.withdraw(carla.writes(), by=carla.user)
    client = office_client(carla.office)
    page = reverse("admin:review_recourse_change", args=[carla.candidacy.pk])
    change = reverse("admin:review_appeal_change", args=[never.pk])
    assert change not in client.get(page).content.decode()
    assert client.get(change).status_code == 302
    listed = client.get(reverse("admin:review_appeal_changelist")).content.decode()
    assert change not in listed
    filed = opened(carla)
    change = reverse("admin:review_appeal_change", args=[filed.pk])
    assert change in client.get(page).content.decode()
    assert client.get(change).status_code == 200


def test_who_is_tied_to_a_candidate_files_nothing_for_them_and_learns_no_tie(carla):
    RoleGrant.objects.create(user=carla.guide, role=Role.STAFF)
    guide = User.objects.get(pk=carla.guide.pk)
    named = world.make_user("named@example.com", Role.STAFF, name="Nora Named")
    submission = services.begin(carla.candidacy, by=carla.user)
    NotToRead.objects.create(submission=submission, name="Nora Named", tie="family")
    said = set()
    for by in (guide, named):
        with pytest.raises(Refusal, match="A colleague of the office has to file") as refused:
            opened(carla, by=by)
        said.add(str(refused.value.sentence))
        page = reverse("admin:review_recourse_appeal", args=[carla.candidacy.pk])
        shown = office_client(by).get(page, follow=True).content.decode()
        assert "A colleague of the office has to file" in shown
        assert "What the candidate wrote" not in shown
    assert len(said) == 1
    assert not Appeal.objects.exists()


def test_who_filed_an_appeal_hears_none_of_this_candidate(carla):
    clerk = world.make_user("clerk@example.com", Role.STAFF, Role.PANEL)
    first = opened(carla, by=clerk)
    with pytest.raises(Refusal):
        carla.asks(clerk)
    appealing.withdraw(first, by=carla.user)
    carla.files()
    assert clerk.pk in readers_of(carla.appeal)
    with pytest.raises(Refusal):
        carla.asks(clerk)


def test_nothing_to_appeal_is_nothing_to_file():
    committee = make_committee()
    with pytest.raises(Refusal, match="no answer that could be appealed"):
        open_for(
            committee.walker.candidacy,
            statement=WORDS,
            reason=WHY,
            by=world.make_user("office2@example.com", Role.STAFF),
        )


def test_more_time_opens_what_was_over_and_everybody_reads_the_day(carla):
    draft = carla.writes()
    late = later(40)
    with pytest.raises(Refusal, match="ran until"):
        appealing.file_appeal(draft, by=carla.user, now=late)
    move = given(carla, 50, now=late)
    assert appealable(carla.candidacy, now=late).window.last_on == move.last_on
    letter = Letter.objects.get(dedupe_key=f"windowmove:{move.pk}")
    assert WHY in letter.text
    client = Client()
    client.force_login(carla.user)
    assert WHY in client.get(reverse("appeal:home")).content.decode()
    page = client.get(reverse("supervision:outcome", args=[carla.pair.agreement.pk]))
    assert WHY in page.content.decode()
    filed = appealing.file_appeal(draft, by=carla.user, now=late)
    assert filed.until_at == window_of(filed, now=late).until
    with pytest.raises(Refusal, match="no answer now"):
        given(carla, 90, now=late)


def test_the_office_reads_why_a_day_is_another_in_words_of_its_own(carla):
    told = carla.letter.sent_at
    Leave.objects.create(
        candidacy=carla.candidacy, from_on=told.date(), until_on=told.date() + timedelta(days=4)
    )
    client = office_client(carla.office)
    page = reverse("admin:review_recourse_change", args=[carla.candidacy.pk])
    body = client.get(page).content.decode()
    assert "3 days of the candidate’s leave are in it." in body
    assert "By the edition it was" in body
    move = given(carla, 60)
    body = client.get(page).content.decode()
    assert f"The office gave time until {day(move.last_on)}, on {day(told)}." in body
    assert "your leave" not in body
    assert "gave you" not in body


def test_a_day_that_is_another_stands_without_the_editions_count(carla):
    client = office_client(carla.user)
    page = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    assert "within 30 days, until" in client.get(page).content.decode()
    move = given(carla, 50)
    body = client.get(page).content.decode()
    assert f"You have the right to appeal until {deadline(move.last_on)}." in body
    assert "within 30 days, until" not in body


def test_forms_name_the_size_that_is_kept():
    size = f"up to {megabytes(EVIDENCE_BYTES)} MB"
    assert size in str(OnBehalfForm().fields["document"].help_text)
    assert size in str(DocumentForm().fields["document"].help_text)


def test_the_page_that_files_an_appeal_names_the_appeals_day_alone():
    edition = world.make_edition()
    edition.appeal_of_decisions = True
    edition.save()
    committee = make_committee()
    committee.sends(development())
    Decision.objects.update(sent_at=timezone.now() - timedelta(days=500))
    client = office_client(User.objects.get(email="office@example.com"))
    page = reverse("admin:review_recourse_appeal", args=[committee.walker.candidacy.pk])
    body = client.get(page).content.decode()
    assert f"The time {WindowMove.Kind.APPEAL.label} was over" in body
    assert f"The time {WindowMove.Kind.RESUBMISSION.label} was over" not in body


def test_time_is_never_taken_away_and_never_given_in_vain(carla):
    first = appealable(carla.candidacy).window.last_on
    for days in (0, 29, 30):
        with pytest.raises(Refusal, match="already"):
            given(carla, days)
    with pytest.raises(Refusal, match="has passed"):
        given(carla, 40, now=later(60))
    with pytest.raises(Refusal, match="say in a sentence"):
        given(carla, 40, reason="why not")
    with pytest.raises(Refusal, match="nobody about themselves"):
        given(carla, 40, by=carla.user)
    assert not WindowMove.objects.exists()
    assert appealable(carla.candidacy).window.last_on == first


def test_a_leave_rests_the_appeals_clock(carla):
    told = carla.letter.sent_at
    Leave.objects.create(candidacy=carla.candidacy, from_on=told.date() + timedelta(days=5))
    draft = carla.writes()
    for days in (29, 45, 300):
        assert appealable(carla.candidacy, now=later(days)).is_open(later(days))
    Leave.objects.update(until_on=told.date() + timedelta(days=15))
    assert appealable(carla.candidacy).window.last_on == told.date() + timedelta(days=40)
    with pytest.raises(Refusal, match="ran until"):
        appealing.file_appeal(draft, by=carla.user, now=later(41))
    assert appealing.file_appeal(draft, by=carla.user, now=later(40)).state == "filed"


def test_more_time_to_resubmit_brings_the_resubmission_back():
    committee = make_committee()
    committee.sends(development())
    walker = committee.walker
    office = world.make_user("office2@example.com", Role.STAFF)
    late = later(400)
    whole = begin_again(walker.candidacy, by=walker.user, now=late)
    assert whole.follows is None
    move = give_more_time(
        walker.candidacy,
        "resubmission",
        last_on=late.date() + timedelta(days=5),
        reason=WHY,
        by=office,
        now=late,
    )
    again = begin_again(walker.candidacy, by=walker.user, now=late)
    assert (again.follows.number, again.state) == (1, "draft")
    assert again.letter.path == whole.letter.path
    assert Submission.objects.get(pk=whole.pk).state == "closed"
    letter = Letter.objects.get(dedupe_key=f"windowmove:{move.pk}")
    assert "resubmission" in letter.text
    assert begin_again(walker.candidacy, by=walker.user, now=later(404)) == again
    assert begin_again(walker.candidacy, by=walker.user, now=later(407)).follows is None


def more_to_resubmit(committee: Committee, last_on, **fields) -> WindowMove:
    office = User.objects.get(email="office@example.com")
    values = {"last_on": last_on, "reason": WHY, "by": office}
    return give_more_time(committee.walker.candidacy, "resubmission", **values | fields)


def test_what_a_late_resubmission_had_answered_comes_back_with_more_time():
    committee = make_committee()
    committee.sends(development())
    user, candidacy = committee.walker.user, committee.walker.candidacy
    first = begin_again(candidacy, by=user)
    ask = Ask.objects.order_by("number")[0]
    save_response(first, ask, {"text": "To 1: see case 2."}, revision=0, by=user)
    for days in (400, 430):
        late = later(days)
        whole = begin_again(candidacy, by=user, now=late)
        assert whole.follows is None
        more_to_resubmit(committee, late.date() + timedelta(days=5), now=late)
        again = begin_again(candidacy, by=user, now=late)
        assert (again.follows.number, again.number) == (1, whole.number + 1)
        assert [row.text for row in again.responses.all()] == ["To 1: see case 2."]
        closed = Submission.objects.filter(number__in=(whole.number, whole.number - 1))
        assert {row.state for row in closed} == {"closed"}
    client = office_client(user)
    assert "To 1: see case 2." in client.get(reverse("submission:responses")).content.decode()


def test_a_fee_that_was_given_up_is_none_and_one_that_stands_is_told():
    committee = make_committee()
    committee.sends(development())
    walker, late = committee.walker, later(400)
    last_on = late.date() + timedelta(days=5)
    whole = begin_again(walker.candidacy, by=walker.user, now=late)
    attested_and_submitted(committee, whole, late)
    with pytest.raises(Refusal, match="waits for its fee"):
        more_to_resubmit(committee, last_on, now=late)
    assert not WindowMove.objects.exists()
    services.put_back(committee.submission, by=walker.user, now=late)
    more_to_resubmit(committee, last_on, now=late)
    again = begin_again(walker.candidacy, by=walker.user, now=late)
    assert (again.follows.number, again.charge) == (1, None)


def test_a_new_submission_that_is_paid_for_stays_one():
    committee = make_committee()
    committee.sends(development())
    walker, late = committee.walker, later(400)
    whole = begin_again(walker.candidacy, by=walker.user, now=late)
    attested_and_submitted(committee, whole, late)
    # Its fee came while something was missing.
    Submission.objects.filter(pk=whole.pk).update(state="draft", held_up_at=late)
    with pytest.raises(Refusal, match="fee of a new submission of theirs was asked for"):
        more_to_resubmit(committee, late.date() + timedelta(days=5), now=late)
    assert not WindowMove.objects.exists()
    assert committee.submission == whole


def attested_and_submitted(committee: Committee, whole: Submission, now) -> Submission:
    attested(committee, now)
    return services.submit(whole, by=committee.walker.user, now=now)


def attested(committee: Committee, now) -> None:
    services.attest_again(
        committee.walker.candidacy,
        client_sessions=40,
        clients=7,
        wording=str(ATTESTATION),
        name_typed=committee.walker.user.name,
        by=committee.walker.user,
        now=now,
    )


def office_client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_office_sees_days_and_acts_on_one_page(carla):
    client = office_client(carla.office)
    page = reverse("admin:review_recourse_change", args=[carla.candidacy.pk])
    body = client.get(page).content.decode()
    assert "File an appeal for them" in body
    act = reverse("admin:review_recourse_decide", args=[carla.candidacy.pk, "appeal_time"])
    last_on = (timezone.now() + timedelta(days=60)).date().isoformat()
    typed = {"last_on": last_on, "reason": WHY}
    assert WHY in client.post(act, typed | {"show": "1"}).content.decode()
    assert not WindowMove.objects.exists()
    assert client.post(act, typed | {"send": "1"}).status_code == 302
    assert WHY in client.get(page).content.decode()
    file_it = reverse("admin:review_recourse_appeal", args=[carla.candidacy.pk])
    assert client.get(file_it).status_code == 200
    refused = client.post(file_it, {"statement": WORDS, "reason": "why", "is_meant": "on"})
    assert "in a sentence why" in refused.content.decode()
    assert WORDS in refused.content.decode()
    typed = {"statement": WORDS, "reason": WHY, "is_meant": "on", "send": "1"}
    done = client.post(file_it, typed)
    appeal = carla.appeal
    assert done.url == reverse("admin:review_appeal_change", args=[appeal.pk])
    shown = client.get(done.url).content.decode()
    assert WHY in shown
    assert WORDS not in shown
    assert "File an appeal for them" not in client.get(page).content.decode()


def test_nobody_of_the_office_does_it_about_themselves(carla):
    RoleGrant.objects.create(user=carla.user, role=Role.STAFF)
    client = office_client(carla.user)
    page = reverse("admin:review_recourse_change", args=[carla.candidacy.pk])
    assert "File an appeal for them" not in client.get(page).content.decode()
    for name, args in (
        ("review_recourse_appeal", [carla.candidacy.pk]),
        ("review_recourse_decide", [carla.candidacy.pk, "appeal_time"]),
    ):
        client.post(reverse(f"admin:{name}", args=args), {"statement": WORDS, "reason": WHY})
    assert not Appeal.objects.exists()
    with pytest.raises(Refusal, match="nobody about themselves"):
        opened(carla, by=User.objects.get(pk=carla.user.pk))


def test_the_list_takes_as_many_queries_for_three_as_for_one(carla):
    client = office_client(carla.office)
    page = reverse("admin:review_recourse_changelist")
    counts = []
    client.get(page)
    for number in (None, 2, 3):
        if number is not None:
            make_appellant(number)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_the_record_leads_to_the_appeal_as_it_stands(carla):
    client = Client()
    client.force_login(carla.user)

    def card() -> str:
        body = client.get(reverse("certification:record")).content.decode()
        assert ("If you see it differently" in body) == (reverse("appeal:home") in body)
        return body

    assert "You can appeal against your supervisor’s “not yet” until" in card()
    draft = carla.writes()
    assert "You are writing an appeal" in card()
    filed = appealing.file_appeal(draft, by=carla.user)
    assert "with the office, which asks its panel" in card()
    Appeal.objects.filter(pk=filed.pk).update(
        state="decided", outcome="upheld", reasons="r", decided_at=timezone.now()
    )
    assert "A panel has answered your appeal" in card()


def test_a_record_without_an_answer_says_nothing_of_appeals():
    committee = make_committee()
    client = Client()
    client.force_login(committee.walker.user)
    body = client.get(reverse("certification:record")).content.decode()
    assert "If you see it differently" not in body
