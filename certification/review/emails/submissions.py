"""Letters about a submission. Each returns a `Draft`; the services queue them. None tells a word of
what somebody wrote."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.review.models import Submission
from certification.review.queries.resubmissions import asks_points_alone
from certification.review.requirements.submission import answer_day
from payments.models import Charge
from scip.accounts.models import User
from scip.mail.services import Address, Draft, queue_letter, render_letter
from scip.requirements import Finding


def letter(template: str, user: User, *, button: tuple[str, str], **context: Any) -> Draft:
    """Render one letter; ``button`` is a path and its label."""
    path, label = button
    return render_letter(
        f"review/emails/{template}",
        user,
        {
            "name": user.first_name or _("colleague"),
            "button_url": f"{settings.SITE_URL}{path}",
            "button_label": label,
            **context,
        },
    )


def page() -> str:
    return reverse("submission:home")


def submitted(submission: Submission) -> Draft:
    """It is with the committee: what happens next, and by when."""
    if submission.submitted_at is None:
        raise ValueError("This submission is not with the committee.")
    return letter(
        "submitted",
        submission.user,
        button=(page(), _("See what you submitted")),
        submission=submission,
        days=submission.edition.review_days,
        answer_by=answer_day(submission.submitted_at, submission.edition),
        is_again=asks_points_alone(submission),
    )


def held_up(submission: Submission, unmet: tuple[Finding, ...]) -> Draft:
    """The fee is here, and something is open that was there before."""
    return letter(
        "held_up",
        submission.user,
        button=(page(), _("See what is open")),
        titles=[str(item.title) for item in unmet],
    )


def payment_reminder(
    submission: Submission, charge: Charge, *, due_cents: int, is_late: bool
) -> Draft:
    """The review fee is due soon, or its day has passed; nothing is lost either way."""
    return letter(
        "payment_reminder",
        submission.user,
        button=(reverse("payments:pay", args=[charge.pk]), _("Go to payment")),
        charge=charge,
        due_cents=due_cents,
        is_late=is_late,
    )


def paid_without_submission(user: User) -> Draft:
    """Money arrived for a submission that was taken back in the meantime."""
    return letter(
        "paid_without_submission",
        user,
        button=(reverse("payments:list"), _("See your payments")),
    )


def put_back(submission: Submission) -> Draft:
    """The office took an unpaid submission back to its preparation."""
    return letter("put_back", submission.user, button=(page(), _("See what you prepared")))


def tell_office(submission: Submission, key: str) -> None:
    """CMSC hears that one is there; the letter says who, never what."""
    if submission.submitted_at is None:
        raise ValueError("This submission is not with the committee.")
    queue_letter(
        "review/emails/office_notice",
        to=Address(email=settings.STAFF_EMAIL),
        context={
            "submission": submission,
            "candidate": str(submission.user),
            "days": submission.edition.review_days,
            "answer_by": answer_day(submission.submitted_at, submission.edition),
            "button_url": settings.SITE_URL
            + reverse("admin:review_submission_change", args=[submission.pk]),
            "button_label": _("Open the submission"),
        },
        dedupe_key=f"{key}:office",
    )
