"""A graduate's own page, form and address: what they offer, and what they say of all that is shown."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scip.credentials.models import Credential
from scip.directory.models import OPTIONAL, Listing, slug_of
from tests.directory.people import graduate, listed
from tests.vault.samples import image


def test_no_choice_of_showing_is_made_for_somebody(client):
    person = graduate("Quiet Person", credentials_suffix="PhD", country="PT", languages=["pt"])
    client.force_login(person)
    body = client.get("/directory/mine/edit/").content.decode()
    assert 'value="PT" selected' in body
    choices = re.findall(r'<input[^>]*name="show_[^>]*>', body)
    assert len(choices) == len(OPTIONAL)
    assert not [choice for choice in choices if "checked" in choice]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Jakub Łęcki", "jakub-lecki-k"),
        ("Zeynep Yıldız", "zeynep-yildiz-k"),
        ("Søren Æbelø-Groß", "soren-aebelo-gross-k"),
        ("Þóra Đukić", "thora-dukic-k"),
        ("田中 由紀", "k"),
    ],
)
def test_no_latin_letter_of_a_name_is_missing_in_its_address(name, slug):
    assert slug_of(name, "k") == slug


def test_it_names_all_that_is_shown(client):
    person = graduate("Quiet Person")
    client.force_login(person)
    said = {"populations": ["adults"], "show_populations": "on", "show_licence": "on"}
    photo = SimpleUploadedFile("me.jpg", image("JPEG", (900, 700)), "image/jpeg")
    client.post("/directory/mine/edit/", {**said, "photo": photo})
    body = client.get("/directory/mine/").content.decode()
    assert "Quiet Person · Adults · when your licence was last confirmed · your portrait" in body
    credential = Credential.objects.get()
    for name in ("holder", "verify"):
        assert f'href="{reverse(f"credentials:{name}", args=[credential.code])}"' in body


def test_while_the_certification_rests_it_leads_to_why_and_offers_nothing_that_is_refused(client):
    listing = listed()
    credential = Credential.objects.get(user=listing.user)
    Credential.objects.update(
        state="suspended", suspended_at=timezone.now(), suspension_reason="A question."
    )
    Listing.objects.update(question_due_at=timezone.now() - timedelta(days=1))
    client.force_login(listing.user)
    body = client.get("/directory/mine/").content.decode()
    assert f'href="/credentials/{credential.code}/"' in body
    assert "Change it" not in body
    assert "Is this still true?" not in body
    assert "Take it out of the directory" in body
    client.post("/directory/mine/hide/")
    client.post("/directory/mine/publish/")
    listing.refresh_from_db()
    assert listing.state == "hidden"


def test_a_portrait_is_seen_where_its_page_is(client):
    person, owner = graduate("Quiet Person"), Client()
    owner.force_login(person)
    photo = SimpleUploadedFile("me.jpg", image("JPEG", (900, 700)), "image/jpeg")
    owner.post("/directory/mine/edit/", {"photo": photo})
    address = f"/directory/photo/{Listing.objects.get().key}/"

    def seen() -> tuple[int, int]:
        """By a visitor, and by its owner."""
        return client.get(address).status_code, owner.get(address).status_code

    assert seen() == (404, 200)
    owner.post("/directory/mine/publish/")
    assert seen() == (200, 200)
    Credential.objects.update(
        state="suspended", suspended_at=timezone.now(), suspension_reason="A question."
    )
    assert seen() == (404, 200)
    Credential.objects.update(state="active")
    owner.post("/directory/mine/hide/")
    assert seen() == (404, 200)
