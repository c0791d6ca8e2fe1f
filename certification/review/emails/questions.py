"""Letters about what readers ask and give. None tells a word of a text, and none to a candidate
names anybody of the committee."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.review.emails.committee import letter
from certification.review.models import Assignment, Question, Submission
from scip.mail.services import Address, Draft, queue_draft


def to_reader(row: Assignment, subject: str, text: str, *, name: str, label: str) -> Draft:
    """A letter to whoever reads; ``name`` is the page to which its button leads."""
    anchor = "#questions" if name == "room" else ""
    return letter(
        row.member,
        subject=subject,
        name=row.member.first_name or _("colleague"),
        paragraphs=[text],
        button=(f"{reverse(f'review:{name}', args=[row.pk])}{anchor}", label),
        fine_print=_("You get this letter because you read for the Certification Committee."),
    )


def view_given(chair: Assignment) -> Draft:
    """To the chair: one more view is there."""
    return to_reader(
        chair,
        _("A reviewer has given their view"),
        _("One more view of the submission of {candidate} is there for you to read.").format(
            candidate=chair.submission.user
        ),
        name="views",
        label=_("Read the views"),
    )


def tell_chair(question: Question, chair: Assignment | None) -> None:
    """A question waits for the chair; for the office while nobody is in the chair. Whoever is in
    the chair and asks something gets no letter about it."""
    submission, key = question.assignment.submission, f"question:asked:{question.pk}"
    if chair is None:
        office = Address(email=settings.STAFF_EMAIL)
        page = reverse("admin:review_submission_change", args=[submission.pk])
        draft = letter(
            office,
            subject=_("A question waits, and nobody is in the chair"),
            name="",
            paragraphs=[
                _(
                    "Somebody who reads the submission of {candidate} has a question for them. The "
                    "chair passes it on, and nobody is in the chair yet."
                ).format(candidate=submission.user)
            ],
            button=(page, _("Open the submission")),
            fine_print=_("A notice for CMSC’s office."),
        )
        queue_draft(draft, to=office, dedupe_key=key)
    elif chair.pk != question.assignment_id:
        draft = to_reader(
            chair,
            _("A question to a candidate waits for you"),
            _(
                "Somebody who reads the submission of {candidate} would like to know something. "
                "Pass it on in your words, or keep it back and say why."
            ).format(candidate=submission.user),
            name="room",
            label=_("Read the question"),
        )
        queue_draft(draft, to=chair.member, dedupe_key=key)


def asked(submission: Submission) -> Draft:
    """To the candidate: the committee has a question."""
    return letter(
        submission.user,
        subject=_("The committee has a question"),
        name=submission.user.first_name or _("colleague"),
        paragraphs=[
            _(
                "While reading your submission the committee came upon something they would like "
                "to hear from you. It is a question and nothing more; it says nothing about the "
                "answer you will get."
            ),
            _("Take the time you need. A few sentences are often enough."),
        ],
        button=(reverse("submission:questions"), _("Read the question, and answer it")),
        fine_print=_("You get this letter because of your final submission for certification."),
    )


def withheld(question: Question) -> Draft:
    """To whoever asked: the chair kept it back, and the reason stands in the room."""
    return to_reader(
        question.assignment,
        _("Your question was not passed on"),
        _("The chair kept back your question to {candidate}, and says why.").format(
            candidate=question.assignment.submission.user
        ),
        name="room",
        label=_("Read why"),
    )


def answered(reader: Assignment) -> Draft:
    """To everybody who reads: an answer is there."""
    return to_reader(
        reader,
        _("The candidate has answered"),
        _("{candidate} has answered a question of the committee.").format(
            candidate=reader.submission.user
        ),
        name="room",
        label=_("Read the answer"),
    )
