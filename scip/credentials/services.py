"""Recording completions, issuing and revoking credentials, making certificates."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.background import enqueue
from scip.credentials import emails
from scip.credentials.addresses import absolute
from scip.credentials.models import (
    Certificate,
    Completion,
    Credential,
    NumberSeries,
    new_code,
    today,
)
from scip.credentials.proof import agrees, seal
from scip.credentials.wording import wording_for
from scip.pdf import certificates as pdf
from scip.pdf.names import UnprintableName
from scip.pdf.papers import Paper
from scip.pdf.signing import sign_pdf
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
    expires_on: date | None = None,
    reference: str = "",
) -> Credential:
    """Issue a credential and ask for its papers; one that is held already is returned as it is.

    ``lines`` are the facts it rests on as (label, value), shown on the certificate and on
    the verification page alike. The holder's name is frozen as it stands in the profile.
    ``expires_on`` is its last day, None for no end; ``reference`` names the decision behind it.
    Side effects on commit: papers are made by a task, then the person is told.
    """
    user = lock(completion.user)
    known = Credential.objects.filter(user=user, kind=kind, state__in=Credential.HELD).first()
    if known is not None:
        return known
    issued_on = issued_on or today()
    wording = wording_for(kind, edition, str(user.country.code or ""))
    credential = Credential(
        user=user,
        kind=kind,
        completion=completion,
        code=new_code(),
        number=next_number(wording.series, issued_on.year),
        holder_name=user.display_name,
        issued_on=issued_on,
        expires_on=expires_on,
        facts={
            "organisation": edition.organisation,
            "title": str(wording.title),
            "statement": str(wording.statement),
            "is_title": wording.is_title,
            "designation": wording.designation,
            "holder_name": user.name,
            "credentials_suffix": user.credentials_suffix,
            "basis": [list(line) for line in lines],
            "signatory_name": edition.signatory_name,
            "signatory_title": edition.signatory_title,
            "edition": edition.name,
            "reference": reference,
        },
    )
    put_on_record(credential, by=by)
    return credential


def put_on_record(credential: Credential, *, by: Any) -> None:
    """Seal and save a new credential, and ask for its papers; in the caller's transaction."""
    seal(credential)
    credential.save()
    record("credential.issued", credential, by=by, subject=credential.user, kind=credential.kind)
    wanted = [
        Certificate(credential=credential, kind=kind, paper=paper)
        for kind in kinds_of_papers(credential.kind)
        for paper in Certificate.Paper.values
    ]
    for certificate in Certificate.objects.bulk_create(wanted):
        enqueue_certificate(certificate.pk)


def kinds_of_papers(kind: str) -> list[str]:
    """Every credential has its certificate; certification has a formal letter beside it."""
    if kind == Credential.Kind.CERTIFIED:
        return [Certificate.Kind.CERTIFICATE, Certificate.Kind.LETTER]
    return [Certificate.Kind.CERTIFICATE]


def next_number(series: str, year: int) -> str:
    """The next number of a series (``PSCT-2027-000001``); waits for whoever takes one now."""
    NumberSeries.objects.get_or_create(series=series, year=year)
    row = NumberSeries.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return f"{series}-{year}-{row.last:06}"


def enqueue_certificate(pk: int) -> None:
    enqueue("scip.credentials.make_certificate", pk)


def verify_url(code: str) -> str:
    """The absolute address behind the QR code."""
    return absolute("verify", code)


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
        designation=facts.get("designation", ""),
        expires_on=credential.expires_on,
        issued_anew_on=issued_anew_on(credential),
    )


def issued_anew_on(credential: Credential) -> date | None:
    """The day on which it took the place of another number; None if it is the first."""
    day = credential.facts.get("issued_anew_on")
    return date.fromisoformat(day) if day else None


PAPERS = {Certificate.Paper.A4: Paper.A4, Certificate.Paper.LETTER: Paper.LETTER}


