"""What is typed in confidence lies in the rows that the pages name, and nowhere else: no log, no letter,
no cache, no session, no message to a worker, no paper that is somebody else's, no file in the clear.

Every field has a word of its own, so that a failure says what got out.
"""

import base64
import io
import logging
import re
import zlib
from collections.abc import Iterator
from datetime import date
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TestCase
from django.urls import reverse
from pypdf import PdfReader

from certification.portfolio import services as portfolio
from certification.portfolio.models import Excerpt
from certification.review.models import Dossier
from certification.review.services import dossiers
from scip.accounts.models import Role
from scip.mail.models import Letter
from scip.mail.services import deliver
from scip.privacy.services import exports
from scip.vault import arrivals
from scip.vault.services import read
from supervision.queries.records import scope_of
from supervision.services import notes, records
from tests import world
from tests.privacy import canary
from tests.review.desk import RECOMMENDED, Walker, make_walker

pytestmark = pytest.mark.django_db

# The supervisor's alone, or the committee's: no paper for the candidate may hold them.
NOT_THE_CANDIDATES = ("Kanarinote", RECOMMENDED["key_elements"])
# The tables that keep such words, by app; in no other may one be found.
THEIRS = ("portfolio_", "review_", "supervision_", "vault_")


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    """All that is kept outside the database, in a folder of its own."""
    for name in ("default", "vault"):
        settings.STORAGES = settings.STORAGES | {
            name: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": tmp_path / name, "base_url": None},
            }
        }
    return tmp_path


def written(walker: Walker, client: Client) -> None:
    """Everything that a candidate and a supervisor type in confidence, as far as it has a page."""
    post = client.post
    post(reverse("portfolio:clients"), {"name": "Kanarilabel"})
    post(reverse("portfolio:words"), {"text": "Kanariname", "kind": "avoid"})
    row = portfolio.begin_case(walker.candidacy, by=walker.user)
    address = reverse("portfolio:case", args=[row.pk])
    typed = {"version": 0, "happened": "Kanaricase met Dr. Kanariname on 3 May.", "reflection": ""}
    post(address, typed)
    post(address, typed | {"happened": "Kanarilost in another window"})
    client.get(reverse("portfolio:case_noticed", args=[row.pk]))
    portfolio.show_case(row, True, by=walker.user)
    write_up = portfolio.begin_write_up(walker.candidacy, "reflection", by=walker.user)
    portfolio.save_writing(write_up, {"text": "Kanariwriteup"}, revision=0, by=walker.user)
    facts = {
        "title": "Kanarititle",
        "note": "Kanariremark",
        "consent_on": "2026-01-05",
        "consent_scope": Excerpt.Scope.REVIEW,
        "identity": Excerpt.Identity.REMOVED,
    }
    post(
        reverse("portfolio:excerpt_new"),
        {**facts, "kind": "transcript", "attests": "on", "document": bomb("Kanarimacro.docm")},
    )
    portfolio.hand_in(
        walker.candidacy,
        by=walker.user,
        kind="video",
        **(facts | {"consent_on": date(2026, 1, 5)}),  # type: ignore[arg-type]
    )
    arrival = arrivals.begin(
        walker.user,
        purpose=Excerpt.PURPOSE,
        name="Kanarifile.mp4",
        size=12,
        allowed=["video/mp4"],
    )
    arrivals.receive(arrival, offset=0, content=b"Kanaricontent"[:12])
    arrivals.inspect(arrival)
    for by, word in ((walker.user, "Kanarijournal"), (walker.guide, "Kanarinote")):
        notes.write_own(walker.pair.agreement, word, by=by)
    walker.writes(personal="Kanariletter")
    walker.attests()


def bomb(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"PK\x03\x04 Kanarimacro")


@pytest.fixture
def walker(files: Path, caplog: pytest.LogCaptureFixture) -> Walker:
    """Typed, handed in, drawn, and asked for as a copy; whoever may open pages has opened them."""
    caplog.set_level(logging.DEBUG)
    made = make_walker()
    client = Client()
    client.force_login(made.user)
    with TestCase.captureOnCommitCallbacks(execute=True):
        written(made, client)
    made.hands_in()
    for row in Dossier.objects.all():
        assert dossiers.make_dossier(row.pk)
    paper = portfolio.ask_for_paper(made.candidacy.portfolio, by=made.user)
    assert portfolio.make_case_paper(paper.pk)
    assert exports.make(exports.ask(made.user).pk)
    for user in (made.user, made.guide, world.make_user("office2@example.com", Role.STAFF)):
        reader = Client()
        reader.force_login(user)
        for where in ("portfolio:home", "portfolio:shared", "pathway:home", "admin:index"):
            reader.get(reverse(where))
    for key in Letter.objects.filter(sent_at=None).values_list("dedupe_key", flat=True):
        deliver(key)
    return made


