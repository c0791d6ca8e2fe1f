"""The person's own pages: who reaches them, what they keep, what they clean."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from scip.accounts import services
from scip.accounts.forms.text import plain_text
from scip.accounts.models import Prerequisite, Role, User
from scip.audit.models import Entry
from tests import world
from tests.accounts.conftest import FACTS, pdf

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

PROFILE = {
    "name": "Ana Lima",
    "credentials_suffix": "PhD",
    "profession": "psychologist",
    "country": "PT",
    "time_zone": "Europe/Lisbon",
    "phone": "",
    "language_1": "pt",
    "language_2": "en",
    "language_3": "pt",
    "language_4": "",
}


def follow(response: Any) -> tuple[int, str]:
    return response.status_code, response.headers.get("Location", "")


class TestProfile:
    def test_saved(self, applicant: User, as_user: SignIn) -> None:
        response = as_user(applicant).post("/profile/", PROFILE)
        assert follow(response) == (302, "/profile/")
        applicant.refresh_from_db()
        assert (applicant.name, applicant.country.code) == ("Ana Lima", "PT")
        assert applicant.languages == ["pt", "en"]
        assert applicant.display_name == "Ana Lima, PhD"

    # As static/js/site.js writes it, and as plain text.
    @pytest.mark.parametrize("cookie", ["Asia%2FTokyo", "Asia/Tokyo"])
    def test_a_new_person_is_welcomed_and_led_on(self, as_user: SignIn, cookie: str) -> None:
        new = world.make_user("new@example.com", name="", time_zone="UTC")
        client = as_user(new)
        client.cookies["tz"] = cookie
        page = client.get("/profile/")
        assert "How may we call you?" in page.content.decode()
        assert page.context["form"]["time_zone"].value() == "Asia/Tokyo"
        assert follow(client.post("/profile/?next=/cohorts/", PROFILE)) == (302, "/cohorts/")

    def test_next_leads_nowhere_else(self, applicant: User, as_user: SignIn) -> None:
        response = as_user(applicant).post("/profile/?next=//evil.example/", PROFILE)
        assert follow(response) == (302, "/profile/")

    @pytest.mark.parametrize(
        "name",
        [
            "N" * 200,
            "Teresa 🌿 Souza",
            "प्रिया शर्मा",
            "محمد عبد الله",
            "נועה לוי",
            "<script>alert(1)</script>",
            "Suharto",
            "山田 花子",
            "O’Brien-Łukasz",
        ],
    )
    def test_names_of_the_world(self, applicant: User, as_user: SignIn, name: str) -> None:
        client = as_user(applicant)
        client.post("/profile/", PROFILE | {"name": name})
        applicant.refresh_from_db()
        assert applicant.name == name
        assert b"<script>alert" not in client.get("/profile/").content

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [("👩🏽‍⚕️", "write your name with letters"), ("ᏣᎳᎩ", "can’t show these letters yet: ᏣᎳᎩ")],
    )
    def test_a_name_that_no_certificate_could_show_is_asked_again_and_kept(
        self, applicant: User, as_user: SignIn, name: str, sentence: str
    ) -> None:
        page = as_user(applicant).post("/profile/", PROFILE | {"name": name}).content.decode()
        assert sentence in page
        assert f'value="{name}"' in page
        applicant.refresh_from_db()
        assert applicant.name == "Ana Applicant"

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Ana\u202e Lima\u2069", "Ana Lima"),
            (" Ana\t\n  Lima ", "Ana Lima"),
            ("Ana\x00Lima\x07", "Ana Lima"),
            ("\ufeffAna", "Ana"),
            ("Ame\u0301lie", "Am\u00e9lie"),
            ("می\u200cخواهم", "می\u200cخواهم"),
        ],
    )
    def test_what_nobody_sees_is_cleaned(
        self, applicant: User, as_user: SignIn, typed: str, kept: str
    ) -> None:
        as_user(applicant).post("/profile/", PROFILE | {"name": typed})
        applicant.refresh_from_db()
        assert applicant.name == kept == plain_text(typed)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", "N" * 201),
            ("name", "\u202e\u202c "),
            ("time_zone", "Mars/Olympus"),
            ("country", "XX"),
            ("language_1", ""),
            ("language_2", "tlh"),
        ],
    )
    def test_kept_for_another_look(
        self, applicant: User, as_user: SignIn, field: str, value: str
    ) -> None:
        response = as_user(applicant).post("/profile/", PROFILE | {field: value, "phone": "12"})
        assert response.status_code == 200
        assert list(response.context["form"].errors) == [field]
        assert response.context["form"]["phone"].value() == "12"
        applicant.refresh_from_db()
        assert applicant.phone == ""

    def test_a_zone_outside_the_list_stays(self, as_user: SignIn) -> None:
        user = world.make_user("z@example.com", time_zone="Etc/GMT+3")
        page = as_user(user).get("/profile/")
        assert '<option value="Etc/GMT+3" selected>' in page.content.decode()

    def test_strangers_sign_in_first(self, client: Client) -> None:
        assert follow(client.get("/profile/")) == (302, "/accounts/login/?next=/profile/")


class TestPrerequisites:
    def test_list(self, applicant: User, as_user: SignIn) -> None:
        page = as_user(applicant).get("/profile/prerequisites/")
        assert [f.code for f in page.context["findings"]] == list(FACTS)
        for kind in FACTS:
            assert f'href="/profile/prerequisites/{kind}/"' in page.content.decode()

    @pytest.mark.parametrize("kind", list(FACTS))
    def test_send_each_kind(self, applicant: User, as_user: SignIn, kind: str) -> None:
        client = as_user(applicant)
        assert client.get(f"/profile/prerequisites/{kind}/").status_code == 200
        response = client.post(f"/profile/prerequisites/{kind}/", FACTS[kind] | {"document": pdf()})
        assert follow(response) == (302, "/profile/prerequisites/")
        row = Prerequisite.objects.get(user=applicant)
        assert (row.kind, row.state, row.document.original_name) == (
            kind,
            "submitted",
            "evidence.pdf",
        )

    @pytest.mark.parametrize(
        ("standing", "facts", "missing"),
        [
            ("licensed", {}, {"number", "jurisdiction"}),
            ("supervised", {}, {"institution", "jurisdiction"}),
            ("student", {}, {"institution", "expires_on"}),
            ("", {}, {"standing"}),
        ],
    )
    def test_each_standing_asks_for_its_facts(
        self, applicant: User, as_user: SignIn, standing: str, facts: dict, missing: set
    ) -> None:
        response = as_user(applicant).post(
            "/profile/prerequisites/standing/",
            {"standing": standing, "document": pdf()} | facts,
        )
        assert set(response.context["form"].errors) == missing

    def test_facts_of_another_standing_are_dropped(self, applicant: User, as_user: SignIn) -> None:
        as_user(applicant).post(
            "/profile/prerequisites/standing/",
            {
                "standing": "student",
                "number": "left over",
                "institution": "University of Porto",
                "expires_on": "2099-06-30",
                "document": pdf(),
            },
        )
        row = Prerequisite.objects.get()
        assert (row.number, row.institution) == ("", "University of Porto")

    @pytest.mark.parametrize(
        "upload",
        [
            None,
            SimpleUploadedFile("empty.pdf", b""),
            SimpleUploadedFile("tool.pdf", b"MZ" + b"\0" * 900),
            SimpleUploadedFile("page.pdf", b"<html><script>1</script></html>"),
        ],
        ids=["none", "empty", "executable", "html"],
    )
    def test_a_bad_upload_keeps_the_rest(
        self, applicant: User, as_user: SignIn, upload: SimpleUploadedFile | None
    ) -> None:
        data = {"insurer": "Care Mutual", "number": "P-9", "expires_on": "2099-12-31"}
        response = as_user(applicant).post(
            "/profile/prerequisites/insurance/", data | ({"document": upload} if upload else {})
        )
        form = response.context["form"]
        assert list(form.errors) == ["document"]
        assert {name: form[name].value() for name in data} == data
        assert not Prerequisite.objects.exists()

    def test_ended_cover_is_told_at_its_field(self, applicant: User, as_user: SignIn) -> None:
        data = {"insurer": "Care", "expires_on": str(timezone.localdate() - timedelta(days=2))}
        response = as_user(applicant).post(
            "/profile/prerequisites/insurance/", data | {"document": pdf()}
        )
        assert list(response.context["form"].errors) == ["expires_on"]

    def test_correcting_without_choosing_the_file_again(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = submit(applicant, "practice")
        services.return_prerequisite(row, by=staff, reason="How many hours?")
        client = as_user(applicant)
        page = client.get("/profile/prerequisites/practice/").content.decode()
        assert "How many hours?" in page
        assert "Community clinic" in page
        client.post("/profile/prerequisites/practice/", {"practice_setting": "Clinic, ten hours"})
        again = Prerequisite.objects.get(state="submitted")
        assert again.document_id == row.document_id

    def test_withdraw(self, applicant: User, as_user: SignIn, submit: Callable) -> None:
        row = submit(applicant)
        client = as_user(applicant)
        assert client.get(f"/profile/records/{row.pk}/withdraw/").status_code == 405
        client.post(f"/profile/records/{row.pk}/withdraw/")
        row.refresh_from_db()
        assert row.state == "withdrawn"

    def test_withdrawing_what_is_verified_is_told(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = services.verify_prerequisite(submit(applicant), by=staff)
        page = as_user(applicant).post(f"/profile/records/{row.pk}/withdraw/", follow=True)
        assert "not possible any more" in page.content.decode()

    def test_unknown_kind(self, applicant: User, as_user: SignIn) -> None:
        assert as_user(applicant).get("/profile/prerequisites/nonsense/").status_code == 404


class TestDocument:
    def open(self, client: Client, row: Prerequisite) -> Any:
        return client.post(f"/profile/records/{row.pk}/document/")

    def test_own(self, applicant: User, as_user: SignIn, submit: Callable) -> None:
        row = submit(applicant)
        client = as_user(applicant)
        opened = self.open(client, row)
        assert opened.status_code == 302
        served = client.get(opened.url)
        assert served.getvalue().startswith(b"%PDF-")
        assert "attachment" in served["Content-Disposition"]
        entry = Entry.objects.get(action="document.opened")
        assert (entry.actor_id, entry.subject_id) == (applicant.pk, applicant.pk)

    def test_the_office_opens_it_and_it_is_noted(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = submit(applicant)
        client = as_user(staff)
        assert client.get(self.open(client, row).url).status_code == 200
        entry = Entry.objects.get(action="document.opened")
        assert (entry.actor_id, entry.subject_id) == (staff.pk, applicant.pk)

    @pytest.mark.parametrize(
        "persona", ["stranger", "facilitator", "supervisor", "reviewer", "aid_decider"]
    )
    def test_nobody_else(
        self,
        request: pytest.FixtureRequest,
        applicant: User,
        as_user: SignIn,
        submit: Callable,
        persona: str,
    ) -> None:
        row = submit(applicant)
        token_url = self.open(as_user(applicant), row).url
        client = as_user(request.getfixturevalue(persona))
        assert self.open(client, row).status_code == 404
        assert client.get(token_url).status_code == 404
        assert client.post(f"/profile/records/{row.pk}/withdraw/").status_code == 404
        assert Entry.objects.filter(action="document.opened").count() == 1

    def test_somebody_of_the_office_with_a_token_of_the_owner(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        token_url = self.open(as_user(applicant), submit(applicant)).url
        assert as_user(staff).get(token_url).status_code == 404

    def test_anonymous(self, applicant: User, client: Client, submit: Callable) -> None:
        row = submit(applicant)
        assert self.open(client, row).url.startswith("/accounts/login/")

    def test_opening_is_a_post(self, applicant: User, as_user: SignIn, submit: Callable) -> None:
        row = submit(applicant)
        assert as_user(applicant).get(f"/profile/records/{row.pk}/document/").status_code == 405

    def test_destroyed(self, applicant: User, as_user: SignIn, submit: Callable) -> None:
        row = services.withdraw_prerequisite(submit(applicant), by=applicant)
        assert self.open(as_user(applicant), row).status_code == 404


QUERIES_OF_THE_LIST = 7
QUERIES_OF_THE_QUEUE = 8
QUERIES_OF_PEOPLE = 8


def queries(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url)  # the session's first page also writes down the device
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(
        [
            query
            for query in captured.captured_queries
            # Keeping the list of sessions is no part of the page.
            if "usersessions" not in query["sql"]
            and not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
        ]
    )


def test_queries_of_the_findings(
    applicant: User, staff: User, as_user: SignIn, submit: Callable
) -> None:
    client = as_user(applicant)
    submit(applicant)
    one = queries(client, "/profile/prerequisites/")
    submit(applicant, "msc")
    submit(applicant, "practice")
    assert queries(client, "/profile/prerequisites/") == one <= QUERIES_OF_THE_LIST


class TestOffice:
    def test_queue_has_the_same_queries_for_one_and_three(
        self, applicant: User, stranger: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        client = as_user(staff)
        submit(applicant)
        url = "/admin/accounts/prerequisite/?state__exact=submitted"
        one = queries(client, url)
        submit(stranger)
        submit(world.make_user("third@example.com"))
        assert queries(client, url) == one <= QUERIES_OF_THE_QUEUE

    def test_people_have_the_same_queries_for_one_and_three(
        self, staff: User, as_user: SignIn
    ) -> None:
        client = as_user(staff)
        one = queries(client, "/admin/accounts/user/?q=example")
        world.make_user("b@example.com", Role.FACILITATOR)
        world.make_user("c@example.com")
        assert queries(client, "/admin/accounts/user/?q=example") == one <= QUERIES_OF_PEOPLE

    def test_filters_and_search(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        submit(applicant)
        Prerequisite.objects.update(submitted_at=timezone.now() - timedelta(days=8))
        client = as_user(staff)
        base = "/admin/accounts/prerequisite/"
        assert "Ana Applicant" in client.get(f"{base}?waiting=7&q=ana").content.decode()
        assert "Ana Applicant" not in client.get(f"{base}?waiting=14").content.decode()

    def test_verify_shows_the_letter_first(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = submit(applicant)
        client = as_user(staff)
        assert (
            "PSY-1" in client.get(f"/admin/accounts/prerequisite/{row.pk}/change/").content.decode()
        )
        page = client.get(f"/admin/accounts/prerequisite/{row.pk}/verify/").content.decode()
        assert "Thank you: we looked at what you sent" in page
        row.refresh_from_db()
        assert row.state == "submitted"
        client.post(f"/admin/accounts/prerequisite/{row.pk}/verify/")
        row.refresh_from_db()
        assert (row.state, row.verified_by) == ("verified", staff)

    def test_return_shows_the_letter_first(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = submit(applicant)
        client = as_user(staff)
        url = f"/admin/accounts/prerequisite/{row.pk}/return/"
        assert client.get(url).status_code == 200
        page = client.post(url, {"reason": "Page two, please."}).content.decode()
        assert page.count("Page two, please.") == 2
        row.refresh_from_db()
        assert row.state == "submitted"
        client.post(url, {"reason": "Page two, please.", "send": "1"})
        row.refresh_from_db()
        assert (row.state, row.return_reason) == ("returned", "Page two, please.")

    def test_facts_cannot_be_written(
        self, applicant: User, staff: User, as_user: SignIn, submit: Callable
    ) -> None:
        row = submit(applicant)
        url = f"/admin/accounts/prerequisite/{row.pk}/change/"
        assert as_user(staff).post(url, {"state": "verified"}).status_code == 403

    @pytest.mark.parametrize("persona", ["applicant", "facilitator", "reviewer", "aid_decider"])
    @pytest.mark.parametrize(
        "path",
        [
            "prerequisite/",
            "prerequisite/{row}/change/",
            "prerequisite/{row}/verify/",
            "prerequisite/{row}/return/",
            "user/",
            "user/{user}/change/",
            "user/{user}/roles/",
            "user/{user}/factor/",
        ],
    )
    def test_for_the_office_only(
        self,
        request: pytest.FixtureRequest,
        stranger: User,
        as_user: SignIn,
        submit: Callable,
        persona: str,
        path: str,
    ) -> None:
        row = submit(stranger)
        client = as_user(request.getfixturevalue(persona))
        url = "/admin/accounts/" + path.format(row=row.pk, user=stranger.pk)
        for response in (client.get(url, follow=True), client.post(url, follow=True)):
            assert response.status_code in {403, 404}
        row.refresh_from_db()
        assert row.state == "submitted"

    def test_roles(self, applicant: User, staff: User, as_user: SignIn) -> None:
        client = as_user(staff)
        url = f"/admin/accounts/user/{applicant.pk}/roles/"
        assert client.get(f"/admin/accounts/user/{applicant.pk}/change/").status_code == 200
        client.post(url, {"role": "supervisor", "give": "1"})
        grant = applicant.role_grants.get()
        assert (grant.role, grant.granted_by) == ("supervisor", staff)
        assert "Supervisor" in client.get(url).content.decode()
        client.post(url, {"end": str(grant.pk)})
        grant.refresh_from_db()
        assert grant.until is not None
        assert client.post(url, {"end": "x"}).status_code == 404

    def test_a_reset_letter_and_no_password_field(
        self, applicant: User, staff: User, as_user: SignIn
    ) -> None:
        from scip.mail.models import Letter

        client = as_user(staff)
        url = f"/admin/accounts/user/{applicant.pk}/password/"
        assert client.get(url).status_code == 405
        client.post(url)
        letter = Letter.objects.get(to_user=applicant)
        assert letter.subject == "Choose a new password"
        page = client.get(f"/admin/accounts/user/{applicant.pk}/change/").content.decode()
        assert "scrypt" not in page

    def test_factor(self, facilitator: User, staff: User, as_user: SignIn) -> None:
        client = as_user(staff)
        url = f"/admin/accounts/user/{facilitator.pk}/factor/"
        assert client.get(url).status_code == 200
        client.post(url, {"reason": "called back"})
        assert facilitator.authenticator_set.count() == 0

    @pytest.mark.parametrize(
        "path",
        [
            "mfa/authenticator/",
            "account/emailaddress/",
            "usersessions/usersession/",
            "account/emailconfirmation/",
        ],
    )
    def test_pages_of_other_apps_stay_shut(self, staff: User, as_user: SignIn, path: str) -> None:
        assert as_user(staff).get(f"/admin/{path}").status_code in {403, 404}
