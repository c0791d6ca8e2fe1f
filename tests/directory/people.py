"""Certified people and their listings, for tests."""

from datetime import date
from typing import Any

from scip.credentials.models import Completion, Credential
from scip.directory.models import Listing
from scip.directory.services import listings
from tests import world

EVERYTHING = frozenset(listings.COLUMNS) | frozenset(listings.FLAGS)
SAID: dict[str, Any] = {
    "country": "PT",
    "region": "Norte",
    "city": "Porto",
    "languages": ["pt", "en"],
    "topics": ["anxiety", "shame"],
    "populations": ["adults"],
    "is_online": True,
    "is_in_person": True,
    "accepting": "yes",
    "website": "https://practice.example.org/",
}


def certify(user: Any, **fields: Any) -> Credential:
    """A certification in force."""
    completion, _ = Completion.objects.get_or_create(
        user=user,
        level="C",
        defaults={"basis": "cohort", "completed_on": date(2026, 3, 1), "facts": {}},
    )
    facts = {
        "organisation": "Center for Mindful Self-Compassion",
        "title": "Certified Self-Compassion-Based Psychotherapist (SCIP-C)",
        "statement": "is awarded the designation",
        "holder_name": user.name,
        "credentials_suffix": user.credentials_suffix,
        "basis": [],
        "signatory_name": "",
        "signatory_title": "",
        "edition": "First edition",
    }
    return Credential.objects.create(
        user=user,
        kind=Credential.Kind.CERTIFIED,
        completion=completion,
        number=f"SCIPC-2026-{Credential.objects.count() + 1:06}",
        holder_name=user.display_name,
        issued_on=date(2026, 3, 2),
        facts=facts,
        **fields,
    )


def graduate(name: str = "Graça Müller", email: str = "", **fields: Any) -> Any:
    """Somebody certified, without a listing."""
    email = email or f"g{Listing.objects.count()}-{Credential.objects.count()}@example.com"
    user = world.make_user(email, name=name, **fields)
    certify(user)
    return user


def listed(
    name: str = "Graça Müller", *, shows: frozenset[str] = EVERYTHING, email: str = "", **said: Any
) -> Listing:
    """Somebody certified with a published listing that shows everything (or ``shows``)."""
    user = graduate(name, email)
    listing = listings.save_listing(user, fields=SAID | said, shows=shows)
    return listings.publish(listing, by=user)