def leaks(caplog: pytest.LogCaptureFixture, files: Path) -> list[str]:
    """Every place outside their own rows in which one of the words is found."""
    return [
        *in_tables(),
        *in_logs(caplog),
        *in_letters(),
        *in_caches_and_sessions(),
        *in_files([files, Path(site.BROKER_FOLDER)]),
    ]


def in_tables() -> Iterator[str]:
    for name in canary.tables_with("kanari"):
        if not name.startswith(THEIRS):
            yield f"table {name}"


def in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    for line in (*caplog.get_records("setup"), *caplog.get_records("call")):
        if "kanari" in f"{line.getMessage()} {line.exc_text} {line.args}".lower():
            yield f"log {line.name}"


def in_letters() -> Iterator[str]:
    for message in mail.outbox:
        whole = BytesParser(policy=policy.default).parsebytes(message.message().as_bytes())
        for part in whole.walk():
            content = b"" if part.is_multipart() else part.get_payload(decode=True)
            if b"kanari" in f"{message.subject} {content!r}".lower().encode():
                yield f"letter {message.subject}"


def in_caches_and_sessions() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table, column in (("cache_entries", "value"), ("django_session", "session_data")):
            cursor.execute(f"select {column} from {table}")
            for (value,) in cursor.fetchall():
                # The middle of what is signed is its content, packed or not.
                if any(b"kanari" in decoded(piece).lower() for piece in value.split(":")):
                    yield f"table {table}, packed"


def in_files(folders: list[Path]) -> Iterator[str]:
    """In the clear, or in what a message to a worker packs; PDFs by their words."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        words = words_of(content) if content.startswith(b"%PDF-") else ""
        packed = b"".join(
            decoded(piece) for piece in re.findall(r"[\w+/=]{16,}", content.decode("latin-1"))
        )
        if b"kanari" in (content + packed + words.encode()).lower():
            yield f"file {path.name}"


def decoded(text: str) -> bytes:
    """What base64 may hide, unpacked where it was packed."""
    body = text.strip().lstrip(".")
    try:
        raw = base64.b64decode(body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4))
    except ValueError:
        return text.encode()
    try:
        return text.encode() + raw + zlib.decompress(raw)
    except zlib.error:
        return text.encode() + raw


def test_they_are_found_nowhere_but_in_their_own_rows(
    walker: Walker, files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert leaks(caplog, files) == []
    # What is looked through is there.
    own = [name for name in canary.tables_with("kanari") if name.startswith("portfolio_")]
    assert len(own) >= 5
    assert len(mail.outbox) >= 5
    assert caplog.get_records("setup")
    assert len([path for path in (files / "vault").rglob("*") if path.is_file()]) >= 4


def test_every_search_finds_a_word_that_got_out(
    files: Path, caplog: pytest.LogCaptureFixture, settings: Any, tmp_path: Path
) -> None:
    settings.BROKER_FOLDER = tmp_path / "broker"
    (tmp_path / "broker").mkdir()
    assert leaks(caplog, files) == []
    logging.getLogger("scip").warning("Somebody typed %s", "Kanariword")
    cache.set("key", {"words": "Kanariword"})
    session = SessionStore()
    session["typed"] = "Kanariword"
    session.save()
    mail.EmailMessage("Hello", "Dear Kanariword", "a@example.com", ["b@example.com"]).send()
    world.make_user("kanari@example.com")
    task = base64.b64encode(b'[["Kanariword"], {}]').decode()
    (tmp_path / "broker" / "message").write_text(f'{{"body": "{task}"}}')
    found = leaks(caplog, files)
    for place in (
        "table accounts_user",
        "log scip",
        "letter Hello",
        "table cache_entries, packed",
        "table django_session, packed",
        "file message",
    ):
        assert place in found, place


def words_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_paper_has_the_words_of_its_reader_alone(walker: Walker) -> None:
    own, whole = (
        words_of(read(row.document))
        for row in Dossier.objects.order_by("audience").select_related("document")
        if row.document is not None
    )
    # The control: what is theirs is found this way.
    assert "Kanaricase" in own
    assert RECOMMENDED["assessment"] in whole
    for word in ("Kanarinote", "Kanarijournal"):
        assert word not in own + whole, word
    flat = " ".join(own.split())
    for word in NOT_THE_CANDIDATES:
        assert word not in flat, word
    candidacy = walker.candidacy
    for user in (walker.user, walker.guide, world.make_user("records@example.com", Role.STAFF)):
        _row, record = records.export_paper(scope_of(candidacy, user), by=user)
        assert "kanari" not in words_of(record).lower(), user
