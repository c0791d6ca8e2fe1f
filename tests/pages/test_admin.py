"""The office's pages for the public site."""

import pytest
from django.test import Client

from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.pages import services
from scip.pages.models import ContactMessage, FacultyMember, FaqEntry, InterestEntry
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests.world import make_user

LISTS = ["contactmessage", "interestentry", "facultymember", "faqentry"]


@pytest.fixture
def message(db) -> ContactMessage:
    return services.send_message(
        name="Vida <b>Visitor</b>", email="vida@example.com", message="Is it recorded?"
    )


def make_rows(count: int) -> None:
    for number in range(count):
        services.send_message(name=f"N{number}", email=f"n{number}@example.com", message="Hello")
        services.join_interest_list(
            email=f"n{number}@example.com", name="", country="PT", about="level_a", note=""
        )
        FacultyMember.objects.create(name=f"Teacher {number}")
        FaqEntry.objects.create(topic="money", question=f"Q{number}", answer="A")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_with_1_and_3_rows(
    as_user, staff, django_assert_max_num_queries, name, rows
) -> None:
    make_rows(rows)
    client = as_user(staff)
    client.get(f"/admin/pages/{name}/")
    with django_assert_max_num_queries(9):
        response = client.get(f"/admin/pages/{name}/")
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) == rows


@pytest.mark.parametrize("name", LISTS)
def test_only_the_office_comes_in(as_user, aid_decider, applicant, name) -> None:
    path = f"/admin/pages/{name}/"
    assert as_user(aid_decider).get(path).status_code == 403
    assert as_user(applicant).get(path).status_code in {302, 403}
    assert Client().get(path).status_code == 302


class TestAnswering:
    def test_the_letter_is_seen_before_it_goes(self, as_user, staff, message, settings) -> None:
        settings.STAFF_EMAIL = "office@example.org"
        client = as_user(staff)
        path = f"/admin/pages/contactmessage/{message.pk}/answer/"
        body = "Dear Vida,\n\nno, it happens live.\n<i>Really</i>"
        seen = client.post(path, {"body": body, "look": "1"})
        page = seen.content.decode()
        assert "This letter will go to vida@example.com" in page
        assert "&lt;i&gt;Really&lt;/i&gt;" in page
        assert Letter.objects.filter(to_address="vida@example.com").count() == 0
        message.refresh_from_db()
        assert message.state == "new"

        sent = client.post(path, {"body": body, "send": "1"})
        assert sent.status_code == 302
        letter = Letter.objects.get(to_address="vida@example.com")
        assert letter.reply_to == "office@example.org"
        assert letter.text.replace("\r\n", "\n").startswith(body)
        assert "Is it recorded?" in letter.text
        assert "<i>" not in letter.html
        message.refresh_from_db()
        assert (message.state, message.answered_by) == ("answered", staff)
        entry = Entry.objects.get(action="contactmessage.answered")
        assert entry.actor_id == staff.pk
        assert "live" not in str(entry.data)

    def test_changing_something_keeps_the_words(self, as_user, staff, message) -> None:
        path = f"/admin/pages/contactmessage/{message.pk}/answer/"
        page = as_user(staff).post(path, {"body": "Nearly", "edit": "1"}).content.decode()
        assert "Nearly</textarea>" in page
        assert "This letter will go to" not in page

    def test_twice_sends_once(self, as_user, staff, message) -> None:
        client = as_user(staff)
        path = f"/admin/pages/contactmessage/{message.pk}/answer/"
        client.post(path, {"body": "No.", "send": "1"})
        again = client.post(path, {"body": "No.", "send": "1"})
        assert again.status_code == 200
        assert Letter.objects.filter(to_address="vida@example.com").count() == 1

    def test_an_empty_answer_does_not_go(self, as_user, staff, message) -> None:
        path = f"/admin/pages/contactmessage/{message.pk}/answer/"
        page = as_user(staff).post(path, {"body": " ", "send": "1"}).content.decode()
        assert "Write what you would like to answer." in page
        assert not Letter.objects.filter(to_address="vida@example.com").exists()

    def test_nobody_else_answers(self, as_user, aid_decider, message) -> None:
        path = f"/admin/pages/contactmessage/{message.pk}/answer/"
        assert as_user(aid_decider).post(path, {"body": "x", "send": "1"}).status_code == 403
        assert Client().post(path, {"body": "x", "send": "1"}).status_code == 302
        assert not Letter.objects.filter(to_address="vida@example.com").exists()


