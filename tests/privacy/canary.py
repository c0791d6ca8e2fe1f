"""A person with a canary in every field that can hold words, by the table itself.

Rows are made from the models, one of each kind that is about the person; whoever adds a model gets
a row of it here without doing anything, or learns from the database what it asks for.
"""

import uuid
from datetime import date, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone

from scip.privacy.rules import Entry, Erase, table
from scip.vault.services import store
from tests import world
from tests.vault.samples import simple_pdf

CANARY = "Kanarienvogel"
NAME = f"{CANARY} Immergrün"
ADDRESS = "kanarienvogel@example.org"

# What the database asks for beyond a value in every field.
ASKED: dict[str, dict[str, Any]] = {
    "accounts.Prerequisite": {"kind": "practice"},
    "accounts.RoleGrant": {
        "role": "facilitator",
        "until": date(2020, 2, 1),
        "since": date(2020, 1, 1),
    },
    "candidacy.Attestation": {"client_sessions": 24, "clients": 4},
    "candidacy.Candidacy": {"state": "withdrawn", "edition": None, "active_at": None},
    "candidacy.EquivalencyCase": {"state": "withdrawn"},
    "cohorts.Application": {"state": "withdrawn"},
    "cohorts.Enrolment": {"state": "withdrawn", "promised_at": timezone.now()},
    "cohorts.Offer": {"state": "declined", "list_cents": 100},
    "cohorts.Transfer": {"state": "withdrawn", "arrival": None},
    "community.Post": {"state": "hidden"},
    "community.Thread": {"affinity": None},
    "community.Material": {"document": None},
    "consultations.Round": {"night_from": time(23)},
    "credentials.Credential": {"state": "revoked", "revoked_at": timezone.now()},
    "directory.Listing": {"website": "https://example.org/Kanarienvogel"},
    "mail.Letter": {"dedupe_key": "canary"},
    "payments.Charge": {"amount_cents": 10_000, "gift_cents": 0, "moved_to": None, "part_of": None},
    "payments.Adjustment": {"amount_cents": 100, "kind": "correction", "grant": None},
    "payments.Payment": {"amount_cents": 9_000},
    "payments.Refund": {"amount_cents": 10, "state": "done"},
    "payments.Dispute": {"amount_cents": 10, "state": "won"},
    "payments.DisputeStep": {"before": "here", "after": "held"},
    "payments.FundEntry": {"kind": "grant", "amount_cents": -10},
    "portfolio.Excerpt": {"is_shown_in_person": False},
    "portfolio.OfficeAccess": {"case": None},
    "portfolio.Opening": {"case": None},
    "privacy.ErasureRequest": {"state": "withdrawn", "due_at": timezone.now() + timedelta(days=1)},
    "review.Appeal": {"decision": None},
    "review.Decision": {"state": "sent", "outcome": "certified"},
    "supervision.Agreement": {"state": "ended"},
    "supervision.CaseMaterial": {"is_deidentified": True},
    "supervision.SupervisionSession": {
        "state": "confirmed",
        "corrects": None,
        "confirmed_by": None,
        "ends_at": timezone.now() + timedelta(hours=1),
    },
}


