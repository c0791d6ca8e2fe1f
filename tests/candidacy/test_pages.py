"""Pages of registering, the record, leave and credit: who sees what, and what is typed wrong."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import (
    Attestation,
    Candidacy,
    EquivalencyCase,
    EquivalencyItem,
    Retreat,
)
from certification.candidacy.services import return_retreat, verify_retreat
from scip.audit.models import Entry
from scip.pages.models import InterestEntry
from scip.pages.services import announce_opening
from scip.policy.models import Edition
from tests import world
from tests.candidacy import walking
from tests.candidacy.walking import paper, sent_case, stay

pytestmark = pytest.mark.django_db
REGISTER = "/certification/register/"
RECORD = "/certification/record/"


def text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def ana(applicant, as_user, edition):
    walking.open_edition()
    return as_user(applicant)


class TestRegistering:
    def test_the_whole_way_by_plain_forms(self, ana, applicant, staff):
        world.verify_prerequisites(applicant)
        walking.complete(applicant, "A", "B")
        page = ana.get(REGISTER)
        assert [item.code for item in page.context["unmet"]] == ["client_sessions", "retreat"]
        assert "Register, and go to the payment" not in text(page)
        word = {"client_sessions": 24, "clients": 4, "name_typed": "Ana Applicant"}
        assert ana.post(f"{REGISTER}attest/", word).status_code == 302
        fields = {key: value for key, value in stay().items() if value}
        assert ana.post(f"{REGISTER}retreat/", fields | {"document": paper()}).status_code == 302
        verify_retreat(Retreat.objects.get(), by=staff)
        page = ana.get(REGISTER)
        assert "Register, and go to the payment" in text(page)
        assert "Certification fees are not refunded" in text(page)
        answer = ana.post(f"{REGISTER}confirm/")
        charge = Candidacy.objects.get().charge
        assert answer["Location"] == reverse("payments:pay", args=[charge.pk])
        assert "not refunded" in text(ana.get(answer["Location"]))
        assert "Waiting for the fee" in text(ana.get(REGISTER))
        assert ana.post(f"{REGISTER}back/").status_code == 302
        assert Candidacy.objects.get().state == "preparing"

    def test_the_word_keeps_the_sentence_that_was_shown(self, ana, applicant):
        shown = str(ana.get(REGISTER).context["wording"])
        ana.post(
            f"{REGISTER}attest/",
            {"client_sessions": 9, "clients": 2, "name_typed": "Ana Applicant"},
        )
        assert Attestation.objects.get().wording == shown

    @pytest.mark.parametrize(
        "typed",
        [
            {"client_sessions": "", "clients": "", "name_typed": ""},
            {"client_sessions": "3", "clients": "4", "name_typed": "Ana Applicant"},
            {"client_sessions": "-1", "clients": "0", "name_typed": "Ana Applicant"},
            {"client_sessions": "many", "clients": "4", "name_typed": "Ana Applicant"},
            {"client_sessions": "99999999999", "clients": "4", "name_typed": "Ana Applicant"},
            {"client_sessions": "24", "clients": "4", "name_typed": "Somebody Else"},
            {"client_sessions": "24", "clients": "4", "name_typed": "\u202e \u200b"[:1]},
        ],
    )
    def test_figures_that_cannot_be_come_back_with_a_sentence(self, ana, typed):
        page = ana.post(f"{REGISTER}attest/", typed)
        assert page.status_code == 200
        assert "Something here needs another look" in text(page)
        assert not Attestation.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"started_on": "2026-13-40"}, "Please write the day"),
            ({"ended_on": "2026-04-03"}, "at least 3 days"),
            ({"ended_on": "2026-04-01"}, "before the first one"),
            ({"ended_on": "2999-04-01"}, "still to come"),
            ({"is_silent": ""}, "A silent retreat is asked for"),
            ({"title": ""}, "Please fill this in"),
        ],
    )
    def test_a_retreat_that_does_not_count_keeps_what_was_typed(self, ana, typed, sentence):
        fields = {key: value for key, value in stay().items() if value} | typed
        page = ana.post(f"{REGISTER}retreat/", fields | {"document": paper()})
        assert page.status_code == 200
        assert sentence in text(page)
        assert "Christine and Michael" in text(page)
        assert not Retreat.objects.exists()

    def test_without_a_document_nothing_is_sent(self, ana):
        fields = {key: value for key, value in stay().items() if value}
        page = ana.post(f"{REGISTER}retreat/", fields)
        assert "Please choose a file" in text(page)

    def test_registering_too_early_says_what_is_missing(self, ana, applicant):
        walking.give_word(applicant)
        page = ana.post(f"{REGISTER}confirm/", follow=True)
        assert "Something is still open before you can register" in text(page)
        assert ana.post("/certification/register/confirm/").status_code == 302

    def test_without_a_candidacy_there_is_nothing_to_register(self, ana):
        assert ana.post(f"{REGISTER}confirm/").status_code == 404

    def test_before_the_day_everything_can_be_prepared(self, ana):
        Edition.objects.update(applications_open_on=timezone.localdate() + timedelta(days=9))
        page = text(ana.get(REGISTER))
        assert "It opens on" in page
        assert "Give my word" in page
        assert "Register, and go to the payment" not in page

    def test_a_get_writes_nothing(self, ana):
        ana.get(REGISTER)
        assert not Candidacy.objects.exists()

    def test_the_office_s_reason_stands_beside_the_form(self, ana, applicant, staff):
        return_retreat(walking.send_retreat(applicant), by=staff, reason="Which <days>?")
        assert "Which &lt;days&gt;?" in text(ana.get(REGISTER))


class TestRecord:
    def test_it_says_what_was_registered_and_under_what(self, as_user, participant):
        walking.complete(participant, "A", "B")
        walking.open_edition()
        walking.give_word(participant)
        candidacy = world.make_candidacy(participant)
        client = as_user(participant)
        assert client.get(REGISTER)["Location"] == RECORD
        page = text(client.get(RECORD))
        for words in ("First edition", "24 with 4 clients", "USD 500", walking.SENTENCE):
            assert words in page
        assert candidacy.edition is not None

    def test_leave_and_coming_back(self, as_user, participant, edition):
        candidacy = world.make_candidacy(participant)
        client = as_user(participant)
        today = timezone.localdate(timezone=participant.zone)
        wrong = client.post("/certification/leave/", {"from_on": today, "until_on": today})
        assert "lies after the first day" in text(wrong)
        client.post("/certification/leave/", {"from_on": today, "reason": "A birth."})
        page = text(client.get(RECORD))
        assert "You are on leave" in page
        assert "A birth." not in page
        client.post(f"/certification/leave/{candidacy.leaves.get().pk}/end/")
        candidacy.refresh_from_db()
        assert candidacy.state == "active"

    def test_withdrawing_asks_one_question(self, as_user, participant, edition):
        candidacy = world.make_candidacy(participant)
        client = as_user(participant)
        assert "What would have made it easier?" in text(client.get("/certification/withdraw/"))
        client.post("/certification/withdraw/", {"reason": "Time."})
        candidacy.refresh_from_db()
        assert (candidacy.state, candidacy.close_reason) == ("withdrawn", "Time.")
        assert client.get("/certification/withdraw/").status_code == 404

    def test_before_registering_it_leads_to_the_registration(self, as_user, participant, edition):
        world.make_candidacy(participant, "preparing")
        assert as_user(participant).get(RECORD)["Location"] == REGISTER


class TestCredit:
    def test_a_case_from_the_first_word_to_the_answer(self, ana, applicant, staff):
        page = "/certification/equivalency/"
        assert "Please choose the one that comes closest" in text(ana.post(page, {}))
        ana.post(page, {"format": "scip_2"})
        case = EquivalencyCase.objects.get()
        own = f"{page}{case.pk}/"
        ana.post(own, {"format": "scip_1", "statement": "In Berlin."})
        entry = {"level": "A", "kind": "participation", "title": "Course", "year": 2019}
        assert "between 2005 and now" in text(ana.post(f"{own}items/", entry | {"year": 1950}))
        ana.post(f"{own}items/", entry | {"document": paper()})
        assert "Send my request" in text(ana.get(own))
        ana.post(f"{own}send/")
        case.refresh_from_db()
        assert (case.state, case.format) == ("submitted", "scip_1")
        assert "With the office" not in text(ana.get(own))
        EquivalencyCase.objects.update(state="question", question="Who led it?")
        assert "Please fill this in" in text(ana.post(f"{own}send/", {"answer": ""}))
        ana.post(f"{own}send/", {"answer": "Both."})
        case.refresh_from_db()
        assert (case.state, case.answer) == ("submitted", "Both.")

    def test_an_entry_can_be_taken_out_and_the_case_taken_back(self, ana, applicant):
        ana.post("/certification/equivalency/", {"format": "scip_2"})
        case = EquivalencyCase.objects.get()
        own = f"/certification/equivalency/{case.pk}/"
        entry = {"level": "B", "kind": "consultation", "title": "Group", "year": 2020}
        ana.post(f"{own}items/", entry)
        ana.post(f"/certification/items/{EquivalencyItem.objects.get().pk}/remove/")
        assert not EquivalencyItem.objects.exists()
        ana.post(f"{own}withdraw/")
        case.refresh_from_db()
        assert case.state == "withdrawn"


@pytest.mark.parametrize("persona", ["stranger", "facilitator", "supervisor", "reviewer", "staff"])
def test_nobody_acts_on_somebody_else_s(request, as_user, applicant, persona):
    walking.open_edition()
    client = as_user(request.getfixturevalue(persona))
    retreat = walking.send_retreat(applicant)
    case = sent_case(applicant)
    item = case.items.get()
    candidacy = world.make_candidacy(applicant)
    leave = candidacy.leaves.create(from_on=timezone.localdate())
    for path in (
        f"/certification/retreats/{retreat.pk}/withdraw/",
        f"/certification/equivalency/{case.pk}/",
        f"/certification/equivalency/{case.pk}/items/",
        f"/certification/equivalency/{case.pk}/send/",
        f"/certification/equivalency/{case.pk}/withdraw/",
        f"/certification/items/{item.pk}/remove/",
        f"/certification/leave/{leave.pk}/end/",
    ):
        assert client.post(path).status_code == 404, path
    opened = {
        client.post(f"/certification/retreats/{retreat.pk}/document/").status_code,
        client.post(f"/certification/items/{item.pk}/document/").status_code,
    }
    assert opened == ({302} if persona == "staff" else {404})


def test_opening_a_document_is_noted_and_its_token_is_nobody_else_s(as_user, applicant, staff):
    world.make_edition()
    retreat = walking.send_retreat(applicant)
    office = as_user(staff)
    address = office.post(f"/certification/retreats/{retreat.pk}/document/")["Location"]
    assert Entry.objects.filter(action="document.opened", subject_id=applicant.pk).count() == 1
    answer = office.get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert as_user(applicant).get(address).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_same_for_one_and_for_three_rows(
    as_user, applicant, django_assert_num_queries, count
):
    walking.open_edition()
    for number in range(count):
        walking.give_word(applicant, 20 + number, 4)
    sent_case(applicant, *["A", "B", "A"][:count])
    client = as_user(applicant)
    client.get(REGISTER)
    with django_assert_num_queries(9):
        client.get(REGISTER)
    case = EquivalencyCase.objects.get()
    with django_assert_num_queries(6):
        client.get(f"/certification/equivalency/{case.pk}/")
    world.make_candidacy(applicant)
    # Two of them for the appeal that may be begun: the letter to the committee, and what was filed.
    with django_assert_num_queries(11):
        client.get(RECORD)


class TestInterestList:
    def test_nothing_is_written_before_the_day(self, edition):
        InterestEntry.objects.create(email="a@example.com", about="certification")
        assert announce_opening() == 0
        walking.open_edition(applications_open_on=timezone.localdate() + timedelta(days=1))
        assert announce_opening() == 0
        assert announce_opening(timezone.now() + timedelta(days=1)) == 1
        assert announce_opening(timezone.now() + timedelta(days=2)) == 0

    def test_the_letter_goes_again_to_nobody_after_a_crash_in_between(self, edition):
        walking.open_edition()
        entry = InterestEntry.objects.create(email="a@example.com", about="certification")
        assert announce_opening() == 1
        # As if the note were lost: the letter's key still keeps it from going twice.
        InterestEntry.objects.filter(pk=entry.pk).update(told_at=None)
        announce_opening()
        from scip.mail.models import Letter

        assert Letter.objects.filter(to_address="a@example.com").count() == 1
