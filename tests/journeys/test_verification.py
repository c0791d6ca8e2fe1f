"""The holder's page, and a stranger who verifies: each standing, a file that is ours and one that isn't."""

from pathlib import Path
from typing import Any

import pytest

from scip.accounts.models import User
from scip.credentials import services
from scip.credentials.models import Credential
from scip.credentials.reissuing import issue_anew
from tests.credentials.certification import certify, make_papers


@pytest.fixture
def credential(site: str, participant: User) -> Credential:
    credential = certify(participant)
    make_papers(credential)
    return credential


def test_each_standing_is_read_and_files_are_compared(
    someone: Any, credential: Credential, participant: User, staff: User, tmp_path: Path
) -> None:
    holder, visitor = someone(participant), someone()
    own, public = f"/credentials/{credential.code}/", f"/verify/{credential.code}/"
    holder.go(own)
    holder.look(closely=True)
    visitor.go(public)
    visitor.look(closely=True)
    paper = tmp_path / "letter.pdf"
    paper.write_bytes(credential.certificates.get(kind="letter", paper="a4").document.read())
    visitor.page.get_by_label("The file in your hands").set_input_files(paper)
    visitor.press("Compare it")
    visitor.reads("This file is one that we issued.")
    paper.write_bytes(paper.read_bytes()[:-1])
    visitor.page.get_by_label("The file in your hands").set_input_files(paper)
    visitor.press("Compare it")
    visitor.reads("This file is none of those we issued under this code.")

    services.suspend_credential(credential, by=staff, reason="Your licence ended in April.")
    for person, address, words in (
        (visitor, public, "This credential is suspended."),
        (holder, own, "Your licence ended in April."),
    ):
        person.go(address)
        person.reads(words)
    services.lift_suspension(credential, by=staff)
    participant.name = "Paula Participant"
    participant.save()
    new = issue_anew(credential, reason="name", by=staff)
    make_papers(new)
    for person, address in ((visitor, public), (holder, own)):
        person.go(address)
        person.reads(f"replaced by {new.number}")
    visitor.follow(f"See {new.number}")
    visitor.reads("This credential is active.")
    services.revoke_credential(new, by=staff, reason="Issued in error.")
    visitor.go(public)
    visitor.reads("this one stands no better")
    visitor.go(f"/verify/{new.code}/")
    visitor.reads("This credential was revoked.")
    holder.go(f"/credentials/{new.code}/")
    holder.reads("Issued in error.")
    # What two strangers and a holder read is what stands on record, for both numbers.
    standing = Credential.objects.filter(user=participant).values_list("number", "state")
    assert set(standing) == {(credential.number, "replaced"), (new.number, "revoked")}
    Credential.objects.filter(pk=new.pk).update(holder_name="Somebody Else")
    visitor.go(f"/verify/{new.code}/")
    visitor.reads("Please don’t rely on this record for now.")
