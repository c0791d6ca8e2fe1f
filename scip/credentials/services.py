"""Recording completions, issuing and revoking credentials, making certificates."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.credentials import emails
from scip.credentials.models import (
    Certificate,
    Completion,
    Credential,
    NumberSeries,
    new_code,
    today,
)
from scip.credentials.wording import wording_for
from scip.pdf import certificates as pdf
from scip.pdf.names import UnprintableName
from scip.pdf.papers import Paper
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move

type Lines = Sequence[tuple[str, str]]


@transaction.atomic
def record_completion(
    user: User, *, level: str, basis: str, completed_on: date, facts: Mapping[str, Any], by: Any
) -> Completion:
    """Put the fact on record that a person completed a level; once per person and level.

    A second call returns the completion that is there: the first basis stands.
    """
    completion, is_new = Completion.objects.get_or_create(
        user=user,
        level=level,
        defaults={
            "basis": basis,
            "completed_on": completed_on,
            "facts": dict(facts),
            "recorded_by": by,
        },
    )
    if is_new:
        record("completion.recorded", completion, by=by, subject=user, level=level, basis=basis)
    return completion


@transaction.atomic
def issue_credential(
    completion: Completion,
    *,
    kind: str,
    edition: Edition,
    lines: Lines,
    by: Any,
    issued_on: date | None = None,
) -> Credential:
    """Issue a credential and ask for its certificates; an active one is returned as it is.

    ``lines`` are the facts it rests on as (label, value), shown on the certificate and on
    the verification page alike. The holder's name is frozen as it stands in the profile.
    Side effects on commit: certificates are made by a task, then the person is told.
    """
    user = lock(completion.user)
    known = Credential.objects.filter(user=user, kind=kind, state=Credential.State.ACTIVE).first()
    if known is not None:
        return known
    issued_on = issued_on or today()
    wording = wording_for(kind, edition, str(user.country.code or ""))
    code = new_code()
    credential = Credential.objects.create(
        user=user,
        kind=kind,
        completion=completion,
        code=code,
        number=next_number(wording.series, issued_on.year),
        holder_name=user.display_name,
        issued_on=issued_on,
        facts={
            "organisation": edition.organisation,
            "title": str(wording.title),
            "statement": str(wording.statement),
            "is_title": wording.is_title,
            "holder_name": user.name,
            "credentials_suffix": user.credentials_suffix,
            "basis": [list(line) for line in lines],
            "signatory_name": edition.signatory_name,
            "signatory_title": edition.signatory_title,
            "edition": edition.name,
        },
    )
    record("credential.issued", credential, by=by, subject=user, kind=kind)
    certificates = [
        Certificate(credential=credential, paper=paper) for paper in Certificate.Paper.values
    ]
    for certificate in Certificate.objects.bulk_create(certificates):
        enqueue_certificate(certificate.pk)
    return credential


def next_number(series: str, year: int) -> str:
    """The next number of a series (``PSCT-2027-000001``); waits for whoever takes one now."""
    NumberSeries.objects.get_or_create(series=series, year=year)
    row = NumberSeries.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return f"{series}-{year}-{row.last:06}"


def enqueue_certificate(pk: int) -> None:
    transaction.on_commit(
        lambda: current_app.send_task("scip.credentials.make_certificate", args=[pk])
    )


def verify_url(code: str) -> str:
    """The absolute address behind the QR code."""
    return f"{settings.SITE_URL}{reverse('credentials:verify', args=[code])}"


def certificate_facts(credential: Credential) -> pdf.Certificate:
    """What the paper says: the frozen facts, nothing looked up anew."""
    facts = credential.facts
    return pdf.Certificate(
        organisation=facts["organisation"],
        title=facts["title"],
        holder_name=facts["holder_name"],
        credentials_suffix=facts["credentials_suffix"],
        statement=facts["statement"],
        issued_on=credential.issued_on,
        number=credential.number,
        code=credential.code,
        verify_url=verify_url(credential.code),
        basis=tuple(pdf.BasisLine(label, value) for label, value in facts["basis"]),
        signatory_name=facts["signatory_name"],
        signatory_title=facts["signatory_title"],
        edition=facts["edition"],
    )


PAPERS = {Certificate.Paper.A4: Paper.A4, Certificate.Paper.LETTER: Paper.LETTER}


def render(certificate: Certificate) -> bytes:
    """One paper's PDF, from the credential's frozen facts. Raises UnprintableName."""
    facts = certificate_facts(certificate.credential)
    return pdf.render_certificate(facts, PAPERS[Certificate.Paper(certificate.paper)])


def make_certificate(
    pk: int,
    now: datetime | None = None,
    *,
    render: Callable[[Certificate], bytes] = render,
) -> bool:
    """Render one certificate and store it; True if it was made now. Safe to run twice.

    Killed after rendering, the row still says "not made" and the sweep makes it again,
    over the same file name. Once both papers are there, the person is told (once).
    A name that no font of ours can print is noted for the office instead. ``render`` may fetch
    what somebody has rendered before.
    """
    with transaction.atomic():
        certificate = (
            Certificate.objects.filter(pk=pk, made_at=None)
            .select_related("credential__user")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if certificate is None:
            return False
        credential = certificate.credential
        try:
            content = render(certificate)
        except UnprintableName as error:
            certificate.problem = _("No font has these letters: {letters}").format(
                letters=error.missing[:100]
            )
            certificate.save(update_fields=["problem"])
            return False
        store(certificate, content, now=now)
        # Two papers finishing at once: one of them sees both made. One that was revoked
        # meanwhile is no good news any more.
        credential = lock(credential)
        is_active = credential.state == Credential.State.ACTIVE
        if is_active and not credential.certificates.filter(made_at=None).exists():
            emails.certificate_ready(credential)
        return True


def store(certificate: Certificate, content: bytes, *, now: datetime | None = None) -> None:
    """Write the PDF over whatever an interrupted run left, and mark the row as made."""
    storage = certificate.document.storage
    name = f"certificates/{certificate.credential.code}-{certificate.paper}.pdf"
    if storage.exists(name):
        storage.delete(name)
    certificate.document.name = storage.save(name, ContentFile(content))
    certificate.sha256 = hashlib.sha256(content).hexdigest()
    certificate.made_at = now or timezone.now()
    certificate.problem = ""
    certificate.save(update_fields=["document", "sha256", "made_at", "problem"])


def sweep(limit: int = 200) -> int:
    """Make certificates whose task was lost; return how many were made."""
    late = Certificate.objects.filter(
        made_at=None, problem="", requested_at__lt=timezone.now() - timedelta(seconds=20)
    )
    return sum(make_certificate(pk) for pk in late.values_list("pk", flat=True)[:limit])


def try_again(certificate: Certificate, *, by: Any) -> None:
    """The office asks for another try after a problem was mended."""
    with transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk, made_at=None).update(problem="")
        record("certificate.tried_again", certificate, by=by, subject=certificate.credential.user)
        enqueue_certificate(certificate.pk)


@transaction.atomic
def revoke_credential(
    credential: Credential, *, by: Any, reason: str, now: datetime | None = None
) -> Credential:
    """Revoke, with a reason that the person reads in a letter.

    Raises Refusal without a reason, IllegalMove if it is revoked already. The verification
    page says so at once; the certificate is no longer handed out.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal(_("Please say why; the person reads it in their letter."))
    credential = lock(credential)
    Credential.objects.filter(pk=credential.pk).update(
        revocation_reason=reason, revoked_at=now or timezone.now()
    )
    move(
        credential,
        Credential.State.REVOKED,
        by=by,
        now=now,
        data={"reason": fingerprint(reason)},
    )
    credential.refresh_from_db()
    emails.credential_revoked(credential)
    return credential


def announce_expiries(now: datetime | None = None) -> int:
    """Tell holders once when a credential has expired; return how many were told."""
    on = today(now)
    expired = (
        Credential.objects.expired(on)
        .filter(expires_on__gte=on - timedelta(days=7))
        .select_related("user")
    )
    for credential in expired:
        with transaction.atomic():
            emails.credential_expired(credential)
    return len(expired)
