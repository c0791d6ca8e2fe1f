"""What a certified person finds on the page of their own."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models.functions import Coalesce

from scip.accounts.models import Prerequisite, User
from scip.credentials.models import Credential, today
from scip.credentials.queries import last_certification_of
from scip.directory.models import GraduateInterest, Listing


def certification_of(user: User) -> Credential | None:
    """The certification in force, which a listing rests on; None without one."""
    rows = Credential.objects.in_force(today()).filter(user=user, kind=Credential.Kind.CERTIFIED)
    return rows.order_by("-id").first()


def was_certified(user: User) -> bool:
    """Holds a certification or held one, whatever became of it."""
    return last_certification_of(user) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A graduate's own matters. ``credential`` is the one in force; ``last`` also one that no
    longer is."""

    credential: Credential | None
    last: Credential | None
    listing: Listing | None
    interest: GraduateInterest | None
    licence_on: date | None


def own_of(user: User) -> Own:
    """Everything of one's own page, in four queries at most."""
    credential = certification_of(user)
    return Own(
        credential=credential,
        last=credential or last_certification_of(user),
        listing=Listing.objects.visible_to(user).filter(user=user).first(),
        interest=GraduateInterest.objects.visible_to(user).filter(user=user).first(),
        licence_on=licence_confirmed_on(user.pk),
    )


def licence_confirmed_on(user_id: int, *, on: date | None = None) -> date | None:
    """The day on which the office last confirmed a licence that is valid on a day (default today);
    None for supervised practice, studies, or a licence that has run out."""
    row = (
        Prerequisite.objects.filter(
            user_id=user_id,
            kind=Prerequisite.Kind.STANDING,
            standing=Prerequisite.Standing.LICENSED,
            state=Prerequisite.State.VERIFIED,
        )
        .order_by(Coalesce("verified_at", "submitted_at").desc())
        .first()
    )
    if row is None or row.is_expired(on or today()) or row.verified_at is None:
        return None
    confirmed: datetime = row.verified_at
    return today(confirmed)
