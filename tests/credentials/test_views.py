"""Verification answers: active, expired, revoked, unknown; with every fact of the paper."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from scip.credentials import services, throttle
from scip.credentials.models import today
from tests.credentials.test_services import ends, issue, make_all

pytestmark = pytest.mark.django_db


def test_an_active_credential_shows_every_fact_of_its_certificate(client, participant):
    credential = issue(participant)
    make_all(credential)
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    text = page.content.decode()
    facts = services.certificate_facts(credential)
    assert page.status_code == 200
    assert page.context["told"].standing == "active"
    shown = [
        facts.organisation,
        facts.title,
        facts.holder_name,
        facts.statement,
        facts.number,
        facts.code,
        facts.signatory_title,
        facts.edition,
        "Thursday 28 May 2026",
        *(part for line in facts.basis for part in (line.label, line.value)),
    ]
    assert [fact for fact in shown if str(fact) not in text] == []
    assert "?paper=letter" in text


def test_an_expired_credential_answers_200_and_says_until_when(client, participant):
    credential = issue(participant)
    ends(credential, date(2026, 6, 1))
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    assert (page.status_code, page.context["told"].standing) == (200, "expired")
    assert "Monday 1 June 2026" in page.content.decode()


def test_a_revoked_credential_answers_200_and_hands_out_no_certificate(client, participant, staff):
    credential = issue(participant)
    make_all(credential)
    services.revoke_credential(credential, by=staff, reason="A private reason.")
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    assert (page.status_code, page.context["told"].standing) == (200, "revoked")
    assert "A private reason." not in page.content.decode()
    assert "certificate.pdf" not in page.content.decode()
    pdf = client.get(reverse("credentials:certificate", args=[credential.code]))
    assert pdf.headers["Location"] == reverse("credentials:verify", args=[credential.code])


def test_an_unknown_code_is_404_and_then_asks_to_wait(client, db):
    url = reverse("credentials:verify", args=["0" * 17])
    # Twice as many, because a minute may end in between and the count starts anew.
    asked = 2 * throttle.UNKNOWN_PER_MINUTE + 1
    answers = [client.get(url).status_code for _ in range(asked)]
    assert answers[: throttle.UNKNOWN_PER_MINUTE] == [404] * throttle.UNKNOWN_PER_MINUTE
    assert 429 in answers


def test_a_code_typed_sloppily_leads_to_its_own_address(client, participant):
    credential = issue(participant)
    sloppy = credential.code.lower()[:5] + "-" + credential.code.lower()[5:]
    page = client.get(reverse("credentials:verify_form"), {"code": sloppy}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("credentials:verify", args=[credential.code])
    assert page.context["told"].standing == "active"


@pytest.mark.parametrize(
    "typed",
    [
        "http://localhost:8000/verify/{}/",
        "localhost:8000/Verify/{}",
        "https://scip.example.org/credentials/{}/certificate.pdf?paper=a4",
        " www.example.org/verify/{}/ \n",
    ],
)
def test_a_pasted_address_is_as_good_as_its_code(client, participant, typed):
    credential = issue(participant)
    page = client.get(
        reverse("credentials:verify_form"), {"code": typed.format(credential.code.lower())}
    )
    assert page["Location"] == reverse("credentials:verify", args=[credential.code])


def test_whoever_types_the_number_reads_where_the_code_stands(client, db):
    page = client.get(
        reverse("credentials:verify_form"), {"code": "SCIP-C-2027-000001"}, follow=True
    )
    assert page.status_code == 404
    assert (
        "The code is the last part of the address beside the square code" in page.content.decode()
    )


def test_a_code_of_nothing_but_dashes_is_asked_again(client, db):
    page = client.get(reverse("credentials:verify_form"), {"code": "---"})
    assert "last part of the address that stands beside" in page.content.decode()


def test_the_certificate_is_served_as_issued_and_not_indexed(client, participant):
    credential = issue(participant)
    url = reverse("credentials:certificate", args=[credential.code])
    assert client.get(url).status_code == 503
    make_all(credential)
    answer = client.get(url)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert client.get(url, {"paper": "napkin"}).status_code == 404
    assert client.get(reverse("credentials:certificate", args=["X" * 17])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_verify_page_takes_one_query(client, participant, django_assert_num_queries, rows):
    credential = issue(participant)
    make_all(credential)
    with django_assert_num_queries(1):
        client.get(reverse("credentials:verify", args=[credential.code]))


def test_markup_in_a_name_stays_text(client, participant):
    participant.name = "<script>alert(1)</script>"
    participant.save()
    page = client.get(reverse("credentials:verify", args=[issue(participant).code]))
    assert "<script>alert(1)" not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_credential_stands_the_same_in_every_visitors_zone(client, participant, zone):
    """UTC + 14 and UTC - 11: a day apart, whatever the hour."""
    credential = issue(participant)
    ends(credential, today())
    client.cookies["tz"] = zone
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    assert page.context["told"].standing == "active"
    ends(credential, today() - timedelta(days=1))
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    assert page.context["told"].standing == "expired"


def test_who_decides_on_aid_alone_cannot_revoke_even_their_own(as_user, aid_decider):
    credential = issue(aid_decider)
    address = reverse("admin:credentials_credential_decide", args=[credential.pk, "revoke"])
    answer = as_user(aid_decider).post(address, {"reason": "x", "send": "1"})
    credential.refresh_from_db()
    assert (answer.status_code, credential.state) == (403, "active")