class World:
    """One row of each model, made as it is needed."""

    def __init__(self) -> None:
        self.edition = world.make_edition()
        world.make_framework(self.edition)
        self.person = world.make_user(
            ADDRESS, name=NAME, phone=CANARY, profession=CANARY, credentials_suffix=CANARY
        )
        self.other = world.make_user("somebody@example.org", name="Somebody Else")
        self.rows: dict[str, models.Model] = {
            "accounts.User": self.person,
            "policy.Edition": self.edition,
            "account.EmailAddress": EmailAddress.objects.get(user=self.person),
        }
        self.made = 0
        self.rows["vault.StoredFile"] = self.file()

    def row(self, label: str) -> models.Model:
        """The one row of a model; made now if there is none."""
        found = self.rows.get(label)
        if found is None:
            model = apps.get_model(label)
            found = model._base_manager.first() if label in SHARED else None
            found = found or self.make(model)
            self.rows[label] = found
        return found

    def make(self, model: type[models.Model], **asked: Any) -> Any:
        label = model._meta.label
        values = ASKED.get(label, {}) | asked
        for field in model._meta.concrete_fields:
            if field.name not in values and not field.primary_key:
                values[field.name] = self.value(label, field)
        self.made += 1
        return model._base_manager.create(**values)

    def value(self, label: str, field: Any) -> Any:
        if field.is_relation:
            return self.related(label, field)
        if isinstance(field, models.EmailField):
            return ADDRESS
        if isinstance(field, models.FileField):
            return ContentFile(CANARY.encode(), name="canary.bin")
        if field.choices:
            return field.default if field.has_default() else field.choices[0][0]
        kind = field.get_internal_type()
        if field.null and kind not in {"CharField", "TextField", "JSONField"}:
            return None
        if kind in {"CharField", "TextField"}:
            return self.words(field)
        plain: dict[str, Any] = {
            "JSONField": dict.fromkeys(("words", "reason", "holder_name"), self.word(field)),
            "TimeField": time(18),
            "DateField": timezone.localdate(),
            "DateTimeField": timezone.now() + timedelta(seconds=field.creation_counter),
            "UUIDField": uuid.uuid4(),
            "GenericIPAddressField": "192.0.2.7",
            "URLField": f"https://example.org/{self.word(field)}",
            "SlugField": f"canary-{self.made}",
            "BinaryField": b"canary",
        }
        if kind in plain:
            return plain[kind]
        if field.has_default():
            return field.get_default()
        return None if field.null else 1

    def word(self, field: Any) -> str:
        """The canary, where the table says that the field is personal."""
        entry = table().entries[field.model._meta.label]
        if not entry.about or field.name not in entry.personal:
            return "neutral"
        # What others write of somebody is found by the whole name.
        is_mention = any(about.person.startswith("mentions:") for about in entry.about)
        return NAME if is_mention else CANARY

    def words(self, field: Any) -> str:
        if field.max_length is not None and field.max_length < 20:
            return "USD" if field.max_length == 3 else f"k{self.made}"[: field.max_length]
        mark = f" {self.made} {field.name}"
        text = self.word(field) + (mark if field.unique else "")
        return text[: field.max_length] if field.max_length else text

    def related(self, label: str, field: Any) -> Any:
        target = field.related_model._meta.label
        if label == "consultations.Swap" and field.name == "asked":
            another = self.make(apps.get_model("cohorts.Session"), number=2)
            return self.make(field.related_model, slot=2, session=another)
        if target == "vault.StoredFile":
            return self.file()
        if target == label:
            return None
        if label == "review.Decision" and field.name == "proposed_by":
            return self.other  # a second member reads what one wrote
        if target == "accounts.User":
            return self.person
        return self.row(target)

    def file(self) -> Any:
        """A sealed file of the person's, with the canary in its name."""
        upload = ContentFile(simple_pdf(), name=f"{CANARY}.pdf")
        return store(
            upload,  # type: ignore[arg-type]
            owner=self.person,
            purpose="canary",
            allowed={"application/pdf"},
            max_bytes=1_000_000,
        )


# Rows that stay as they are and that only money which really moved can make (tests/payments).
NOT_MADE = {"payments.MoneyMove"}

# Rows of the office's that anybody may share.
SHARED = {"supervision.Competency", "supervision.DevelopmentalLevel", "policy.Edition"}


def plant() -> World:
    """One row of every model that is about the person, with the canary wherever words fit."""
    built = World()
    for entry in table().entries.values():
        if entry.about and entry.label not in NOT_MADE:
            built.row(entry.label)
    return built


def planted_fields(entry: Entry) -> list[str]:
    """The personal fields of a model in which words fit."""
    fits = (models.CharField, models.TextField, models.JSONField)
    return [
        name
        for name in entry.personal
        if isinstance(field := entry.model._meta.get_field(name), fits)
        and not field.choices
        and name != "time_zone"
        and (field.max_length or 99) >= 20
    ]


def tables_with(words: str) -> dict[str, int]:
    """Every table of the database that holds these words anywhere in a row, and in how many."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
        for (name,) in cursor.fetchall():
            quoted = connection.ops.quote_name(name)
            cursor.execute(
                f"select count(*) from {quoted} as row_of where row_of::text ilike %s",
                [f"%{words}%"],
            )
            (count,) = cursor.fetchone()
            if count:
                found[name] = count
    return found


def may_stay() -> set[str]:
    """The tables of which the page says that rows or words stay."""
    return {
        entry.model._meta.db_table
        for entry in table().entries.values()
        if entry.kept or any(about.erase == Erase.KEEP for about in entry.about)
    }