def render(certificate: Certificate) -> bytes:
    """One paper's signed PDF, from the credential's frozen facts. Raises UnprintableName.

    The moment of signing stands in it, so every rendering is another file: what was stored once
    is what was issued.
    """
    is_letter = certificate.kind == Certificate.Kind.LETTER
    draw = pdf.render_certification_letter if is_letter else pdf.render_certificate
    facts = certificate_facts(certificate.credential)
    paper = PAPERS[Certificate.Paper(certificate.paper)]
    return sign_pdf(draw(facts, paper, is_to_be_signed=True), reason=certificate.credential.number)


def make_certificate(
    pk: int,
    now: datetime | None = None,
    *,
    render: Callable[[Certificate], bytes] = render,
) -> bool:
    """Render one certificate and store it; True if it was made now. Safe to run twice.

    Killed after rendering, the row still says "not made" and the sweep makes it again,
    over the same file name. Once all papers are there, the person is told (once).
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
        if not agrees(credential):
            certificate.problem = _("Its record does not state what was sealed when it was issued.")
            certificate.save(update_fields=["problem"])
            return False
        try:
            content = render(certificate)
        except UnprintableName as error:
            certificate.problem = _("No font has these letters: {letters}").format(
                letters=error.missing[:100]
            )
            certificate.save(update_fields=["problem"])
            return False
        store(certificate, content, now=now)
        # Papers finishing at once: one of them sees all made. One that was suspended, revoked or
        # replaced meanwhile is no good news any more.
        credential = lock(credential)
        is_active = credential.state == Credential.State.ACTIVE
        if is_active and not credential.certificates.filter(made_at=None).exists():
            emails.papers_ready(credential)
        return True


def store(certificate: Certificate, content: bytes, *, now: datetime | None = None) -> None:
    """Write the PDF over whatever an interrupted run left, and mark the row as made."""
    storage = certificate.document.storage
    piece = "" if certificate.kind == Certificate.Kind.CERTIFICATE else f"{certificate.kind}-"
    name = f"certificates/{certificate.credential.code}-{piece}{certificate.paper}.pdf"
    if storage.exists(name):
        storage.delete(name)
    certificate.document.name = storage.save(name, ContentFile(content))
    certificate.sha256 = hashlib.sha256(content).hexdigest()
    certificate.made_at = now or timezone.now()
    certificate.problem = ""
    certificate.save(update_fields=["document", "sha256", "made_at", "problem"])


@transaction.atomic
def make_lost_again(pk: int) -> bool:
    """Have a certificate made anew whose file storage has lost; True if it was lost.

    What its record states is the same, the moment of signing and so the file are not: the hash of
    the lost one stays beside the new one, so that copies in people's hands compare as before.
    """
    certificate = (
        Certificate.objects.select_for_update(of=("self",))
        .filter(pk=pk, made_at__isnull=False)
        .select_related("credential__user")
        .first()
    )
    if certificate is None or certificate.document.storage.exists(certificate.document.name or ""):
        return False
    certificate.earlier_sha256 = [*certificate.earlier_sha256, certificate.sha256]
    certificate.sha256, certificate.made_at = "", None
    certificate.requested_at = timezone.now()
    certificate.save(update_fields=["earlier_sha256", "sha256", "made_at", "requested_at"])
    record("certificate.lost", certificate, subject=certificate.credential.user)
    enqueue_certificate(pk)
    return True


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
    credential: Credential,
    *,
    by: Any,
    reason: str,
    ground: str = Credential.Ground.OTHER,
    appeal_contact: str = "",
    now: datetime | None = None,
) -> Credential:
    """Revoke, with a class of reason and the words that the person reads in a letter.

    ``appeal_contact`` is who reads an appeal. Raises Refusal without a reason, IllegalMove if it
    is revoked or replaced already. The verification page says so at once; papers and badge are
    no longer handed out. It can't be taken back.
    """
    credential = lock(credential)
    _give_reason(
        credential,
        revocation_reason=reason,
        revocation_ground=ground,
        appeal_contact=appeal_contact,
        revoked_at=now or timezone.now(),
    )
    _move_with_reason(credential, Credential.State.REVOKED, reason, ground, by=by, now=now)
    emails.credential_revoked(credential)
    return credential


@transaction.atomic
def suspend_credential(
    credential: Credential,
    *,
    by: User,
    reason: str,
    ground: str = Credential.Ground.OTHER,
    appeal_contact: str = "",
    now: datetime | None = None,
) -> Credential:
    """Let a credential rest until something is settled; the person reads the reason in a letter.

    Raises Refusal without a reason or for one's own, IllegalMove unless it is active. While it
    rests the verification page says so, and papers and badge are not handed out.
    """
    refuse_own(credential, by)
    credential = lock(credential)
    _give_reason(
        credential,
        suspension_reason=reason,
        suspension_ground=ground,
        appeal_contact=appeal_contact,
        suspended_at=now or timezone.now(),
    )
    _move_with_reason(credential, Credential.State.SUSPENDED, reason, ground, by=by, now=now)
    emails.credential_suspended(credential)
    return credential


@transaction.atomic
def lift_suspension(
    credential: Credential, *, by: User, note: str = "", now: datetime | None = None
) -> Credential:
    """Let it stand again, with a word to the person (``note``, may be empty).

    Raises Refusal for one's own, IllegalMove unless it is suspended.
    """
    refuse_own(credential, by)
    credential = lock(credential)
    began = credential.suspended_at
    move(
        credential,
        Credential.State.ACTIVE,
        by=by,
        now=now,
        data={"suspended_at": began.isoformat() if began else None},
    )
    emails.suspension_lifted(credential, note.strip())
    return credential


def refuse_own(credential: Credential, by: User) -> None:
    """Raise Refusal for one's own credential: somebody else of the office decides about it."""
    if by.pk == credential.user_id:
        raise Refusal(
            _("This is your own. Somebody else of the office has to do it; nothing was changed.")
        )


