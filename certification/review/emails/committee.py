"""Letters to whoever reads, and to the office about them. None tells a word of a submission: they
name the candidate, the seat and the days. Nobody who reads is ever named to a candidate.

All share one layout; the sentences stand here.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.review.models import Assignment, DeclaredTie, Submission, Tie
from certification.review.queries.conflicts import told_of
from certification.review.queries.resubmissions import asks_points_alone
from scip.accounts.models import User
from scip.formats import deadline
from scip.mail.services import Address, Draft, Recipient, queue_draft, render_letter

Seat = Assignment.Seat
State = Assignment.State
ANSWER_SOON, ANSWER_LATE, PART_SOON, PART_LATE = (
    "answer_soon",
    "answer_late",
    "part_soon",
    "part_late",
)


def letter(
    to: Recipient,
    *,
    subject: str,
    name: str,
    paragraphs: Sequence[str],
    button: tuple[str, str],
    fine_print: str,
) -> Draft:
    """Render one letter; ``button`` is a path and its label."""
    path, label = button
    return render_letter(
        "review/emails/committee",
        to,
        {
            "subject": subject,
            "name": name,
            "paragraphs": paragraphs,
            "fine_print": fine_print,
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": label,
        },
    )


def to_reader(
    row: Assignment, subject: str, *paragraphs: str, label: str, to: User | None = None
) -> Draft:
    """A letter to whoever reads, with the way to their page."""
    member = to or row.member
    return letter(
        member,
        subject=subject,
        name=member.first_name or _("colleague"),
        paragraphs=paragraphs,
        button=(page(row), label),
        fine_print=_("You get this letter because you have a seat on the Certification Committee."),
    )


def page(row: Assignment) -> str:
    """The reader's own page of an assignment; the desk's while it is not yet kept."""
    return reverse("review:room", args=[row.pk]) if row.pk else reverse("review:desk")


def seat_of(row: Assignment) -> str:
    """What somebody is asked for, in a sentence."""
    return {
        Seat.REVIEWER: _("as a reviewer"),
        Seat.CHAIR: _("as its chair"),
        Seat.SECOND: _("as the second reader of the decision"),
    }[Seat(row.seat)]


def what_is_asked(row: Assignment) -> str:
    """The sentence that asks, by seat; with a place for the candidate's name."""
    return {
        Seat.REVIEWER: _(
            "{candidate} has handed over a final submission, and we would like to ask you to read "
            "it as a reviewer."
        ),
        Seat.CHAIR: _(
            "{candidate} has handed over a final submission, and we would like to ask you to lead "
            "its review: to read it, to pass questions on, and to write the decision once the "
            "reviewers have given their views."
        ),
        Seat.SECOND: _(
            "The decision on the final submission of {candidate} is written. We would like to ask "
            "you to be its second reader: to read it with fresh eyes before it goes."
        ),
    }[Seat(row.seat)]


def told_of_points() -> str:
    return _(
        "It is a resubmission: only the points that the committee asked for are read again, so it "
        "takes less time than a whole submission."
    )


def asked(row: Assignment) -> Draft:
    """Would you read this? Whom it is about, from which seat, by when."""
    candidate = row.submission.user
    return to_reader(
        row,
        _("Would you read the submission of {candidate}?").format(candidate=candidate),
        what_is_asked(row).format(candidate=candidate),
        *([told_of_points()] if asks_points_alone(row.submission) else []),
        _(
            "First tell us on its page whether anything ties you to them; only then it opens. Please "
            "say yes or no until {answer}."
        ).format(answer=deadline(row.answer_due_at)),
        _("Your part is due by {due}.").format(due=deadline(row.due_at)),
        label=_("Say yes or no"),
    )


def stage_of(row: Assignment, now: datetime) -> str:
    """What a reminder of this moment is about."""
    if row.state == State.ASKED:
        return ANSWER_LATE if row.answer_due_at <= now else ANSWER_SOON
    return PART_LATE if row.due_at <= now else PART_SOON


def reminder(row: Assignment, stage: str) -> Draft:
    """A kind word before a day, or after it."""
    candidate = row.submission.user
    if stage in {ANSWER_SOON, ANSWER_LATE}:
        said = deadline(row.answer_due_at)
        about = (
            _(
                "We asked you to read the submission of {candidate} {seat}, and hoped for your "
                "answer until {when}."
            )
            if stage == ANSWER_LATE
            else _(
                "We asked you to read the submission of {candidate} {seat}. Please say yes or "
                "no until {when}."
            )
        )
        return to_reader(
            row,
            _("Your answer: the submission of {candidate}").format(candidate=candidate),
            about.format(candidate=candidate, seat=seat_of(row), when=said),
            _("A no is an answer too: it takes a minute, and we ask somebody else."),
            label=_("Say yes or no"),
        )
    about = (
        _("Your part for the submission of {candidate} was due on {when}.")
        if stage == PART_LATE
        else _("Your part for the submission of {candidate} is due by {when}.")
    )
    return to_reader(
        row,
        _("Your part: the submission of {candidate}").format(candidate=candidate),
        about.format(candidate=candidate, when=deadline(row.due_at)),
        _(
            "Everything you wrote is kept. If the time is not there, answer this letter: the office "
            "finds a way with you, and nobody is blamed."
        ),
        label=_("Go on reading"),
    )


