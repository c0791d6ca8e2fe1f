"""Letters about an agreement, and what CMSC is told of it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.mail.services import Address, Attachment, queue_letter
from supervision.models import Agreement, AgreementVersion
from supervision.queries.agreements import other_of


def send(
    letter: str,
    to: User,
    agreement: Agreement,
    key: str,
    *,
    page: str = "supervision:agreement",
    args: Sequence[Any] | None = None,
    label: str = "",
    attachments: Sequence[Attachment] = (),
    **context: Any,
) -> None:
    """Queue one letter to one of the pair; its button leads to ``page`` (by default theirs)."""
    queue_letter(
        f"supervision/emails/{letter}",
        to=to,
        context={
            "name": to.name or _("colleague"),
            "other": other_of(agreement, to),
            "agreement": agreement,
            "button_url": settings.SITE_URL
            + reverse(page, args=[agreement.pk] if args is None else args),
            "button_label": label or _("Open your supervision page"),
            **context,
        },
        dedupe_key=f"{key}:{to.pk}",
        attachments=attachments,
    )


def pair_of(agreement: Agreement) -> tuple[User, User]:
    return agreement.candidacy.user, agreement.supervisor.user


def tell_office(
    agreement: Agreement, key: str, sentence: str, words: str = "", *, is_confidential: bool = True
) -> None:
    """CMSC hears of a step by the step itself. ``words`` are what somebody wrote to CMSC, and to
    nobody else where they are confidential."""
    queue_letter(
        "supervision/emails/office_notice",
        to=Address(email=settings.STAFF_EMAIL),
        context={
            "sentence": sentence,
            "words": words,
            "is_confidential": is_confidential,
            "agreement": agreement,
            "button_url": settings.SITE_URL
            + reverse("admin:supervision_agreement_change", args=[agreement.pk]),
            "button_label": _("Open the agreement"),
        },
        dedupe_key=f"{key}:office",
    )


def agreement_begun(agreement: Agreement, *, by: User) -> None:
    """The draft is open: to whoever did not open it."""
    for person in pair_of(agreement):
        if person.pk != by.pk:
            send(
                "agreement_begun",
                person,
                agreement,
                f"agreement:{agreement.pk}:begun",
                page="supervision:agreement_text",
                label=_("Open the draft"),
            )


def version_proposed(version: AgreementVersion, *, to: User, by: User) -> None:
    """The other put a text before you."""
    send(
        "version_proposed",
        to,
        version.agreement,
        f"agreement:{version.agreement_id}:proposed:{version.number}",
        page="supervision:agreement_text",
        label=_("Read the text"),
        is_final=version.kind == AgreementVersion.Kind.FINAL,
        by=by,
    )


def signature_awaited(version: AgreementVersion, *, to: User, by: User) -> None:
    """The other has signed; your name is awaited."""
    send(
        "signature_awaited",
        to,
        version.agreement,
        f"agreement:{version.agreement_id}:awaited:{version.number}",
        page="supervision:agreement_text",
        label=_("Read and sign"),
        by=by,
    )


def assessment_opened(version: AgreementVersion) -> None:
    """Both have signed a first version: the assessment is open, and CMSC knows."""
    agreement = version.agreement
    key = f"agreement:{agreement.pk}:active"
    for person in pair_of(agreement):
        send("assessment_opened", person, agreement, key)
    tell_office(
        agreement,
        key,
        _("{candidate} and {supervisor} have signed a supervision agreement.").format(
            candidate=agreement.candidacy.user, supervisor=agreement.supervisor
        ),
    )


def final_in_force(version: AgreementVersion) -> None:
    """Both have signed a final version: to both, and to CMSC."""
    agreement = version.agreement
    key = f"agreement:{agreement.pk}:final:{version.number}"
    for person in pair_of(agreement):
        send("final_in_force", person, agreement, key, number=version.number)
    tell_office(
        agreement,
        key,
        _("{candidate} and {supervisor} have signed the final version of their agreement.").format(
            candidate=agreement.candidacy.user, supervisor=agreement.supervisor
        ),
    )


def draft_discarded(agreement: Agreement, *, by: User) -> None:
    """A draft was put aside: to whoever did not do it."""
    for person in pair_of(agreement):
        if person.pk != by.pk:
            send(
                "draft_discarded",
                person,
                agreement,
                f"agreement:{agreement.pk}:discarded",
                page="supervision:home",
                args=(),
            )


def agreement_ended(agreement: Agreement, *, by: User) -> None:
    """To the other (both, if the office ended it) with the kind words, to CMSC with the reason."""
    key = f"agreement:{agreement.pk}:ended"
    for person in pair_of(agreement):
        if person.pk != by.pk:
            send(
                "agreement_ended",
                person,
                agreement,
                key,
                by=by,
                farewell=agreement.farewell,
                is_candidate=person.pk == agreement.candidacy.user_id,
            )
    tell_office(
        agreement,
        key,
        _("The agreement of {candidate} and {supervisor} was ended by {by}.").format(
            candidate=agreement.candidacy.user, supervisor=agreement.supervisor, by=by
        ),
        agreement.end_reason,
    )