class TestMoves:
    def test_the_list_s_actions(self, as_user, staff, message) -> None:
        client = as_user(staff)
        for action, state in [
            ("set_aside", "set_aside"),
            ("take_up_again", "new"),
            ("note_answered", "answered"),
            ("set_aside", "answered"),
        ]:
            client.post(
                "/admin/pages/contactmessage/", {"action": action, "_selected_action": message.pk}
            )
            message.refresh_from_db()
            assert message.state == state

    def test_every_illegal_move_is_refused(self, message, staff) -> None:
        services.note_answered(message, by=staff)
        for verb in (services.note_answered, services.take_up_again):
            with pytest.raises(IllegalMove):
                verb(message, by=staff)
        with pytest.raises(Refusal, match="answered already"):
            services.set_aside(message, by=staff)

    def test_new_is_not_taken_up_again(self, message, staff) -> None:
        with pytest.raises(IllegalMove):
            services.take_up_again(message, by=staff)

    def test_rows_are_not_edited_by_hand(self, as_user, staff, message) -> None:
        path = f"/admin/pages/contactmessage/{message.pk}/change/"
        as_user(staff).post(path, {"state": "answered", "name": "Else"})
        message.refresh_from_db()
        assert (message.state, message.name) == ("new", "Vida <b>Visitor</b>")


class TestAtThePersonsWish:
    def test_a_message_is_deleted_after_one_question(self, as_user, staff, message) -> None:
        client = as_user(staff)
        path = f"/admin/pages/contactmessage/{message.pk}/delete/"
        assert client.get(path).status_code == 200
        assert ContactMessage.objects.exists()
        client.post(path, {"post": "yes"})
        assert not ContactMessage.objects.exists()
        assert Entry.objects.get(action="contactmessage.deleted").actor_id == staff.pk

    def test_an_entry_of_the_list_too(self, as_user, staff) -> None:
        make_rows(1)
        entry = InterestEntry.objects.get()
        as_user(staff).post(f"/admin/pages/interestentry/{entry.pk}/delete/", {"post": "yes"})
        assert not InterestEntry.objects.exists()
        assert Entry.objects.get(action="interest.left").actor_id == staff.pk


def test_people_are_noted_as_told_once(as_user, staff) -> None:
    make_rows(3)
    pks = list(InterestEntry.objects.values_list("pk", flat=True))
    assert services.note_told(InterestEntry.objects.filter(pk=pks[0]), by=staff) == 1
    first = InterestEntry.objects.get(pk=pks[0]).told_at
    as_user(staff).post(
        "/admin/pages/interestentry/", {"action": "note_told", "_selected_action": pks}
    )
    assert InterestEntry.objects.filter(told_at=None).count() == 0
    assert InterestEntry.objects.get(pk=pks[0]).told_at == first
    assert Entry.objects.filter(action="interest.told").count() == 3


class TestQuestions:
    def test_a_question_is_added_and_shown(self, as_user, staff, edition) -> None:
        data = {"topic": "money", "question": "New?", "answer": "Yes.", "position": "0"}
        as_user(staff).post("/admin/pages/faqentry/add/", data | {"is_shown": "on"})
        assert "New?" in Client().get("/faq/").content.decode()

    @pytest.mark.parametrize(
        ("path", "label"),
        [
            ("https://evil.example/", "x"),
            ("//evil.example/", "x"),
            ("javascript:alert(1)", "x"),
            ("/fees/", ""),
            ("", "x"),
        ],
    )
    def test_links_stay_on_this_site_and_whole(self, as_user, staff, path, label) -> None:
        data = {"topic": "money", "question": "New?", "answer": "Yes.", "position": "0"}
        response = as_user(staff).post(
            "/admin/pages/faqentry/add/", data | {"link_path": path, "link_label": label}
        )
        assert response.status_code == 200
        assert not FaqEntry.objects.exists()


def test_what_visitors_wrote_is_for_the_office(message, applicant, staff) -> None:
    assert list(ContactMessage.objects.visible_to(applicant)) == []
    assert list(ContactMessage.objects.visible_to(staff)) == [message]
    assert list(InterestEntry.objects.visible_to(make_user("other@example.com"))) == []