def more_time(row: Assignment) -> Draft:
    """The office or the chair moved a day."""
    candidate = row.submission.user
    is_asked = row.state == State.ASKED
    when = deadline(row.answer_due_at if is_asked else row.due_at)
    said = _("Please tell us until {when} whether you can read the submission of {candidate}.")
    if not is_asked:
        said = _("You have until {when} for your part for the submission of {candidate}.")
    return to_reader(
        row,
        _("More time: the submission of {candidate}").format(candidate=candidate),
        said.format(when=when, candidate=candidate),
        label=_("Say yes or no") if is_asked else _("Go on reading"),
    )


def tie_to_allow(row: Assignment, lead: Assignment) -> Draft:
    """The chair of a submission: a reader declared a tie that may be allowed."""
    candidate, chair = row.submission.user, lead.member
    told = told_of(candidate, [row.member_id]).get(row.member_id, frozenset())
    return letter(
        chair,
        subject=_("A tie to look at: the submission of {candidate}").format(candidate=candidate),
        name=chair.first_name or _("colleague"),
        paragraphs=[
            _(
                "{reader} was asked to read the submission of {candidate} and has told us of a tie "
                "that you may allow: {ties}."
            ).format(reader=row.member, candidate=candidate, ties=named_ties(row, told)),
            _(
                "Nothing is open to them before. You, or the office, can allow it with a reason; "
                "otherwise the office asks somebody else."
            ),
        ],
        button=(reverse("review:readers", args=[lead.pk]), _("Look at the tie")),
        fine_print=_("You get this letter because you are in the chair of this submission."),
    )


def second_lost(row: Assignment, lead: Assignment) -> Draft:
    """The chair: whoever was asked to be the second reader of the decision does not read it."""
    candidate, chair = row.submission.user, lead.member
    return letter(
        chair,
        subject=_("Another second reader: the submission of {candidate}").format(
            candidate=candidate
        ),
        name=chair.first_name or _("colleague"),
        paragraphs=[
            _("{reader} does not read the decision about {candidate} after all.").format(
                reader=row.member, candidate=candidate
            ),
            _(
                "Take it back on its page and choose somebody else; nothing you wrote is lost. The "
                "office can ask somebody too."
            ),
        ],
        button=(reverse("review:decision", args=[lead.pk]), _("Open the decision")),
        fine_print=_("You get this letter because you are in the chair of this submission."),
    )


def reader_left(row: Assignment, lead: Assignment, *, gave: bool, was_open: bool) -> Draft:
    """The chair: a reader told of a tie that bars, after their declaration."""
    candidate, chair = row.submission.user, lead.member
    said = _("{reader} was asked to read the submission of {candidate} {seat}; a tie rules it out.")
    if was_open:
        said = _(
            "{reader} read the submission of {candidate} {seat} and has told us of a tie that "
            "rules it out. It is shut to them since."
        )
    counts = _("What they gave doesn’t count any more, so look at what was built on it.")
    return letter(
        chair,
        subject=_("A reader has left: the submission of {candidate}").format(candidate=candidate),
        name=chair.first_name or _("colleague"),
        paragraphs=[
            said.format(reader=row.member, candidate=candidate, seat=seat_of(row)),
            *([counts] if gave else []),
            _("The office sees that the seat is empty and asks somebody else."),
        ],
        button=(reverse("review:readers", args=[lead.pk]), _("See who reads")),
        fine_print=_("You get this letter because you are in the chair of this submission."),
    )


def shut_for_now(row: Assignment) -> Draft:
    """A tie came to light after somebody began to read."""
    candidate = row.submission.user
    return to_reader(
        row,
        _("Your reading room is shut for now: the submission of {candidate}").format(
            candidate=candidate
        ),
        _(
            "Something that ties you to {candidate} has come to light: you led their cohort, or "
            "the two of you are colleagues. Until somebody has looked at it the submission is "
            "not open to you."
        ).format(candidate=candidate),
        _("What you wrote is kept. You get a letter as soon as it is allowed or taken back."),
        label=_("Go to the reading room"),
    )


def named_ties(row: Assignment, told: Collection[Tie]) -> str:
    """The declared ties in words, with ``told`` in other cases (`queries.conflicts.told_of`);
    history may know of others."""
    known = {*row.declared_ties, *told}
    found = [str(tie.label) for tie in Tie if tie in known]
    return ", ".join(found) or _("it follows from what the two did together")


