"""Level C: issued once for a decision, with its letter, and an end only if the Edition has one."""

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from scip.credentials import services
from scip.credentials.certified import issue_certified, last_day
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from tests import races, world
from tests.credentials.certification import LINES, NOW, certify, make_papers, ready

pytestmark = pytest.mark.django_db


def test_it_is_on_record_and_issued_with_four_papers(participant):
    credential = certify(participant)
    completion = Completion.objects.get(user=participant, level="C")
    assert (completion.basis, completion.completed_on) == ("review", date(2026, 5, 28))
    assert completion.facts == {"submission": 1, "reference": "decision-1"}
    assert credential.kind == Credential.Kind.CERTIFIED
    assert credential.number == "SCIP-C-2026-000001"
    assert (credential.expires_on, credential.facts["designation"]) == (None, "SCIP-C")
    assert sorted(credential.certificates.values_list("kind", "paper")) == [
        ("certificate", "a4"),
        ("certificate", "letter"),
        ("letter", "a4"),
        ("letter", "letter"),
    ]


def test_the_same_decision_issues_once_whatever_became_of_it(participant, staff):
    credential = certify(participant)
    assert certify(participant) == credential
    services.revoke_credential(credential, by=staff, reason="Issued in error.")
    assert certify(participant) == credential
    assert Credential.objects.count() == 1


def test_a_later_decision_issues_anew_only_when_none_is_held(participant, staff):
    first = certify(participant)
    assert certify(participant, reference="decision-2") == first
    services.suspend_credential(first, by=staff, reason="A question is open.")
    assert certify(participant, reference="decision-2") == first
    services.revoke_credential(first, by=staff, reason="It was so.")
    second = certify(participant, reference="decision-2")
    assert (second.number, second.completion) == ("SCIP-C-2026-000002", first.completion)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_issue_one(staff):
    world.make_edition()
    user = ready(world.make_user("c@example.com"))

    def issue():
        issue_certified(
            user,
            reference="decision-1",
            lines=LINES,
            facts={},
            edition=Edition.objects.in_force(),
            by=None,
            now=NOW,
        )

    assert races.tally(*[issue] * 8) == {"done": 8}
    assert Credential.objects.count() == 1


def test_it_needs_both_levels_and_is_nothing_one_does_for_oneself(participant, staff):
    edition = world.make_edition()
    issue = {"reference": "d", "lines": LINES, "facts": {}, "edition": edition, "now": NOW}
    with pytest.raises(Refusal, match="Levels A and B"):
        issue_certified(participant, by=None, **issue)
    with pytest.raises(Refusal, match="Nobody certifies themselves"):
        issue_certified(ready(staff), by=staff, **issue)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("months", "begins", "ends"),
    [
        (0, date(2026, 5, 28), None),
        (12, date(2026, 5, 28), date(2027, 5, 28)),
        (60, date(2024, 2, 29), date(2029, 2, 28)),
        (1, date(2026, 12, 31), date(2027, 1, 31)),
        (25, date(2026, 1, 31), date(2028, 2, 29)),
    ],
)
def test_its_end_is_the_editions(months, begins, ends):
    assert last_day(begins, Edition(certified_valid_months=months)) == ends


def test_the_letter_and_the_certificate_state_the_same(participant):
    credential = certify(participant, certified_valid_months=36)
    make_papers(credential)
    for paper in credential.certificates.all():
        text = " ".join(PdfReader(BytesIO(paper.document.read())).pages[0].extract_text().split())
        for fact in ("Paulo Participant", "SCIP-C-2026-000001", "SCIP-C", "28 May 2029", "5 days"):
            assert fact in text, (paper, fact)
    assert Letter.objects.filter(dedupe_key=f"certificate-ready:{credential.pk}").count() == 1