def _give_reason(credential: Credential, **values: Any) -> None:
    """Write why, before the move, which the database refuses without; Refusal for empty words."""
    words = {name: value.strip() for name, value in values.items() if isinstance(value, str)}
    if not all(value for name, value in words.items() if name.endswith("_reason")):
        raise Refusal(_("Please say why; the person reads it in their letter."))
    Credential.objects.filter(pk=credential.pk).update(**values | words)


def _move_with_reason(
    credential: Credential, to: str, reason: str, ground: str, *, by: Any, now: datetime | None
) -> None:
    data = {"reason": fingerprint(reason.strip()), "ground": str(ground)}
    move(credential, to, by=by, now=now, data=data)
    credential.refresh_from_db()


@transaction.atomic
def name_email_in_badge(credential: Credential, wanted: bool, *, by: Any) -> None:
    """Whether the holder's badge holds a hash of their e-mail address, as they wish (default no)."""
    credential = lock(credential)
    if credential.names_email == wanted:
        return
    credential.names_email = wanted
    credential.save(update_fields=["names_email"])
    record("credential.email_named", credential, by=by, subject=credential.user, wanted=int(wanted))


def announce_endings(now: datetime | None = None) -> int:
    """Tell holders once that a credential ends before long, and once that it has ended.

    How long before stands in the Edition in force. Returns how many letters were asked for.
    """
    on = today(now)
    notice = timedelta(days=Edition.objects.in_force(on).renewal_notice_days)
    held = Credential.objects.exclude(expires_on=None).select_related("user")
    soon = held.in_force(on).filter(expires_on__lte=on + notice)
    gone = held.expired(on).filter(expires_on__gte=on - timedelta(days=7))
    for credential in soon:
        with transaction.atomic():
            emails.credential_ends_soon(credential)
    for credential in gone:
        with transaction.atomic():
            emails.credential_expired(credential)
    return len(soon) + len(gone)
