"""What ties a reader to a candidate, said later than at the beginning, and taken back.

Order of locks: submission, assignment, as in `services.assigning`; for a seat on a panel as in
`services.hearing`.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.review.emails import committee as letters
from certification.review.emails.appeals import no_longer_free
from certification.review.models import (
    DECLARABLE,
    Appeal,
    Assignment,
    DeclaredTie,
    EndReason,
    PanelSeat,
    Submission,
    Tie,
)
from certification.review.queries.conflicts import BARS
from certification.review.queries.reading import chair_of
from certification.review.services.assigning import (
    both_locked,
    let_go,
    refuse_answered,
    refuse_not_theirs,
    tell_of_lost_second,
    tell_of_tie,
    with_words,
)
from certification.review.services.hearing import gone, own_seat
from scip.accounts.models import User
from scip.audit.services import record
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock

State = Assignment.State
# As long as a declaration may be.
LONGEST = 1000


@transaction.atomic
def add_tie(
    assignment: Assignment, *, kind: str, words: str, by: User, now: datetime | None = None
) -> Assignment:
    """A reader tells of a tie after their declaration; it counts from this moment.

    A tie that bars releases them at once, a view that was given included; the office and the chair
    hear of it. One that may be allowed shuts the room until the chair or the office has looked at
    it, and takes back what was allowed before: that was about another tie. The same tie again
    changes nothing. Raises Refusal for others, without words, before the declaration and once
    nothing is read here any more, ValueError for a tie that nobody declares.
    """
    now = now or timezone.now()
    tie = Tie(kind)
    if tie not in DECLARABLE:
        raise ValueError(f"not declarable: {kind}")
    row = both_locked(assignment)
    refuse_not_theirs(row, by)
    if row.state == State.ASKED:
        raise Refusal(_("Say first what ties you; nothing is open to you before."))
    known = DeclaredTie.objects.filter(member=by, candidate=row.submission.user, kind=tie)
    if known.exists():
        return row
    refuse_answered(row.submission)
    if row.state not in Assignment.LIVE:
        raise Refusal(
            _(
                "You don’t read this submission any more, so nothing has to be told. Nothing changed."
            )
        )
    told = with_words(words)
    DeclaredTie.objects.create(
        member=by, candidate=row.submission.user, kind=tie, words=told, declared_at=now
    )
    row.declared_ties = sorted({*row.declared_ties, tie.value})
    row.declaration = "\n\n".join(filter(None, [row.declaration, told]))[:LONGEST]
    row.allowed_at, row.allowed_by, row.allowed_reason = None, None, ""
    row.save(
        update_fields=[
            "declared_ties", "declaration", "allowed_at", "allowed_by", "allowed_reason"
        ]
    )  # fmt: skip
    record("assignment.tie_added", row, by=by, kind=tie.value)
    if tie in BARS:
        leave(row, by=by, now=now)
    else:
        # The sweep knows by the first key that it was told (`services.reminding`).
        key = f"assignment:{row.pk}:later-tie"
        if Letter.objects.filter(dedupe_key=f"{key}:office").exists():
            key = f"{key}:{tie.value}"
        tell_of_tie(row, key, is_later=row.is_open)
    return row


def leave(row: Assignment, *, by: User, now: datetime) -> None:
    """Their part ends because of what they told; the office and the chair hear of it."""
    lead = chair_of(row.submission)
    gave, was_open = row.state == State.GIVEN, row.is_open
    let_go(row, code=EndReason.TIE, by=by, now=now)
    key = f"assignment:{row.pk}:told"
    what = "told_given" if gave else "told" if was_open else "barred"
    letters.tell_office(row, key, what)
    if row.seat == Assignment.Seat.SECOND and not gave:
        tell_of_lost_second(row, by=by)
    elif lead is not None and lead.pk != row.pk:
        draft = letters.reader_left(row, lead, gave=gave, was_open=was_open)
        queue_draft(draft, to=lead.member, dedupe_key=f"{key}:chair")


@transaction.atomic
def add_tie_to_seat(
    seat: PanelSeat, *, kind: str, words: str, by: User, now: datetime | None = None
) -> PanelSeat:
    """Whoever hears an appeal tells of a tie after their declaration. Any tie ends their part, an
    answer that was given included: nobody hears one to whom something ties them. The office is
    told and asks somebody else.

    A second call changes nothing. Raises Refusal for others, without words, before the declaration
    and once they hear it no more, ValueError for a tie that nobody declares.
    """
    now = now or timezone.now()
    tie = Tie(kind)
    if tie not in DECLARABLE:
        raise ValueError(f"not declarable: {kind}")
    row = own_seat(seat, by)
    if row.state == PanelSeat.State.ASKED:
        raise Refusal(_("Say first what ties you; nothing is open to you before."))
    if row.end_code == EndReason.TIE:
        return row
    if row.state not in PanelSeat.READING:
        raise Refusal(
            _("You don’t hear this appeal any more, so nothing has to be told. Nothing changed.")
        )
    DeclaredTie.objects.update_or_create(
        member=by,
        candidate=row.appeal.user,
        kind=tie,
        defaults={"words": with_words(words), "declared_at": now},
    )
    record("panelseat.tie_added", row, by=by, kind=tie.value)
    released, code = PanelSeat.State.RELEASED, EndReason.TIE
    return gone(row, released, tell=no_longer_free, by=by, now=now, code=code)


def hangs_on(tie: DeclaredTie) -> bool:
    """Does a case that is under way hang on what its member told?

    They were asked for it, read or hear it, so that the tie waits for a word, bars or was allowed;
    or their part there ended, and this was told in it. To be asked is enough: whoever could untell
    it before they answer would need nobody's word.
    """
    told = Q(declared_ties__contains=[tie.kind]) | Q(end_code=EndReason.TIE)
    reads = Assignment.objects.filter(
        Q(state__in=Assignment.LIVE) | told,
        member=tie.member_id,
        submission__candidacy__user=tie.candidate_id,
        submission__state=Submission.State.SUBMITTED,
    )
    declined = Q(state=PanelSeat.State.DECLINED, declared_at__isnull=False)
    hears = PanelSeat.objects.filter(
        Q(state__in=PanelSeat.LIVE) | Q(end_code=EndReason.TIE) | declined,
        member=tie.member_id,
        appeal__candidacy__user=tie.candidate_id,
        appeal__state__in=Appeal.LIVE,
    )
    return reads.exists() or hears.exists()


@transaction.atomic
def take_back_tie(tie: DeclaredTie, *, reason: str, by: User, now: datetime | None = None) -> None:
    """Take back what one told, because it is not so (any more). The office hears of it, with the
    reason; the log keeps that and when.

    Not while a submission or an appeal hangs on it (`hangs_on`): others have acted on it there, or
    have to say a word, and nobody opens a room to themselves by untelling what ties them. Until
    then the chair or the office can allow what may be allowed. Raises Refusal then, for others and
    without a reason. A second call finds nothing and changes nothing.
    """
    now = now or timezone.now()
    if tie.member_id != by.pk:
        raise Refusal(_("Only the person who told of it can take it back. Nothing was changed."))
    # Whoever asks or answers locks the submission first; so does this, for each that could hang.
    for row in (
        Submission.objects.filter(
            candidacy__user=tie.candidate_id, state=Submission.State.SUBMITTED
        )
    ).order_by("pk"):
        lock(row)
    fresh = DeclaredTie.objects.select_for_update().filter(pk=tie.pk).first()
    if fresh is None:
        return
    if hangs_on(fresh):
        raise Refusal(
            _(
                "A submission or an appeal of theirs is under way in which you were asked, and "
                "what you told counts there. You can take it back once it is answered; until then "
                "the chair or the office can allow a tie that may be allowed. Nothing was changed."
            )
        )
    why = with_words(reason)
    seat = seat_of(fresh)
    record(f"{seat._meta.model_name}.tie_taken_back", seat, by=by, kind=fresh.kind)
    key = f"{seat._meta.model_name}:{seat.pk}:untold:{fresh.pk}"
    letters.tell_office_of_untold(fresh, why, key)
    fresh.delete()


def was_taken_back(tie: int, by: User) -> bool:
    """Did they take back this tie (its key) before? The letter about it says so, by their seat."""
    mine = Assignment.objects.filter(member=by).values_list("pk", flat=True)
    hears = PanelSeat.objects.filter(member=by).values_list("pk", flat=True)
    keys = [f"assignment:{pk}:untold:{tie}:office" for pk in mine]
    keys += [f"panelseat:{pk}:untold:{tie}:office" for pk in hears]
    return Letter.objects.filter(dedupe_key__in=keys).exists()


def seat_of(tie: DeclaredTie) -> Assignment | PanelSeat:
    """Their newest seat about this person, in which or before which it was told. Log and letter go
    by it, so that somebody of the office whom it is about reads neither (`queries.confidential`).
    """
    seats = Assignment.objects.filter(submission__candidacy__user=tie.candidate_id)
    hears = PanelSeat.objects.filter(appeal__candidacy__user=tie.candidate_id)
    mine = seats.filter(member=tie.member_id).order_by("-asked_at", "-pk").first()
    found = mine or hears.filter(member=tie.member_id).order_by("-asked_at", "-pk").first()
    if found is None:
        raise ValueError(f"a tie that was told in no seat: {tie.pk}")
    return found
