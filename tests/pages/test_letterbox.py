"""The two public forms: what reaches whom, and what machines get."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.mail.services import message_of
from scip.pages import emails, services, traps
from scip.pages.models import ContactMessage, InterestEntry
from tests.world import make_user

STAFF = "office@example.org"
AGAIN = "Please send this once more."


@pytest.fixture(autouse=True)
def office_address(settings) -> None:
    settings.STAFF_EMAIL = STAFF
    settings.SITE_URL = "https://scip.example.org"


def stamp(form: str, **ago: float) -> str:
    return traps.opened_stamp(form, timezone.now() - timedelta(**ago))


class TestInterestList:
    def test_it_is_kept_and_both_are_told(self, client: Client, interest_data) -> None:
        client.cookies["tz"] = "Asia%2FTokyo"
        response = client.post("/interest/", interest_data)
        assert response.status_code == 302
        assert response.headers["Location"] == "/interest/thanks/"
        entry = InterestEntry.objects.get()
        assert (entry.email, entry.about, entry.name, entry.country.code, entry.note) == (
            "visitor@example.com",
            "level_a",
            "Vida Visitor",
            "PT",
            "Evenings suit me.",
        )
        to_person, to_office = Letter.objects.order_by("id")
        assert (to_person.to_address, to_person.reply_to) == ("visitor@example.com", STAFF)
        assert "Dear Vida Visitor," in to_person.text
        assert "Level A: the next learning cohort" in to_person.text
        assert (to_office.to_address, to_office.reply_to) == (STAFF, "visitor@example.com")
        assert "Evenings suit me." in to_office.text
        assert f"/admin/pages/interestentry/{entry.pk}/change/" in to_office.text

    def test_only_address_and_subject_are_needed(self, client: Client, interest_data) -> None:
        for name in ("name", "country", "note"):
            del interest_data[name]
        assert client.post("/interest/", interest_data).status_code == 302
        assert Letter.objects.get(to_address="visitor@example.com").text.startswith("Hello,")

    def test_known_and_unknown_addresses_get_the_same_answer(
        self, client: Client, interest_data
    ) -> None:
        answers = []
        for _turn in range(2):
            response = client.post("/interest/", interest_data)
            thanks = client.get(response.headers["Location"])
            headers = {k: v for k, v in response.headers.items() if k != "Content-Length"}
            answers.append((response.status_code, headers, response.content, thanks.content))
        assert answers[0] == answers[1]
        assert InterestEntry.objects.count() == 1

    def test_a_second_time_sends_no_second_letter_in_any_spelling(
        self, client: Client, interest_data
    ) -> None:
        client.post("/interest/", interest_data)
        client.post("/interest/", interest_data | {"email": "VISITOR@Example.com "})
        assert InterestEntry.objects.count() == 1
        assert Letter.objects.count() == 2

    @pytest.mark.parametrize(
        ("since", "says", "told"),
        [(-1, "it has. Registration for Level C is open", True), (1, "once, when it opens", False)],
    )
    def test_who_waits_for_what_is_open_reads_that(
        self, client: Client, interest_data, edition, since, says, told
    ) -> None:
        edition.applications_open_on = timezone.localdate() + timedelta(days=since)
        edition.save(update_fields=["applications_open_on"])
        client.post("/interest/", interest_data | {"about": "certification"})
        to_person, to_office = Letter.objects.order_by("id")
        assert says in " ".join(to_person.text.split())
        assert "/interest/leave/" in to_person.text
        assert to_office.to_address == STAFF
        assert bool(InterestEntry.objects.get().told_at) == told
        assert services.announce_opening() == 0

    def test_another_subject_is_another_entry(self, client: Client, interest_data, edition) -> None:
        client.post("/interest/", interest_data)
        client.post("/interest/", interest_data | {"about": "certification"})
        assert InterestEntry.objects.count() == 2
        assert Letter.objects.count() == 4

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"email": ""}, "Where should we write to?"),
            ({"email": "no address"}, "e-mail address"),
            ({"email": "a" * 250 + "@example.com"}, "254"),
            ({"about": ""}, "Choose one of the three"),
            ({"about": "level_z"}, "level_z"),
            ({"country": "XX"}, "XX"),
            ({"name": "n" * 201}, "200"),
            ({"note": "n" * 2001}, "2000"),
            ({"name": "a\x00b"}, "Null"),
        ],
    )
    def test_bad_input_keeps_what_was_typed_and_stores_nothing(
        self, client: Client, interest_data, change, says
    ) -> None:
        response = client.post("/interest/", interest_data | {"note": "Keep me"} | change)
        assert response.status_code == 200
        page = response.content.decode()
        assert says in page
        assert "Something here needs another look" in page
        assert "Keep me" in page or "note" in change
        assert not InterestEntry.objects.exists()
        assert not Letter.objects.exists()

    def test_the_subject_can_be_chosen_by_the_address(self, client: Client, edition) -> None:
        page = client.get("/interest/?about=level_b").content.decode()
        checked = [line for line in page.split("<input") if "checked" in line]
        assert len(checked) == 1
        assert 'value="level_b"' in checked[0]
        assert "checked" not in client.get("/interest/?about=<script>").content.decode()

    def test_names_in_any_script_and_markup_survive(self, client: Client, interest_data) -> None:
        name = "مريم 山田 🌿 <script>alert(1)</script>"
        client.post("/interest/", interest_data | {"name": name, "note": "a < b & c"})
        assert InterestEntry.objects.get().name == name
        for letter in Letter.objects.all():
            assert "<script>" not in letter.html
            assert name in letter.text
        assert "a &lt; b &amp; c" in Letter.objects.get(to_address=STAFF).html


class TestLeaving:
    def test_the_link_asks_and_then_deletes(self, client: Client, interest_data) -> None:
        client.post("/interest/", interest_data)
        letter = Letter.objects.get(to_address="visitor@example.com")
        link = next(word for word in letter.text.split() if "/interest/leave/" in word)
        path = link.removeprefix("https://scip.example.org")
        assert "Leave the interest list?" in client.get(path).content.decode()
        assert InterestEntry.objects.count() == 1
        assert "You are off the list" in client.post(path).content.decode()
        assert not InterestEntry.objects.exists()
        entry = Entry.objects.get(action="interest.left")
        assert "visitor" not in str(entry.data)
        # a second click, or a forwarded letter, meets the same page
        assert "You are off the list" in client.post(path).content.decode()

    def test_a_changed_link_is_no_link(self, client: Client, interest_data) -> None:
        client.post("/interest/", interest_data)
        token = emails.leave_token(InterestEntry.objects.get())
        assert client.post(f"/interest/leave/{token}x/").status_code == 404
        assert client.post("/interest/leave/1/").status_code == 404
        assert InterestEntry.objects.count() == 1


class TestContact:
    def test_it_is_kept_and_the_office_can_reply(self, client: Client, contact_data) -> None:
        response = client.post("/contact/", contact_data)
        assert response.headers["Location"] == "/contact/thanks/"
        message = ContactMessage.objects.get()
        assert (message.name, message.state) == ("Vida Visitor", "new")
        letter = Letter.objects.get()
        assert (letter.to_address, letter.reply_to) == (STAFF, "visitor@example.com")
        assert letter.subject == "Message from Vida Visitor"
        assert "May I bring my dog?" in letter.text
        assert f"/admin/pages/contactmessage/{message.pk}/change/" in letter.text

    def test_a_name_with_line_breaks_adds_no_header(self, client: Client, contact_data) -> None:
        client.post("/contact/", contact_data | {"name": "Eve\r\nBcc: all@example.com"})
        sent = message_of(Letter.objects.get()).message()
        assert sent["Bcc"] is None
        assert sent["Subject"] == "Message from Eve Bcc: all@example.com"

    def test_markup_is_words(self, client: Client, contact_data) -> None:
        client.post("/contact/", contact_data | {"message": "<script>alert(1)</script>"})
        letter = Letter.objects.get()
        assert "<script>" not in letter.html
        assert "&lt;script&gt;" in letter.html
        assert "<script>alert(1)</script>" in letter.text

    @pytest.mark.parametrize("field", ["name", "email", "message"])
    def test_each_field_is_needed(self, client: Client, contact_data, field) -> None:
        page = client.post("/contact/", contact_data | {field: "  "}).content.decode()
        assert f'href="#id_{field}"' in page
        assert not ContactMessage.objects.exists()

    def test_signed_in_people_find_their_address_filled_in(self, as_user, edition) -> None:
        user = make_user("reader@example.com", name="Rea Reader")
        page = as_user(user).get("/contact/").content.decode()
        assert 'value="reader@example.com"' in page
        assert 'value="Rea Reader"' in page

    def test_without_the_forms_token_nothing_is_taken(self, contact_data) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/contact/", contact_data).status_code == 403
        assert not ContactMessage.objects.exists()


class TestTraps:
    """Each trap with its control: the same form without the offence is taken."""

    @pytest.mark.parametrize(
        "change",
        [
            {"homepage": "https://spam.example"},
            {"opened": ""},
            {"opened": "made-up"},
            {"opened": ("interest", timedelta(minutes=1))},
            {"opened": ("contact", timedelta(seconds=1))},
            {"opened": ("contact", timedelta(hours=25))},
            {"opened": ("contact", timedelta(hours=-1))},
        ],
        ids=[
            "hidden field",
            "no stamp",
            "forged",
            "another form's",
            "too fast",
            "too old",
            "future",
        ],
    )
    def test_a_machine_gets_the_same_page_and_nothing_is_stored(
        self, client: Client, contact_data, change
    ) -> None:
        if isinstance(change.get("opened"), tuple):
            form, ago = change["opened"]
            change = {"opened": traps.opened_stamp(form, timezone.now() - ago)}
        response = client.post("/contact/", contact_data | change)
        assert response.status_code == 200
        page = response.content.decode()
        assert AGAIN in page
        assert "May I bring my dog?" in page
        assert "spam.example" not in page
        assert not ContactMessage.objects.exists()
        assert not Letter.objects.exists()

    def test_control_without_offence_it_is_taken(self, client: Client, contact_data) -> None:
        assert client.post("/contact/", contact_data).status_code == 302
        assert ContactMessage.objects.count() == 1

    def test_a_person_whose_trap_misfired_sends_again(
        self, client: Client, contact_data, settings
    ) -> None:
        response = client.post("/contact/", contact_data | {"opened": ""})
        page = response.content.decode()
        fresh = page.split('name="opened" value="', 1)[1].split('"', 1)[0]
        assert traps.looks_timely(fresh, "contact", timezone.now() + traps.QUICKEST)
        assert not traps.looks_timely(fresh, "contact", timezone.now())
        form = response.context["form"]
        again = {name: form[name].value() for name in contact_data if name != "opened"}
        assert again == {name: contact_data[name] for name in again}
        assert client.post("/contact/", again | {"opened": stamp("contact", minutes=1)}).url

    def test_the_hidden_field_is_hidden_from_everybody(self, client: Client, edition) -> None:
        page = client.get("/contact/").content.decode()
        part = page.split('class="honeypot"', 1)[1].split("</form>", 1)[0]
        assert 'tabindex="-1"' in part
        assert 'autocomplete="off"' in part
        assert (
            'aria-hidden="true"'
            in page.split('class="honeypot"', 1)[1][:40]
            + page.split('class="honeypot"', 1)[0][-60:]
        )

    def test_a_stamp_of_another_key_does_not_open(self, settings) -> None:
        mine = stamp("contact", minutes=1)
        assert traps.looks_timely(mine, "contact")
        settings.SECRET_KEY = "another key that is long enough for everything here"
        assert not traps.looks_timely(mine, "contact")


class TestLimits:
    def test_the_sixth_from_one_sender_waits_with_its_text_kept(
        self, client: Client, contact_data
    ) -> None:
        for _turn in range(traps.PER_SENDER):
            assert client.post("/contact/", contact_data).status_code == 302
        refused = client.post("/contact/", contact_data)
        assert refused.status_code == 429
        assert "May I bring my dog?" in refused.content.decode()
        assert STAFF in refused.content.decode()
        assert ContactMessage.objects.count() == traps.PER_SENDER
        # in any spelling, while another sender is still welcome
        upper = contact_data | {"email": "VISITOR@example.com"}
        assert client.post("/contact/", upper).status_code == 429
        other = contact_data | {"email": "other@example.com"}
        assert client.post("/contact/", other).status_code == 302

    def test_one_network_address_cannot_flood_with_many_senders(
        self, client: Client, contact_data
    ) -> None:
        codes = [
            client.post("/contact/", contact_data | {"email": f"v{turn}@example.com"}).status_code
            for turn in range(traps.PER_ADDRESS + 2)
        ]
        assert codes == [302] * traps.PER_ADDRESS + [429, 429]
        elsewhere = client.post(
            "/contact/", contact_data | {"email": "far@example.com"}, REMOTE_ADDR="198.51.100.7"
        )
        assert elsewhere.status_code == 302

    def test_a_claimed_address_changes_nothing(self, client: Client, contact_data) -> None:
        codes = [
            client.post(
                "/contact/",
                contact_data | {"email": f"v{turn}@example.com"},
                headers={"X-Forwarded-For": f"203.0.113.{turn}"},
            ).status_code
            for turn in range(traps.PER_ADDRESS + 1)
        ]
        assert codes[-1] == 429

    def test_mistakes_are_not_counted(self, client: Client, contact_data) -> None:
        for _turn in range(traps.PER_SENDER + 2):
            client.post("/contact/", contact_data | {"message": ""})
        assert client.post("/contact/", contact_data).status_code == 302


def test_the_same_person_pressing_twice_at_once_is_on_the_list_once(edition) -> None:
    """The second insert meets the first; neither fails and one pair of letters exists."""
    entry = {"email": "a@example.com", "name": "", "country": "", "about": "level_a", "note": ""}
    services.join_interest_list(**entry)
    services.join_interest_list(**entry | {"note": "second press"})
    assert InterestEntry.objects.get().note == ""
    assert Letter.objects.count() == 2
