"""A listing through its life: written, published, hidden, confirmed; and held back by the office."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.models import User
from scip.audit.services import record
from scip.credentials.models import Credential
from scip.directory import emails
from scip.directory.models import Listing
from scip.directory.queries.facets import remembered
from scip.directory.queries.own import certification_of
from scip.directory.queries.wording import words_of
from scip.policy.models import Edition
from scip.portraits import hang_portrait, portrait_of
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault.inspection.check import CheckedUpload

State = Listing.State
# What each choice of showing covers: columns, and what they hold when it is not shown.
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "place": {"country": "", "region": "", "city": ""},
    "languages": {"languages": []},
    "topics": {"topics": []},
    "populations": {"populations": []},
    "meeting": {"is_online": False, "is_in_person": False},
    "accepting": {"accepting": ""},
    "website": {"website": ""},
}
FIELDS = frozenset(name for columns in COLUMNS.values() for name in columns)
FLAGS = {"suffix": "shows_suffix", "licence": "shows_licence"}
CHOICE_NAMES: Mapping[str, Any] = {
    "place": gettext_lazy("where you work"),
    "languages": gettext_lazy("languages"),
    "topics": gettext_lazy("themes"),
    "populations": gettext_lazy("with whom you work"),
    "meeting": gettext_lazy("how you meet people"),
    "accepting": gettext_lazy("whether you take on clients"),
    "website": gettext_lazy("website"),
}


def certified(user: User) -> Credential:
    """The same; Refusal with what to do where there is none."""
    credential = certification_of(user)
    if credential is None:
        raise Refusal(
            _(
                "A listing rests on a certification (SCIP-C) that is in force. Nothing was changed. "
                "If you think yours is, write to the office."
            )
        )
    return credential


@transaction.atomic
def save_listing(
    user: User,
    *,
    fields: Mapping[str, Any],
    shows: frozenset[str],
    photo: CheckedUpload | None = None,
    remove_photo: bool = False,
    now: datetime | None = None,
) -> Listing:
    """Keep what somebody writes about themselves; ``shows`` names what of it the public may read.

    Whatever is not in ``shows`` is kept beside the listing and out of every public query. Saving
    says that all of it is true today. Raises Refusal without a certification in force, ValueError
    for a field that a listing does not have. The first time makes the listing, as a draft.
    """
    now = now or timezone.now()
    if wrong := (set(fields) - FIELDS) | (shows - COLUMNS.keys() - FLAGS.keys()):
        raise ValueError(f"a listing has no {', '.join(sorted(wrong))}")
    portrait = portrait_of(photo) if photo is not None else b""
    credential = certified(user)
    Listing.objects.bulk_create(
        [Listing(user_id=user.pk, name=name_on(credential), created_at=now)],
        ignore_conflicts=True,
    )
    listing = lock(Listing.objects.get(user_id=user.pk))
    spread(listing, fields, shows)
    listing.name = name_on(credential)
    listing.suffix = suffix_on(credential) if listing.shows_suffix else ""
    hang_portrait(listing, portrait, remove=remove_photo)
    listing.updated_at = now
    believe(listing, now)
    listing.save()
    record("listing.saved", listing, by=user, subject=user, shown=len(shows))
    transaction.on_commit(remembered.cache_clear)
    return listing


def name_on(credential: Credential) -> str:
    return str(credential.facts.get("holder_name") or credential.holder_name)[:200]


def suffix_on(credential: Credential) -> str:
    return str(credential.facts.get("credentials_suffix") or "")[:60]


def spread(listing: Listing, fields: Mapping[str, Any], shows: frozenset[str]) -> None:
    """What is shown into its columns, the rest into ``withheld``; on the instance only."""
    withheld: dict[str, Any] = {}
    for choice, columns in COLUMNS.items():
        for name, empty in columns.items():
            value = fields.get(name, typed(listing, name))
            setattr(listing, name, value if choice in shows else empty)
            if choice not in shows and value not in ("", [], False, None):
                withheld[name] = str(value) if name == "country" else value
    listing.withheld = withheld
    for choice, flag in FLAGS.items():
        setattr(listing, flag, choice in shows)
    listing.words = words_of(listing)


def typed(listing: Listing, name: str) -> Any:
    """What its owner typed, shown or not."""
    return listing.withheld.get(name, getattr(listing, name))


def shown_by(listing: Listing) -> frozenset[str]:
    """The choices of showing as they stand; what is empty and not withheld counts as not shown."""
    shown = {
        choice
        for choice, columns in COLUMNS.items()
        if any(getattr(listing, name) for name in columns)
    }
    return frozenset(shown | {choice for choice, flag in FLAGS.items() if getattr(listing, flag)})


def kept_back(listing: Listing) -> list[str]:
    """The choices of showing under which something was typed that is not shown."""
    return [
        choice
        for choice, columns in COLUMNS.items()
        if not listing.withheld.keys().isdisjoint(columns)
    ]


def believe(listing: Listing, now: datetime) -> None:
    """Its owner says that it is true: when it is asked next, and until when “taking on clients”
    stands without an answer (`Edition.listing_question_days`, `listing_answer_days`)."""
    edition = Edition.objects.in_force(now.date())
    listing.confirmed_at = now
    listing.question_due_at = now + timedelta(days=edition.listing_question_days)
    listing.accepting_until = listing.question_due_at + timedelta(days=edition.listing_answer_days)


@transaction.atomic
def publish(listing: Listing, *, by: User, now: datetime | None = None) -> Listing:
    """The owner's consent: from now on the public reads what is shown. A second press is harmless.

    Raises Refusal for anybody else, without a certification in force, and while the office holds
    it back. Should the certification end in the same moment, the listing is published and listed
    nowhere: `ListingQuerySet.listed` asks each time.
    """
    now = now or timezone.now()
    listing = lock(listing)
    refuse_others(listing, by)
    certified(by)
    if listing.is_held:
        raise Refusal(
            _(
                "The office hid this listing: {reason} Once that is settled they open it again."
            ).format(reason=listing.hold_reason)
        )
    if listing.is_published:
        return listing
    believe(listing, now)
    listing.save(update_fields=["confirmed_at", "question_due_at", "accepting_until"])
    move(listing, State.PUBLISHED, by=by, now=now)
    transaction.on_commit(remembered.cache_clear)
    return listing


@transaction.atomic
def hide(listing: Listing, *, by: User, now: datetime | None = None) -> Listing:
    """The owner takes it out of the directory, at once. What they wrote stays for another time."""
    listing = lock(listing)
    refuse_others(listing, by)
    if listing.state != State.HIDDEN:
        move(listing, State.HIDDEN, by=by, now=now)
    transaction.on_commit(remembered.cache_clear)
    return listing


@transaction.atomic
def confirm(
    listing: Listing, *, by: User, accepting: str = "", now: datetime | None = None
) -> None:
    """“Still true”, with what is true of taking on clients if that changed. Raises Refusal for
    anybody else."""
    now = now or timezone.now()
    listing = lock(listing)
    refuse_others(listing, by)
    if accepting in Listing.Accepting.values:
        name = "accepting"
        if name in listing.withheld:
            listing.withheld = listing.withheld | {name: accepting}
        else:
            listing.accepting = accepting
    believe(listing, now)
    listing.save()
    record("listing.confirmed", listing, by=by, subject=by)
    transaction.on_commit(remembered.cache_clear)


@transaction.atomic
def hold(listing: Listing, *, reason: str, by: User, now: datetime | None = None) -> Listing:
    """The office hides a listing, with a reason that its owner reads by letter and on their page.

    Raises Refusal without a reason, and when it is held already.
    """
    listing = lock(listing)
    if not reason.strip():
        raise Refusal(_("Its owner needs to know why. Please write a sentence."))
    if listing.is_held:
        raise Refusal(_("The office hid this listing already. Nothing was changed."))
    listing.hold_reason = reason.strip()
    if listing.state != State.HIDDEN:
        move(listing, State.HIDDEN, by=by, now=now)
    listing.save(update_fields=["hold_reason"])
    record("listing.held", listing, by=by, subject=listing.user)
    emails.held(listing, now or timezone.now())
    transaction.on_commit(remembered.cache_clear)
    return listing


@transaction.atomic
def release(listing: Listing, *, by: User, now: datetime | None = None) -> Listing:
    """The office lets go: its owner may publish it again, which stays their own decision.

    Raises Refusal when it is not held. Side effect: a letter.
    """
    listing = lock(listing)
    if not listing.is_held:
        raise Refusal(_("The office does not hide this listing. Nothing was changed."))
    listing.hold_reason = ""
    listing.save(update_fields=["hold_reason"])
    record("listing.released", listing, by=by, subject=listing.user)
    emails.released(listing, now or timezone.now())
    return listing


def refuse_others(listing: Listing, by: User) -> None:
    if listing.user_id != by.pk:
        raise Refusal(_("Only the person it speaks of can do this. Nothing was changed."))
