"""The portfolio itself, the labels for clients, and the words it was told about."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.deidentification import fold
from certification.portfolio.models import ClientLabel, KnownWord, Portfolio
from scip.accounts.models import User
from scip.requirements import Refusal
from scip.states import lock

# Nobody needs more; a program that goes wrong is stopped here.
MOST_LABELS, MOST_WORDS = 200, 400


@transaction.atomic
def open_portfolio(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Portfolio:
    """The candidacy's portfolio, made now if it is not there yet. Raises Refusal for anybody but
    the candidate, and once the candidacy has ended."""
    if candidacy.user_id != by.pk:
        raise Refusal(_("A portfolio belongs to the candidate alone."))
    candidacy = lock(candidacy)
    if not candidacy.is_registered:
        raise Refusal(closed_sentence())
    portfolio, _is_new = Portfolio.objects.get_or_create(
        candidacy=candidacy, defaults={"created_at": now or timezone.now()}
    )
    return portfolio


def writable(portfolio: Portfolio, *, by: User) -> Portfolio:
    """The portfolio under its lock, for whoever may write in it; use inside a transaction.
    Raises Refusal for anybody but the candidate, and once the candidacy has ended."""
    portfolio = lock(portfolio)
    if portfolio.candidacy.user_id != by.pk:
        raise Refusal(_("A portfolio belongs to the candidate alone."))
    if not portfolio.is_open:
        raise Refusal(closed_sentence())
    return portfolio


def closed_sentence() -> str:
    return _(
        "This portfolio can be read, and no longer changed: its candidacy has come to an end. "
        "Write to the office if you think that it should be open."
    )


@transaction.atomic
def add_label(candidacy: Candidacy, name: str, *, by: User) -> ClientLabel:
    """A label for one more client. Raises Refusal where it stands there already."""
    portfolio = writable(open_portfolio(candidacy, by=by), by=by)
    name = " ".join(name.split())
    refuse_taken(portfolio, name)
    if portfolio.labels.count() >= MOST_LABELS:
        raise Refusal(_("There are very many labels here. Take out one you don’t use first."))
    return ClientLabel.objects.create(portfolio=portfolio, name=name)


@transaction.atomic
def rename_label(label: ClientLabel, name: str, *, by: User) -> None:
    """Another word for the same client, wherever it stands. Raises Refusal where it is taken."""
    portfolio = writable(label.portfolio, by=by)
    name = " ".join(name.split())
    refuse_taken(portfolio, name, besides=label)
    label.name = name
    label.save(update_fields=["name"])


def refuse_taken(portfolio: Portfolio, name: str, besides: ClientLabel | None = None) -> None:
    taken = portfolio.labels.filter(name__iexact=name)
    if besides is not None:
        taken = taken.exclude(pk=besides.pk)
    if taken.exists():
        raise Refusal(
            _("You have a label “{name}” already. Choose another word.").format(name=name)
        )


@transaction.atomic
def remove_label(label: ClientLabel, *, by: User) -> None:
    """Take out a label that nothing uses. Raises Refusal while something does."""
    writable(label.portfolio, by=by)
    if label.cases.exists() or label.client_sessions.exists():
        raise Refusal(
            _("“{name}” stands in a case study or in your log, so it stays.").format(
                name=label.name
            )
        )
    label.delete()


@transaction.atomic
def remember_word(
    candidacy: Candidacy, text: str, *, is_to_avoid: bool, by: User, now: datetime | None = None
) -> KnownWord:
    """Put a word on one of the two lists; it leaves the other. Raises Refusal when they are full."""
    portfolio = writable(open_portfolio(candidacy, by=by), by=by)
    text = " ".join(text.split())[:80]
    if not fold(text):
        raise Refusal(_("Type the name or word first."))
    is_known = portfolio.known_words.filter(folded=fold(text)).exists()
    if not is_known and portfolio.known_words.count() >= MOST_WORDS:
        raise Refusal(_("Your two lists are full. Take out a word you don’t need first."))
    word, _is_new = KnownWord.objects.update_or_create(
        portfolio=portfolio,
        folded=fold(text),
        defaults={"text": text, "is_to_avoid": is_to_avoid, "added_at": now or timezone.now()},
    )
    return word


@transaction.atomic
def forget_word(word: KnownWord, *, by: User) -> None:
    """Take a word off its list."""
    writable(word.portfolio, by=by)
    word.delete()
