"""What verifiers and pages ask."""

from scip.accounts.models import User
from scip.credentials.models import Credential, SealedDocument, normalise_code
from scip.credentials.proof import agrees

State = Credential.State
# Written out: the verification page is asked most of all, and putting this together anew for each
# visitor takes longer than the rest of its answer.
WITH_PAPERS = """
    select credential.*, array(
        select array[paper.kind, paper.paper] from credentials_certificate paper
        where paper.credential_id = credential.id and paper.made_at is not null
        order by paper.kind, paper.paper
    ) as paper_rows
    from credentials_credential credential where credential.code = %s
"""


def by_code(typed: str, *, with_papers: bool = False) -> Credential | None:
    """The credential under a code as somebody typed it, whatever its standing; None if unknown.
    ``with_papers`` adds ``paper_rows``: kind and paper of those that are made. One query.

    Public: whoever has the code was shown the certificate. Codes can't be guessed (85 bits).
    """
    code = normalise_code(typed)
    if with_papers:
        return next(iter(Credential.objects.raw(WITH_PAPERS, [code])), None)
    return Credential.objects.filter(code=code).first()


def sealed_by_code(typed: str) -> SealedDocument | None:
    """The sealed document under a code as somebody typed it; None if unknown.

    Public for the same reason: whoever has the code was shown the document.
    """
    return SealedDocument.objects.filter(code=normalise_code(typed)).first()


def carried_on_by(credential: Credential) -> Credential:
    """The credential that holds today in the place of this one: itself unless it was replaced."""
    current = credential
    while current.state == State.REPLACED:
        current = Credential.objects.get(replaces=current)
    return current


def hands_out_papers(credential: Credential) -> bool:
    """Papers and badge of this one can be fetched: it stands, or what replaced it does; and it
    states what was sealed, since a badge is signed anew when it is asked for."""
    if not (credential.hands_out_papers and agrees(credential)):
        return False
    return carried_on_by(credential).hands_out_papers


def without_force(purpose: str, first: int, last: int) -> set[int]:
    """Keys of the credentials in this range that are revoked, or suspended, for badges.

    One that was taken down counts as revoked. What was replaced follows what replaced it: both
    are true, or neither is.
    """
    state = State.REVOKED if purpose == "revocation" else State.SUSPENDED
    found = set(Credential.objects.filter(state=state).values_list("pk", flat=True))
    if purpose == "revocation":
        down = Credential.objects.filter(facts__taken_down=True)
        found |= set(down.values_list("pk", flat=True))
    replaced = dict(
        Credential.objects.exclude(replaces=None).values_list("pk", "replaces").order_by("-pk")
    )
    # From the newest to the oldest, so that a chain is walked to its end.
    for new, old in replaced.items():
        if new in found and old is not None:
            found.add(old)
    return {pk for pk in found if first <= pk <= last}


def last_certification_of(user: User) -> Credential | None:
    """The newest certification, however it stands; None for somebody who never had one."""
    rows = Credential.objects.filter(user=user, kind=Credential.Kind.CERTIFIED)
    return rows.order_by("-id").first()
