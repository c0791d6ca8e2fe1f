"""What visitors send: a message that is passed on, and a report to the office."""

import hashlib

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.directory import emails
from scip.directory.models import GraduateInterest, Listing, ListingReport
from scip.directory.queries.own import was_certified
from scip.mail.services import forget_once_sent
from scip.requirements import Refusal
from scip.states import lock, move


@transaction.atomic
def pass_on(listing: Listing, *, name: str, email: str, message: str, stamp: str) -> None:
    """Send a visitor's message to the person of a listing, as a letter that answers go back from.

    Neither side's address is shown on a page. The words live in the outbox until the letter has
    left us, and nowhere else. The visitor gets no letter: their address is not proven, and a form
    that writes to unproven addresses writes to strangers. ``stamp`` is the form's own, so that the
    same form sent twice is one letter. Raises Refusal when the listing is not public any more.
    """
    public = Listing.objects.listed().select_related("user").filter(pk=listing.pk).first()
    if public is None:
        raise Refusal(
            _(
                "This person is not in the directory any more, so nothing was sent. Your words are still here."
            )
        )
    said = f"{stamp}\n{email}\n{message}"
    occasion = f"directory-message:{listing.pk}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
    emails.message_for(public, name=name, email=email, message=message, dedupe_key=occasion)
    forget_once_sent(occasion)


@transaction.atomic
def report_listing(listing: Listing, *, words: str, email: str) -> ListingReport:
    """A visitor tells the office that something is not right. Side effect: a letter to the office."""
    report = ListingReport.objects.create(listing=listing, words=words, email=email.strip().lower())
    emails.report_arrived(report)
    return report


@transaction.atomic
def settle_report(report: ListingReport, *, by: User) -> None:
    """The office has looked at it. Raises IllegalMove when that was done before."""
    move(lock(report), ListingReport.State.SETTLED, by=by)


@transaction.atomic
def say_interest(
    user: User, *, would_facilitate: bool, would_mentor: bool, note: str
) -> GraduateInterest:
    """Somebody certified says whether they would like to facilitate or mentor one day; the office
    reads it in the admin. Raises Refusal for anybody who was never certified."""
    if not was_certified(user):
        raise Refusal(_("This is for people who are certified. Nothing was changed."))
    row, _is_new = GraduateInterest.objects.update_or_create(
        user_id=user.pk,
        defaults={
            "would_facilitate": would_facilitate,
            "would_mentor": would_mentor,
            "note": note,
            "updated_at": timezone.now(),
        },
    )
    return row
