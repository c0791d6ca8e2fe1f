"""Open Badges: two foreign verifiers accept ours, none accepts a changed one, and little is said."""

import base64
import gzip
import hashlib
import json

import jwt
import pytest
from django.urls import reverse
from openbadgeslib.ob3 import OB3Verifier

from scip.credentials import badges, services
from scip.credentials.models import Credential
from scip.credentials.reissuing import issue_anew
from scip.signing import make_chain
from tests.credentials.certification import certify, make_papers
from tests.credentials.forgeries import (
    accepted_badges,
    badges_library_accepts,
    changed_badges,
    pem,
    tokens_library_accepts,
    unverified,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def credential(participant):
    credential = certify(participant, certified_valid_months=600)
    make_papers(credential)
    return credential


def fetched(client, credential) -> str:
    answer = client.get(reverse("credentials:badge", args=[credential.code]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/vc+jwt")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.content.decode()


def test_two_foreign_verifiers_accept_it(client, credential):
    token = fetched(client, credential)
    assert badges_library_accepts(token)
    assert tokens_library_accepts(token)
    found = OB3Verifier(pem()).verify(token)
    assert found.achievement.name == "Certified Self-Compassion-Based Psychotherapist"
    assert found.issuer.name == "Center for Mindful Self-Compassion"


def test_it_has_what_the_standard_requires(client, credential):
    token = fetched(client, credential)
    header, said = jwt.get_unverified_header(token), unverified(token)
    verify = f"http://localhost:8000/verify/{credential.code}/"
    address = f"http://localhost:8000/credentials/{credential.code}/badge.json"
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert said["@context"][1].startswith("https://purl.imsglobal.org/spec/ob/v3p0/context")
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (said["id"], said["jti"], said["iss"]) == (address, address, said["issuer"]["id"])
    assert said["issuer"]["type"] == ["Profile"]
    assert (said["validFrom"], said["validUntil"]) == (
        "2026-05-28T00:00:00Z",
        "2076-05-28T23:59:59Z",
    )
    assert said["evidence"][0]["id"] == verify
    achievement = said["credentialSubject"]["achievement"]
    assert said["credentialSubject"]["type"] == ["AchievementSubject"]
    assert {"id", "type", "name", "description", "criteria"} <= set(achievement)
    assert achievement["achievementType"] == "Certification"
    assert "Silent retreat: 5 days" in achievement["criteria"]["narrative"]


def test_the_same_credential_gives_the_same_badge(client, credential):
    assert fetched(client, credential) == fetched(client, credential)


def test_it_says_no_more_than_the_verification_page_unless_its_holder_wants(
    client, as_user, participant, credential
):
    token = fetched(client, credential)
    assert unverified(token)["credentialSubject"]["identifier"] == [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityType": "name",
            "identityHash": credential.holder_name,
        }
    ]
    assert participant.email not in json.dumps(unverified(token))
    page = reverse("credentials:holder", args=[credential.code])
    as_user(participant).post(page, {"names_email": "on"})
    token = fetched(client, credential)
    hashed = unverified(token)["credentialSubject"]["identifier"][1]
    wanted = hashlib.sha256((participant.email + hashed["salt"]).encode()).hexdigest()
    assert hashed["identityHash"] == f"sha256${wanted}"
    assert participant.email not in json.dumps(unverified(token))
    assert badges_library_accepts(token)
    assert tokens_library_accepts(token)


def test_no_changed_badge_is_accepted(client, credential):
    assert accepted_badges(50) == (0, True)
    token = fetched(client, credential)
    changed = list(changed_badges(token, 50))
    assert len(set(changed)) > 40
    assert [item for item in changed if badges.is_badge_of(credential, item)] == []
    assert badges.is_badge_of(credential, token)


def test_the_keys_are_published_where_the_badge_names_them(client, credential):
    token = fetched(client, credential)
    kid = jwt.get_unverified_header(token)["kid"]
    key = client.get(kid.removeprefix("http://localhost:8000")).json()
    every = client.get(reverse("credentials:keys")).json()["keys"]
    assert [item["kid"] for item in every] == [kid]
    assert key == every[0]
    assert set(key) & {"d", "p", "q", "dp", "dq", "qi"} == set()
    assert jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"])["jti"]
    assert client.get(reverse("credentials:key", args=["unknown"])).status_code == 404
    profile = client.get(reverse("credentials:issuer")).json()
    assert (profile["id"], profile["type"]) == (unverified(token)["iss"], ["Profile"])


def test_a_badge_of_a_former_key_stays_good(client, credential, settings):
    token = fetched(client, credential)
    former = settings.SIGNING_CERT
    settings.SIGNING_CERT, settings.SIGNING_KEY = make_chain("New")
    assert not badges.is_badge_of(credential, token)
    settings.SIGNING_CERT_FALLBACKS = [former]
    assert badges.is_badge_of(credential, token)
    assert len(client.get(reverse("credentials:keys")).json()["keys"]) == 2


def bits(client, entry) -> bool:
    """The bit of one entry, as whoever reads the standard would look it up."""
    path = entry["statusListCredential"].removeprefix("http://localhost:8000")
    said = jwt.decode(client.get(path).content.decode(), pem(), algorithms=["RS256"])
    subject = said["credentialSubject"]
    assert subject["statusPurpose"] == entry["statusPurpose"]
    text = subject["encodedList"].removeprefix("u")
    packed_bits = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    whole = gzip.decompress(packed_bits)
    assert len(whole) * 8 == badges.LISTED
    index = int(entry["statusListIndex"])
    return bool(whole[index // 8] & (0x80 >> index % 8))


def standing_of(client, said) -> dict[str, bool]:
    return {entry["statusPurpose"]: bits(client, entry) for entry in said["credentialStatus"]}


def test_whoever_asks_learns_what_was_suspended_and_revoked(client, credential, staff):
    said = unverified(fetched(client, credential))
    assert standing_of(client, said) == {"revocation": False, "suspension": False}
    services.suspend_credential(credential, by=staff, reason="x")
    assert standing_of(client, said) == {"revocation": False, "suspension": True}
    services.lift_suspension(credential, by=staff)
    assert standing_of(client, said) == {"revocation": False, "suspension": False}
    services.revoke_credential(credential, by=staff, reason="x")
    assert standing_of(client, said) == {"revocation": True, "suspension": False}
    assert (
        credential.code
        not in client.get(
            said["credentialStatus"][0]["statusListCredential"].removeprefix(
                "http://localhost:8000"
            )
        ).content.decode()
    )


def test_what_was_replaced_follows_what_replaced_it(client, credential, participant, staff):
    said = unverified(fetched(client, credential))
    participant.name = "Paula Participant"
    participant.save()
    second = issue_anew(credential, reason="name", by=staff)
    participant.name = "Paola Participant"
    participant.save()
    third = issue_anew(second, reason="name", by=staff)
    assert standing_of(client, said) == {"revocation": False, "suspension": False}
    services.suspend_credential(third, by=staff, reason="x")
    assert standing_of(client, said) == {"revocation": False, "suspension": True}
    services.revoke_credential(third, by=staff, reason="x")
    assert standing_of(client, said) == {"revocation": True, "suspension": False}


@pytest.mark.parametrize("address", ["status/else/0.jwt", "status/revocation/10000.jwt"])
def test_only_our_own_lists_are_there(client, db, address):
    assert client.get(f"/credentials/{address}").status_code == 404


def test_one_taken_down_counts_as_revoked(client, credential):
    said = unverified(fetched(client, credential))
    Credential.objects.filter(pk=credential.pk).update(facts={"taken_down": True})
    assert standing_of(client, said) == {"revocation": True, "suspension": False}
    assert client.get(reverse("credentials:badge", args=[credential.code])).status_code == 302
