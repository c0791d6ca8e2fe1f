"""Finding people, and everything about one of them on one page."""

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy, EquivalencyCase, Retreat
from cohorts.models import Application, Enrolment
from cohorts.queries.roster import attendance_evidence
from cohorts.requirements.attendance import Tally, attendance_tally
from payments.queries import StatementLine, statement
from scip.access.confidential import shown_to
from scip.accounts.models import Prerequisite, RoleGrant, User
from scip.accounts.queries import describe
from scip.audit.models import Entry
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from scip.searching import LIKE, plain_text

FOUND_AT_MOST = 50
ENTRIES = 50
LETTERS = 30


def searched(user: User, words: str) -> list[User]:
    """People whose name or address is like ``words``, best matches first; nobody for none.

    Accents, case and a wrong letter do not matter. Of an address only the part before the
    @ is compared loosely: everybody at one provider is alike otherwise.
    """
    people: QuerySet[User] = User.objects.visible_to(user)
    asked = words.strip()
    if not asked:
        return []
    plain, loose = plain_text(Value(asked)), plain_text(Value(asked.split("@")[0] or asked))
    text = plain_text("name", "email")
    found = (
        people.annotate(
            searched_text=text,
            holds=Case(When(searched_text__contains=plain, then=1), default=0),
            likeness=TrigramWordSimilarity(loose, text),
        )
        .filter(Q(searched_text__contains=plain) | Q(searched_text__trigram_word_similar=loose))
        .prefetch_related("role_grants")
        .order_by("-holds", "-likeness", "name", "pk")[:FOUND_AT_MOST]
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator that the index serves reads its threshold from here.
        cursor.execute(
            "select set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKE)]
        )
        return list(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """An enrolment with where its attendance stands."""

    enrolment: Enrolment
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How the account is kept; no address or browser of a session is shown."""

    has_verified_address: bool
    factors: tuple[str, ...]
    sessions: int
    last_seen_at: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An entry of the log in words; ``actor`` is empty where the system acted."""

    entry: Entry
    what: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's whole history. Nothing about aid: statements are not for the office."""

    user: User
    roles: tuple[RoleGrant, ...]
    prerequisites: tuple[tuple[Prerequisite, str], ...]
    applications: tuple[Application, ...]
    participations: tuple[Participation, ...]
    money: tuple[StatementLine, ...]
    completions: tuple[Completion, ...]
    credentials: tuple[Credential, ...]
    candidacies: tuple[Candidacy, ...]
    retreats: tuple[Retreat, ...]
    cases: tuple[EquivalencyCase, ...]
    letters: tuple[Letter, ...]
    security: Security


def person_of(user: User, *, by: User, now: Any) -> Person:
    """Everything about ``user`` that ``by`` may see, in a fixed number of queries."""
    records = Prerequisite.objects.visible_to(by).filter(user=user).order_by("kind", "-id")
    applications = (
        Application.objects.visible_to(by)
        .filter(user=user)
        .select_related("cohort")
        .order_by("-id")
    )
    enrolments = list(
        Enrolment.objects.visible_to(by).filter(user=user).select_related("cohort").order_by("-id")
    )
    evidence = attendance_evidence([item.pk for item in enrolments])
    completions = Completion.objects.visible_to(by).filter(user=user).order_by("level")
    credentials = Credential.objects.visible_to(by).filter(user=user).order_by("-id")
    candidacies = Candidacy.objects.visible_to(by).filter(user=user).order_by("-id")
    return Person(
        user=user,
        roles=tuple(RoleGrant.objects.filter(user=user).order_by("-since", "-id")),
        prerequisites=tuple((row, describe(row)) for row in records),
        applications=tuple(applications),
        participations=tuple(
            Participation(enrolment=item, tally=attendance_tally(evidence[item.pk], as_of=now))
            for item in enrolments
        ),
        money=tuple(statement(user)),
        completions=tuple(completions),
        credentials=tuple(credentials),
        candidacies=tuple(candidacies.select_related("edition")),
        retreats=tuple(Retreat.objects.visible_to(by).filter(user=user).order_by("-id")),
        cases=tuple(EquivalencyCase.objects.visible_to(by).filter(user=user).order_by("-id")),
        letters=tuple(
            shown_to(by, Letter.objects.filter(to_user=user))
            .defer("text", "html", "attachments")
            .order_by("-id")[:LETTERS]
        ),
        security=security_of(user),
    )


def security_of(user: User) -> Security:
    """Second factor and sessions, in three queries."""
    sessions = list(
        UserSession.objects.filter(user=user)
        .order_by("-last_seen_at")
        .values_list("last_seen_at", flat=True)
    )
    labels = {
        Authenticator.Type.TOTP: _("authenticator app"),
        Authenticator.Type.WEBAUTHN: _("passkey"),
        Authenticator.Type.RECOVERY_CODES: _("recovery codes"),
    }
    factors = Authenticator.objects.filter(user=user).order_by("id").values_list("type", flat=True)
    return Security(
        has_verified_address=EmailAddress.objects.filter(user=user, verified=True).exists(),
        factors=tuple(labels[Authenticator.Type(kind)] for kind in factors),
        sessions=len(sessions),
        last_seen_at=sessions[0] if sessions else None,
    )


def log_of(
    user: User, *, by: User, before: int | None
) -> tuple[tuple[Occurrence, ...], int | None]:
    """The newest entries about the person that ``by`` may read, older than entry ``before``, and
    where the next page begins (None at the end). Three queries, however long the log is."""
    rows = shown_to(by, Entry.objects.filter(subject_id=user.pk))
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: ENTRIES + 1])
    following = found[ENTRIES - 1].pk if len(found) > ENTRIES else None
    found = found[:ENTRIES]
    ids = {entry.actor_id for entry in found if entry.actor_id}
    names = {row.pk: str(row) for row in User.objects.filter(pk__in=ids or {0})}
    return (
        tuple(
            Occurrence(
                entry=entry,
                what=what_happened(entry),
                actor=actor_of(entry, names, user),
            )
            for entry in found
        ),
        following,
    )


def actor_of(entry: Entry, names: dict[int, str], user: User) -> str:
    """Who acted: a name, "the person", or a number where the person was erased."""
    if entry.actor_id is None:
        return ""
    if entry.actor_id == user.pk:
        return _("the person")
    return names.get(entry.actor_id, f"#{entry.actor_id}")


def what_happened(entry: Entry) -> str:
    """An entry's action in words: the object and the state it came to, or the code's words."""
    verb = entry.action.rsplit(".", 1)[-1]
    model = model_of(entry.object_type)
    if model is None:
        return capfirst(entry.action.replace(".", " ").replace("_", " "))
    states = getattr(model, "State", None)
    label = dict(states.choices).get(verb, "") if states is not None else ""
    return capfirst(f"{model._meta.verbose_name}: {label or verb.replace('_', ' ')}")


def model_of(object_type: str) -> Any:
    """The model an entry speaks of; None if there is none (any more)."""
    app_label, _dot, name = object_type.partition(".")
    return apps.all_models[app_label].get(name) if app_label in apps.app_configs else None
