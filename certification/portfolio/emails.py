"""Letters about confidential files. They name kinds, sizes and days, never a title or a word of
what is in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.models import DeletionReceipt, Excerpt, OfficeAccess
from scip.accounts.models import User
from scip.mail.services import Address, Prepared, Recipient, queue_letter, queue_many, render_letter


def send(
    template: str, to: Recipient, *, key: str, name: str, button: tuple[str, str], **context: Any
) -> None:
    """One letter into the outbox; ``button`` is a path and its label, ``key`` names the occasion."""
    queue_letter(
        f"portfolio/emails/{template}",
        to=to,
        context=addressed(name, button) | context,
        dedupe_key=f"portfolio:{key}",
    )


def addressed(name: str, button: tuple[str, str]) -> dict[str, Any]:
    path, label = button
    return {
        "name": name or _("colleague"),
        "button_url": f"{settings.SITE_URL}{path}",
        "button_label": label,
    }


def shown_in_person(excerpt: Excerpt, supervisor: User) -> None:
    """The candidate says that they showed something in person; the supervisor is asked to say so, too."""
    send(
        "shown_in_person",
        supervisor,
        key=f"excerpt:{excerpt.pk}:shown:{supervisor.pk}",
        name=supervisor.first_name,
        button=(reverse("portfolio:excerpt", args=[excerpt.pk]), _("Look at the entry")),
        candidate=excerpt.portfolio.candidacy.user,
    )


def files_end(candidacy: Candidacy, *, until: datetime, count: int) -> None:
    """In so many days what was handed in is destroyed; once for each such day."""
    send(
        "files_end",
        candidacy.user,
        key=f"{candidacy.pk}:files-end:{until:%Y-%m-%d}",
        name=candidacy.user.first_name,
        button=(reverse("portfolio:excerpts"), _("See your excerpts")),
        until=until,
        count=count,
    )


def files_destroyed(candidacy: Candidacy, receipts: Sequence[DeletionReceipt]) -> None:
    """The receipts for what is gone."""
    send(
        "files_destroyed",
        candidacy.user,
        key=f"{candidacy.pk}:files-destroyed:{receipts[0].code}",
        name=candidacy.user.first_name,
        button=(reverse("portfolio:receipts"), _("See your receipts")),
        receipts=receipts,
    )


def office_opened(access: OfficeAccess, *, colleagues: Sequence[User]) -> None:
    """The office opened something: the candidate is told at once, and so are its colleagues, or
    the office's own address where there is nobody else."""
    candidate = access.portfolio.candidacy.user
    send(
        "office_opened",
        candidate,
        key=f"office-access:{access.pk}:candidate",
        name=candidate.first_name,
        button=(reverse("portfolio:openings"), _("See who opened what")),
        access=access,
    )
    told: Sequence[Recipient] = colleagues or [Address(email=settings.STAFF_EMAIL)]
    context = {"access": access, "candidate": candidate}
    button = (
        reverse("admin:candidacy_candidacy_change", args=[access.portfolio.candidacy_id]),
        _("Open the candidacy"),
    )
    queue_many(
        [
            Prepared(
                render_letter(
                    "portfolio/emails/office_opened_colleague",
                    person,
                    addressed(getattr(person, "first_name", ""), button) | context,
                ),
                person,
                f"portfolio:office-access:{access.pk}:{person.pk or 'office'}",
            )
            for person in told
        ]
    )