def allowed(row: Assignment) -> Draft:
    """What was declared is allowed: the reading room is open."""
    candidate = row.submission.user
    return to_reader(
        row,
        _("You can read now: the submission of {candidate}").format(candidate=candidate),
        _(
            "Thank you for telling us what ties you to {candidate}. It was looked at and allowed, "
            "so the submission is open to you."
        ).format(candidate=candidate),
        _("Your part is due by {due}.").format(due=deadline(row.due_at)),
        label=_("Begin to read"),
    )


def released(row: Assignment) -> Draft:
    """Somebody need not read any more."""
    candidate = row.submission.user
    return to_reader(
        row,
        _("You need not read the submission of {candidate} any more").format(candidate=candidate),
        _("Your part for the submission of {candidate} has been taken back: {why}").format(
            candidate=candidate, why=row.end_reason or f"{row.why_ended}."
        ),
        _("It is not open to you any more. Thank you for the time you gave it."),
        label=_("Go to the reading room"),
    )


def tell_office(row: Assignment, key: str, what: str) -> None:
    """The office hears what became of somebody who was asked, once for each ``key``."""
    values = {
        "reader": row.member,
        "candidate": row.submission.user,
        "seat": seat_of(row),
        "answer": deadline(row.answer_due_at),
        "due": deadline(row.due_at),
    }
    said = {
        "barred": _(
            "{reader} was asked to read the submission of {candidate} {seat}. A tie bars "
            "it, so they were released from it, and nothing was open to them."
        ),
        "declared": _(
            "{reader} was asked to read the submission of {candidate} {seat}. There is a "
            "tie that may be allowed, by you or the chair, with a reason."
        ),
        "later_tie": _(
            "{reader} reads the submission of {candidate} {seat}. A tie has come to light since "
            "that may be allowed, by you or the chair, with a reason; until then it is shut."
        ),
        "told": _(
            "{reader} read the submission of {candidate} {seat} and has told us of a tie that bars "
            "it. It is shut to them since."
        ),
        "told_given": _(
            "{reader} gave their part for the submission of {candidate} {seat} and has told us "
            "since of a tie that bars it. It is shut to them, and what they gave doesn’t count."
        ),
        "declined": _("{reader} can’t read the submission of {candidate} {seat}."),
        "handed_back": _(
            "{reader} has handed back their part for the submission of {candidate} ({seat})."
        ),
        "swept": _(
            "{reader} was asked to read the submission of {candidate} {seat}. Their term is "
            "over or a tie bars it by now, so it was taken back."
        ),
        "answer_late": _(
            "{reader} was asked to read the submission of {candidate} {seat}. Their "
            "answer was due on {answer}, and a reminder brought none."
        ),
        "part_late": _(
            "{reader} reads the submission of {candidate} {seat}. Their part was due on "
            "{due}, and a reminder brought none."
        ),
    }[what]
    go_on = {
        "declared": _("Open the submission to allow it or to ask somebody else."),
        "later_tie": _("Open the submission to allow it or to ask somebody else."),
        "answer_late": _("A word by telephone may help; or ask somebody else."),
        "part_late": _("A word by telephone may help; or ask somebody else."),
    }.get(what, _("The seat is empty. Its page suggests who could be asked."))
    to_office(row.submission, key, said.format(**values), go_on)


def tell_office_of_untold(tie: DeclaredTie, why: str, key: str) -> None:
    """The office hears that somebody took back what they had told of a tie, and why."""
    to = Address(email=settings.STAFF_EMAIL)
    values = {"reader": tie.member, "candidate": tie.candidate, "tie": tie.get_kind_display()}
    draft = letter(
        to,
        subject=_("A tie was taken back: {reader}").format(reader=tie.member),
        name="",
        paragraphs=[
            _("{reader} had told of a tie to {candidate} ({tie}) and has taken it back.").format(
                **values
            ),
            _("Their reason: {why}").format(why=why),
            _("It stands in the way of nothing any more. If that surprises you, write to them."),
        ],
        button=(reverse("admin:person", args=[tie.member_id]), _("Open their page")),
        fine_print=_("This letter goes to CMSC’s office. Candidates never learn who reads."),
    )
    queue_draft(draft, to=to, dedupe_key=f"{key}:office")


def tell_office_of_empty_seats(submission: Submission, key: str, missing: int) -> None:
    """The office hears that a submission still waits for its readers."""
    said = _(
        "The submission of {candidate} still waits for people who read it: {count} of its "
        "seats are empty."
    ).format(candidate=submission.user, count=missing)
    to_office(submission, key, said, _("Its page suggests who could be asked, in one act."))


def to_office(submission: Submission, key: str, *paragraphs: str) -> None:
    """Put a letter to CMSC's office into the outbox."""
    to = Address(email=settings.STAFF_EMAIL)
    draft = letter(
        to,
        subject=_("The readers of a submission: {candidate}").format(candidate=submission.user),
        name="",
        paragraphs=paragraphs,
        button=(
            reverse("admin:review_submission_change", args=[submission.pk]),
            _("Open the submission"),
        ),
        fine_print=_("This letter goes to CMSC’s office. Candidates never learn who reads."),
    )
    queue_draft(draft, to=to, dedupe_key=f"{key}:office")
