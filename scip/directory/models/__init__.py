"""Listings, reports of them, and what graduates offer."""

from scip.directory.models.listings import (
    OPTIONAL,
    Listing,
    ListingQuerySet,
    key_of,
    slug_of,
    takes_clients,
)
from scip.directory.models.reports import GraduateInterest, ListingReport
from scip.directory.models.vocabulary import Population, Topic

__all__ = [
    "OPTIONAL",
    "GraduateInterest",
    "Listing",
    "ListingQuerySet",
    "ListingReport",
    "Population",
    "Topic",
    "key_of",
    "slug_of",
    "takes_clients",
]
