"""What a therapist vouches for with each excerpt. A changed sentence gets a new version here; rows keep
the words they were signed with."""

from django.utils.translation import gettext as _

from certification.portfolio.models import Excerpt

VERSION = 1


def wording(identity: str) -> str:
    """The sentences that are kept with an excerpt whose people are ``removed`` or ``consented``."""
    consent = _(
        "My client agreed in writing that this excerpt is used as I say here. I keep that consent in my "
        "client’s record, and my client can take it back at any time; then I remove the excerpt."
    )
    recognised = {
        Excerpt.Identity.REMOVED: _(
            "I have listened to it or read it to its end: no name, place, date, number or story in it "
            "tells somebody who my client is. I know that a voice and a face are recognisable by themselves."
        ),
        Excerpt.Identity.CONSENTED: _(
            "My client knows that they can be recognised in it, and agreed to that as well."
        ),
    }[Excerpt.Identity(identity)]
    return f"{consent}\n{recognised}"
