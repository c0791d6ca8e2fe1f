"""The directory in the house: a public listing of each of the pair, and one that nobody sees."""

from django.utils import timezone

from scip.credentials.models import Completion, Credential
from scip.directory.models import GraduateInterest, Listing, ListingReport
from tests import world
from tests.architecture.places import PAIR, House, canary


def add_listings(house: House) -> None:
    """What is kept back carries words that nobody but its owner and the office may read."""
    for whose in PAIR:
        listing = listing_of(house.people[whose], withheld={"city": canary(whose, "phone")})
        report = ListingReport.objects.create(listing=listing, words=canary(whose, "report"))
        interest = GraduateInterest.objects.create(
            user=listing.user, note=canary(whose, "interest")
        )
        house.things[whose] |= {
            "listing": listing,
            "listing_report": report,
            "graduate_interest": interest,
            "listing_slug": {"slug": listing.slug},
            "listing_key": {"key": listing.key},
            "listing_decision": {"pk": listing.pk, "verb": "hide"},
        }
    other = listing_of(world.make_user("apart@example.com", name="Apart"), state="draft")
    house.common["unseen_listing"] = {"slug": other.slug}


def listing_of(user: object, **fields: object) -> Listing:
    completion = Completion.objects.create(
        user=user, level="C", basis="cohort", completed_on=timezone.localdate(), facts={}
    )
    Credential.objects.create(
        user=user,
        kind="certified",
        completion=completion,
        number=f"C-{completion.pk}",
        holder_name="A Graduate",
        issued_on=timezone.localdate(),
        facts={"holder_name": "A Graduate", "title": "Certified", "organisation": "CMSC"},
    )
    now = timezone.now()
    defaults = {"name": "A Graduate", "state": "published", "published_at": now}
    return Listing.objects.create(user=user, confirmed_at=now, **defaults | fields)
