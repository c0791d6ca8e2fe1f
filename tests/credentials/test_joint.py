"""Levels A and B together: the joint certificate, whichever fact comes last."""

from datetime import date

import pytest
from django.urls import reverse

from scip.audit.models import Entry
from scip.credentials import services
from scip.credentials.joint import issue_joint_credential, record_equivalency
from scip.credentials.models import Completion, Credential
from scip.requirements import Refusal
from tests import world

pytestmark = pytest.mark.django_db
FACTS = {"cohort_title": "Learning cohort 7", "contact_minutes_held": 2_160}


@pytest.fixture(autouse=True)
def edition():
    return world.make_edition()


def complete(user, level, on=date(2026, 5, 27), **facts):
    return services.record_completion(
        user, level=level, basis="cohort", completed_on=on, facts=FACTS | facts, by=None
    )


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_it_is_issued_as_soon_as_both_facts_meet(participant, order):
    first, last = order
    complete(participant, first)
    assert issue_joint_credential(participant, by=None) is None
    complete(participant, last, date(2026, 9, 1), cohort_title="Trauma group")
    credential = issue_joint_credential(participant, by=None)
    assert credential.kind == Credential.Kind.INFORMED
    assert credential.number.startswith("SCIP-2")
    assert {tuple(line) for line in credential.facts["basis"]} >= {("Contact hours held", "36")}
    assert issue_joint_credential(participant, by=None) == credential
    assert credential.certificates.count() == 2


def test_an_equivalency_counts_and_issues_nothing_of_its_own(participant, staff):
    record_equivalency(participant, level="A", reason="SCIP 2.0 in 2021", by=staff)
    assert not Credential.objects.exists()
    complete(participant, "B")
    credential = issue_joint_credential(participant, by=None)
    assert ["Level A", "Credited for an earlier format of the programme"] in credential.facts[
        "basis"
    ]


def test_two_equivalencies_issue_the_joint_certificate_at_once(participant, staff):
    record_equivalency(participant, level="A", reason="SCIP 1.0", by=staff)
    record_equivalency(participant, level="B", reason="SCIP 1.0", by=staff)
    assert Credential.objects.get().kind == Credential.Kind.INFORMED
    assert Entry.objects.filter(action="completion.recorded").count() == 2


def test_what_was_revoked_is_not_issued_again_by_itself(participant, staff):
    complete(participant, "A")
    complete(participant, "B")
    credential = issue_joint_credential(participant, by=None)
    services.revoke_credential(credential, by=staff, reason="Issued by mistake")
    assert issue_joint_credential(participant, by=None) == credential
    assert Credential.objects.count() == 1


@pytest.mark.parametrize(
    ("level", "reason", "sentence"),
    [("A", "  ", "rests on"), ("C", "SCIP 1.0", "Only Levels A and B")],
)
def test_a_credit_needs_its_reason_and_a_level(participant, staff, level, reason, sentence):
    with pytest.raises(Refusal, match=sentence):
        record_equivalency(participant, level=level, reason=reason, by=staff)


def test_a_level_is_credited_once_and_never_by_oneself(participant, staff):
    complete(participant, "A")
    with pytest.raises(Refusal, match="already"):
        record_equivalency(participant, level="A", reason="SCIP 1.0", by=staff)
    with pytest.raises(Refusal, match="Somebody else"):
        record_equivalency(staff, level="A", reason="SCIP 1.0", by=staff)
    assert Completion.objects.get().basis == "cohort"


def test_the_office_credits_on_the_person_s_page(as_user, staff, participant):
    address = reverse("admin:credentials_completion_credit", args=[participant.pk])
    client = as_user(staff)
    kept = client.post(address, {"level": "A", "reason": " "})
    assert kept.status_code == 200
    answer = client.post(address, {"level": "A", "reason": "SCIP 3.0 in 2023"})
    assert answer.url == reverse("admin:person", args=[participant.pk])
    assert Completion.objects.get().facts == {"reason": "SCIP 3.0 in 2023"}
    again = client.post(address, {"level": "A", "reason": "Once more"})
    assert "on record for" in again.content.decode()
    assert "Once more" in again.content.decode()
