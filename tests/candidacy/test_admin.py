"""The office's pages: facts, decisions with their letters, and who is kept out."""

import pytest
from django.urls import reverse

from certification.candidacy.models import Candidacy, EquivalencyCase, Retreat
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from tests import world
from tests.candidacy import walking
from tests.candidacy.test_equivalency import judge

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return " ".join(response.content.decode().split())


def page(row, verb="") -> str:
    name = f"admin:candidacy_{row._meta.model_name}_{'decide' if verb else 'change'}"
    return reverse(name, args=[row.pk, *([verb] if verb else [])])


@pytest.fixture
def office(as_user, staff, edition):
    return as_user(staff)


def test_a_retreat_is_verified_after_its_letter_was_shown(office, applicant):
    retreat = walking.send_retreat(applicant)
    assert page(retreat, "verify") in text(office.get(page(retreat)))
    shown = office.get(page(retreat, "verify"))
    assert "Your retreat is verified" in text(shown)
    retreat.refresh_from_db()
    assert retreat.state == "submitted"
    assert not Letter.objects.filter(to_user=applicant).exists()
    office.post(page(retreat, "verify"), {"send": "1"})
    retreat.refresh_from_db()
    assert retreat.state == "verified"
    # A second window finds that it is done.
    again = office.get(page(retreat, "verify"), follow=True)
    assert "not possible any more" in text(again)


def test_a_reason_is_written_shown_and_sent(office, applicant):
    retreat = walking.send_retreat(applicant)
    assert "Please fill this in" in text(office.post(page(retreat, "return"), {"reason": ""}))
    shown = office.post(page(retreat, "return"), {"reason": "Which days?", "show": "1"})
    assert "Which days?" in text(shown)
    assert Retreat.objects.get().state == "submitted"
    office.post(page(retreat, "return"), {"reason": "Which days?", "send": "1"})
    assert Retreat.objects.get().return_reason == "Which days?"


def test_the_office_lets_a_retreat_wait_and_puts_a_registration_back(office, applicant, staff):
    candidacy = walking.waiting(applicant, staff)
    shown = text(office.get(page(candidacy)))
    assert page(candidacy, "defer") in shown
    assert walking.SENTENCE in shown
    office.post(page(candidacy, "defer"), {"reason": "Booked for May.", "send": "1"})
    assert "Booked for May." in text(office.get(page(candidacy)))
    office.post(page(candidacy, "set_back"), {"send": "1"})
    assert Candidacy.objects.get().state == "preparing"
    assert office.get(page(candidacy, "nothing")).status_code == 404


def test_a_request_is_judged_item_by_item_and_decided(office, applicant, staff):
    case = walking.sent_case(applicant, "A")
    item = case.items.get()
    shown = text(office.get(page(case)))
    assert "Keep the verdict on Course A" in shown
    early = office.post(page(case, "decide"), {"levels": ["A"], "reason": "So.", "send": "1"})
    assert "Not ready to decide" in text(early)
    judged = {f"item-{item.pk}-verdict": "accepted", f"item-{item.pk}-note": "36 hours."}
    office.post(reverse("admin:candidacy_equivalencycase_judge", args=[item.pk]), judged)
    preview = office.post(page(case, "decide"), {"levels": ["A"], "reason": "So.", "show": "1"})
    assert "Level A: credited to you" in text(preview)
    # What was only shown has left nothing behind.
    assert not Completion.objects.exists()
    office.post(page(case, "decide"), {"levels": ["A"], "reason": "So.", "send": "1"})
    assert EquivalencyCase.objects.get().state == "granted"
    assert Completion.objects.get().level == "A"


def test_showing_a_decision_issues_no_certificate(office, applicant, staff):
    case = walking.sent_case(applicant, "A", "B")
    judge(case, staff)
    data = {"levels": ["A", "B"], "reason": "So.", "show": "1"}
    assert "Levels" not in text(office.post(page(case, "decide"), data))[:0]
    assert not Credential.objects.exists()


def test_a_verdict_that_is_none_changes_nothing(office, applicant):
    item = walking.sent_case(applicant).items.get()
    judge_url = reverse("admin:candidacy_equivalencycase_judge", args=[item.pk])
    office.post(judge_url, {f"item-{item.pk}-verdict": "perhaps"})
    item.refresh_from_db()
    assert item.verdict == "open"


def test_nobody_decides_about_themselves(office, staff):
    retreat = walking.send_retreat(staff)
    answer = office.get(page(retreat, "verify"), follow=True)
    assert "a colleague has to look at it" in text(answer)
    assert Retreat.objects.get().state == "submitted"


LISTS = (("retreat", 7), ("candidacy", 8), ("equivalencycase", 7))


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_same_for_one_and_for_three_rows(office, django_assert_num_queries, count):
    for number in range(count):
        user = world.make_user(f"p{number}@example.com")
        walking.send_retreat(user)
        walking.sent_case(user)
    for name, queries in LISTS:
        address = reverse(f"admin:candidacy_{name}_changelist")
        office.get(address)
        with django_assert_num_queries(queries):
            office.get(address)
