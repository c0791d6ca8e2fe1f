"""What is in a copy of somebody's data, and above all what is not."""

import json
import re
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.storage import storages
from django.db import connection
from django.db.models import Model
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cohorts.models import AbsenceException, ExceptionComment
from consultations.models import Proposal
from payments.models import Invoice
from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.community.models import Report
from scip.community.services import report_post
from scip.mail.models import Letter
from scip.privacy.archive.contents import (
    PART_BYTES,
    first_part,
    further_part,
    papers,
    plan,
)
from scip.privacy.archive.rows import exported_entries, owner_of
from scip.privacy.archive.zipping import Item, zipped
from scip.privacy.checks import problems_of_export
from scip.privacy.models import DataExport
from scip.privacy.rules import table
from scip.vault.models import StoredFile
from scip.vault.sealing import CHUNK_SIZE
from scip.vault.services import destroy
from supervision.models import Competency, DevelopmentalLevel, Rating, Recommendation
from supervision.services import agreements, introductions, material, notes
from tests import world
from tests.community.rooms import answer, begin, make_group
from tests.privacy import canary
from tests.privacy.exporting import copy_of, everything, hand_in, made, rows_of, zips
from tests.supervision.pair import START, make_pair, walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def built() -> canary.World:
    """One row of everything about one person, and no other copy of theirs."""
    found = canary.plant()
    DataExport.objects.update(state="expired", asked_at=timezone.now() - timedelta(days=9))
    Proposal.objects.update(state="published")
    # Its paper is drawn from what an invoice really holds (tests/payments).
    Invoice.objects.all().delete()
    return found


DRAWN = {"payments.Invoice"}


def missing_models(archive: Any) -> set[str]:
    """The exported models of which a copy has no row."""
    return {entry.label for entry in exported_entries() if not rows_of(archive, entry.label)}


def fields_of(entry: Any) -> set[str]:
    """All fields that a row in a copy may have."""
    names = set(entry.exported_fields) | {f"{name}_name" for name in entry.exported_fields}
    return names | {"file_in_archive"}


# --- everything ------------------------------------------------------------------------


def test_every_model_of_the_table_is_in_it(built: canary.World) -> None:
    assert missing_models(copy_of(built.person)) == canary.NOT_MADE | DRAWN


def test_a_model_without_a_row_is_noticed(built: canary.World) -> None:
    built.rows["candidacy.Leave"].delete()
    assert missing_models(copy_of(built.person)) == canary.NOT_MADE | DRAWN | {"candidacy.Leave"}


def test_all_words_of_the_person_are_in_it_and_no_secret(built: canary.World) -> None:
    archive = copy_of(built.person)
    for entry in exported_entries():
        for row in rows_of(archive, entry.label):
            assert set(row) <= fields_of(entry), entry.label
            assert not set(row) & set(entry.secret), entry.label
    words = everything(archive)
    assert built.person.password not in words
    for file in StoredFile.objects.all():
        assert file.storage_name not in words
    entries = [e for e in exported_entries() if canary.planted_fields(e) and not e.alone]
    bare = [
        entry.label
        for entry in entries
        if entry.label not in canary.NOT_MADE | DRAWN
        and canary.CANARY.lower() not in str(rows_of(archive, entry.label)).lower()
    ]
    assert bare == []


def test_files_are_in_it_as_they_were_handed_in(edition: Any) -> None:
    person = world.make_user("taking@example.org")
    hand_in(person, b"a licence", name="Lizenz für Ärztin.pdf")
    hand_in(person, b"an older copy", name="copy.zip", purpose="export")
    archive = copy_of(person)
    (path,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert path.startswith("files/evidence/")
    assert path.endswith("-Lizenz_für_Ärztin.pdf")
    assert archive.read(path) == b"a licence"
    told = {row["file_in_archive"] for row in rows_of(archive, "vault.StoredFile")}
    assert told == {path, ""}
    assert f'href="{quote(path)}"' in archive.read("index.html").decode()


def test_a_file_that_is_missing_in_storage_is_told_and_stops_nothing(edition: Any) -> None:
    person = world.make_user("taking@example.org")
    file = hand_in(person, b"gone", name="gone.pdf")
    hand_in(person, b"here", name="here.pdf")
    storages["vault"].delete(file.storage_name)
    archive = copy_of(person)
    (gone, here) = [name for name in archive.namelist() if name.startswith("files/")]
    assert gone.endswith("gone.pdf.missing.txt")
    assert "could not be read" in archive.read(gone).decode()
    assert archive.read(here) == b"here"
    links = set(re.findall(r'href="(files/[^"]+)"', archive.read("index.html").decode()))
    assert links == {quote(gone), quote(here)}


def test_what_is_destroyed_while_a_copy_is_made_is_left_out_and_not_called_damaged(
    edition: Any, caplog: Any
) -> None:
    person = world.make_user("taking@example.org")
    first, second, third, last = (
        hand_in(person, b"content", name=f"{name}.pdf")
        for name in ("first", "second", "third", "last")
    )
    destroy(StoredFile.objects.get(pk=last.pk))
    lost: list[str] = []
    found = {}
    for weighed in first_part(person, [[first.pk, second.pk, third.pk, last.pk]], lost):
        if weighed.item.path.endswith("first.pdf"):
            # All were listed by now. Of the second the bytes are not gone yet.
            destroy(StoredFile.objects.get(pk=second.pk))
            destroy(StoredFile.objects.get(pk=third.pk))
            storages["vault"].delete(third.storage_name)
        found[weighed.item.path] = b"".join(weighed.item.pieces()).decode()
    paths = [path.rpartition("-")[2] for path in found if path.startswith("files/")]
    assert paths == ["first.pdf", "second.pdf"]
    rows = json.loads(found["data/12-files/vault.StoredFile.json"])["rows"]
    told = {row["id"]: (row["file_in_archive"] in found, row["destroyed_at"]) for row in rows}
    gone = {
        str(pk): moment.isoformat()
        for pk, moment in StoredFile.objects.exclude(destroyed_at=None).values_list(
            "pk", "destroyed_at"
        )
    }
    assert told == {
        str(first.pk): (True, None),
        str(second.pk): (True, gone[str(second.pk)]),
        str(third.pk): (False, gone[str(third.pk)]),
        str(last.pk): (False, gone[str(last.pk)]),
    }
    assert {
        row["file_in_archive"] for row in rows if row["id"] in map(str, (third.pk, last.pk))
    } == {""}
    assert "third" not in found["index.html"]
    assert lost == []
    assert caplog.text == ""


def test_a_paper_that_is_gone_from_storage_is_an_error_for_the_operator(
    edition: Any, caplog: Any
) -> None:
    guide = world.make_supervisor(world.make_user("guide@example.org"))
    guide.photo.name = "supervisors/gone.jpg"
    guide.save()
    lost: list[str] = []
    paths = [weighed.item.path for weighed in papers(owner_of(guide.user), lost)]
    assert paths == [f"{path}.missing.txt" for path in lost]
    (told,) = [r for r in caplog.records if "missing in storage" in r.message]
    assert told.levelname == "ERROR"
    # No list of the office has these: nobody is told that it knew.
    page = render_to_string("privacy/archive/not_readable.txt", {"lost": lost})
    assert "office knows" not in page
    assert "write to the office" in page


def spoil(file: StoredFile, at: int) -> None:
    """One bit of what lies in storage is another."""
    path = Path(storages["vault"].path(file.storage_name))
    sealed = bytearray(path.read_bytes())
    sealed[at] ^= 1
    path.write_bytes(sealed)


def test_a_damaged_file_costs_itself_and_no_other(edition: Any, caplog: Any) -> None:
    person = world.make_user("taking@example.org")
    broken = hand_in(person, b"b" * CHUNK_SIZE * 2, name="broken.pdf")
    spoilt = hand_in(person, b"spoilt", name="spoilt.pdf")
    locked = hand_in(person, b"locked", name="locked.pdf")
    hand_in(person, b"here", name="here.pdf")
    spoil(broken, CHUNK_SIZE + 100)
    spoil(spoilt, 0)
    StoredFile.objects.filter(pk=locked.pk).update(key_id="0" * 16)
    export = made(person)
    assert export.state == "ready"
    (archive,) = zips(export)
    names = {
        name.rpartition("-")[2]: name for name in archive.namelist() if name.startswith("files/")
    }
    assert set(names) == {
        "broken.pdf",
        "broken.pdf.damaged.txt",
        "spoilt.pdf.missing.txt",
        "locked.pdf.missing.txt",
        "here.pdf",
    }
    assert archive.read(names["here.pdf"]) == b"here"
    assert archive.read(names["broken.pdf"]) == b"b" * CHUNK_SIZE
    assert "Only the beginning" in archive.read(names["broken.pdf.damaged.txt"]).decode()
    for page in ("index.html", "README.txt"):
        told = archive.read(page).decode().partition("What could not be read")[2]
        told = told.partition("Papers, and files")[0]
        for name in ("broken.pdf", "spoilt.pdf", "locked.pdf"):
            assert name in told, (page, name)
        assert "here.pdf" not in told
    assert set(StoredFile.objects.damaged()) == {broken, spoilt, locked}
    assert caplog.text.count("can't be read") == 3
    assert export.parts.get().lost == 3


def test_a_later_part_says_what_is_in_it_and_what_is_not(edition: Any) -> None:
    person = world.make_user("taking@example.org")
    spoilt = hand_in(person, b"spoilt", name="spoilt.pdf")
    here = hand_in(person, b"here", name="here.pdf")
    gone = hand_in(person, b"gone", name="gone.pdf")
    spoil(spoilt, 0)
    parts = [[], [spoilt.pk, here.pk, gone.pk], []]
    first = {item.item.path: item.item for item in first_part(person, parts, [])}
    planned = json.loads(b"".join(first["data/12-files/vault.StoredFile.json"].pieces()))
    assert {row["file_in_archive"] for row in planned["rows"]} == {"part 2"}
    destroy(StoredFile.objects.get(pk=gone.pk))
    lost: list[str] = []
    items = {
        item.item.path: b"".join(item.item.pieces()).decode()
        for item in further_part(person, 2, parts, lost)
    }
    assert [name.rpartition("-")[2] for name in lost] == ["spoilt.pdf"]
    page = items["PART-2.txt"]
    inside, _gone, rest = page.partition("destroyed while the copy was being made")
    destroyed, _lost, unread = rest.partition("What could not be read")
    (own,) = [path for path in items if path.endswith("here.pdf")]
    assert "Part 2 of 3" in inside
    assert own in inside
    assert "gone.pdf" not in page
    assert f"-{gone.pk.hex[:8]}: {timezone.now():%Y-%m-%d}" in destroyed
    assert lost[0] in unread
    rows = json.loads(items["data/12-files/vault.StoredFile.part-2.json"])["rows"]
    assert {row["id"]: row["file_in_archive"] for row in rows} == {
        str(spoilt.pk): f"{lost[0]}.missing.txt",
        str(here.pk): own,
        str(gone.pk): "",
    }
    assert {row["file_in_archive"] for row in rows} - {""} <= items.keys()


def test_what_others_call_their_rows_has_a_title_for_the_person() -> None:
    """A plural that Django guesses of "seat on a panel" or "reading notes" is no word."""
    guessed = [
        entry.label
        for entry in exported_entries()
        if not entry.title
        and "verbose_name_plural" not in entry.model._meta.original_attrs
        and re.search(r" (?:of|on|to|who|by) |s$", str(entry.model._meta.verbose_name))
    ]
    assert guessed == []


# --- other people's words --------------------------------------------------------------


def test_of_a_pair_each_takes_along_what_is_theirs() -> None:
    pair = make_pair()
    walk(pair, 2)
    agreement, candidate, guide = pair.agreement, pair.candidate, pair.guide
    notes.write_own(agreement, "kanari-journal", by=candidate)
    notes.write_own(agreement, "kanari-note", by=guide)
    notes.give_feedback(agreement, "kanari-feedback", by=guide)
    material.hand_over(
        agreement, by=candidate, title="kanari-material", note="kanari-about", is_deidentified=True
    )
    level = world_level(agreement)
    Rating.objects.create(**level, side="self", sentence="kanari-self", rated_by=candidate)
    Recommendation.objects.create(agreement=agreement, key_elements="kanari-letter")
    other = world.make_supervisor(world.make_user("third@example.com", name="Theo Third"))
    introductions.ask(pair.candidacy, other, message="kanari-request", by=candidate)
    agreements.end_agreement(
        agreement, by=guide, reason="kanari-reason", farewell="kanari-farewell"
    )
    mine = everything(copy_of(candidate))
    theirs = everything(copy_of(guide))
    third = everything(copy_of(other.user))

    def found(words: str) -> set[str]:
        return {word for word in mine_and_theirs if f"kanari-{word}" in words}

    mine_and_theirs = {
        "journal", "note", "feedback", "material", "about", "self", "letter", "request",
        "reason", "farewell",
    }  # fmt: skip
    assert found(mine) == {
        "journal", "feedback", "material", "about", "self", "request", "farewell",
    }  # fmt: skip
    assert found(theirs) == {"note", "feedback", "letter", "reason", "farewell"}
    assert found(third) == set()
    assert candidate.email not in theirs
    assert guide.email not in mine.replace("reply_to", "")


def world_level(agreement: Any) -> dict[str, Any]:
    """A competency and a word of the agreement's framework."""
    world.make_framework(agreement.candidacy.edition)
    return {
        "agreement": agreement,
        "competency": Competency.objects.first(),
        "level": DevelopmentalLevel.objects.first(),
        "session": agreement.sessions.first(),
    }


def test_of_a_conversation_each_takes_along_their_own_words() -> None:
    cohort, _leader, (first, second) = make_group(2)
    thread = begin(cohort, first, title="kanari-title", body="kanari-first")
    post = answer(thread, second, body="kanari-second")
    report_post(post, by=first, reason="kanari-why")
    Report.objects.update(words=post.body)  # what the office kept
    mine, theirs = everything(copy_of(first)), everything(copy_of(second))
    for words in ("kanari-title", "kanari-first", "kanari-why"):
        assert words in mine
        assert words not in theirs
    assert "kanari-second" in theirs
    assert "kanari-second" not in mine
    assert second.name not in mine


def test_what_leaders_say_among_themselves_is_not_for_the_person(edition: Any) -> None:
    _cohort, leader, (person,) = make_group(1)
    enrolment = person.enrolments.get()
    session = enrolment.cohort.sessions.first()
    exception = AbsenceException.objects.create(
        enrolment=enrolment, session=session, reason="kanari-mine"
    )
    ExceptionComment.objects.create(exception=exception, author=leader, text="kanari-among")
    assert "kanari-among" not in everything(copy_of(person))
    of_leader = everything(copy_of(leader))
    assert "kanari-among" in of_leader
    assert "kanari-mine" not in of_leader


def test_the_office_takes_along_numbers_of_others_and_no_names(edition: Any) -> None:
    office = world.make_user("office@example.org", Role.STAFF, name="Olga Office")
    person = world.make_user("seen@example.org", name="Selma Seen")
    LogEntry.objects.create(
        user=office, action_flag=CHANGE, object_id=str(person.pk), object_repr="Selma Seen"
    )
    Entry.objects.create(action="x.looked", actor_id=office.pk, subject_id=person.pk)
    archive = copy_of(office)
    assert "Selma" not in everything(archive)
    (row,) = [r for r in rows_of(archive, "audit.Entry") if r["action"] == "x.looked"]
    assert (row["actor_id"], row["subject_id"]) == ("you", "somebody else")
    assert [set(r) & {"object_repr"} for r in rows_of(archive, "admin.LogEntry")] == [set()]


def test_people_and_courses_have_names_where_the_person_knows_them() -> None:
    pair = make_pair()
    walk(pair, 1)
    (row,) = rows_of(copy_of(pair.candidate), "supervision.SupervisionSession")
    assert row["supervisor_name"] == pair.guide.name
    assert (row["logged_by"], row["confirmed_by"]) == (pair.guide.name, "you")
    (version, *_rest) = rows_of(copy_of(pair.guide), "supervision.AgreementVersion")
    assert "goals" in version
    names = copy_of(make_pair(2).candidate).namelist()
    assert [name for name in names if name.startswith("papers/agreement/")] != []


# --- size ------------------------------------------------------------------------------


def fill(person: User, count: int) -> None:
    cohort, _leader, people = make_group(1)
    for number in range(count):
        thread = begin(cohort, people[0], title=f"Question {number}")
        Entry.objects.create(action="x", subject_id=person.pk)
        Letter.objects.create(
            dedupe_key=f"{person.pk}:{number}",
            to_user=person,
            to_address=person.email,
            subject="x",
            text="x",
        )
        thread.posts.update(author=person)
        hand_in(person, b"x", name=f"{number}.pdf")


def queries_of(person: User) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        for weighed in first_part(person, plan(person), []):
            for _piece in weighed.item.pieces():
                pass
    return len(seen)


def test_queries_do_not_grow_with_rows(edition: Any) -> None:
    one, three = world.make_user("one@example.org"), world.make_user("three@example.org")
    fill(one, 1)
    fill(three, 3)
    assert queries_of(one) == queries_of(three)


def peak_of(person: User) -> int:
    """The most memory, in bytes, that zipping the person's files takes."""
    (keys,) = plan(person)
    items = (weighed.item for weighed in further_part(person, 2, [[], keys], []))
    tracemalloc.start()
    size = sum(len(piece) for piece in zipped(items, made_at=START))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > sum(StoredFile.objects.filter(pk__in=keys).values_list("size", flat=True))
    return peak


def test_memory_does_not_grow_with_files(edition: Any) -> None:
    small, large = world.make_user("small@example.org"), world.make_user("large@example.org")
    megabyte = 1024 * 1024
    hand_in(small, b"\x5a" * megabyte, name="a.mp4", purpose="excerpt")
    hand_in(large, b"\x5a" * 24 * megabyte, name="a.mp4", purpose="excerpt")
    assert peak_of(large) < peak_of(small) + megabyte


def test_a_zip_of_any_size_is_read_by_others(tmp_path: Any) -> None:
    items = [
        Item("a/words.txt", lambda: [b"x" * 10] * 10),
        Item("b.bin", lambda: [b"\0" * 99], is_packed=False),
    ]
    content = b"".join(zipped(items, made_at=START))
    # ZIP64 from the first byte: the version that is needed to read it stands in each header.
    assert content.count(b"PK\x03\x04\x2d\x00") == 2
    assert PART_BYTES < 2**31


def test_a_table_that_says_nonsense_about_copies_is_found() -> None:
    entry = table().entries["supervision.JournalEntry"]
    assert list(problems_of_export(entry)) == []
    for alone in ({"text": "session"}, {"session": "author"}, {"text": "mentions:text"}):
        assert [p.id for p in problems_of_export(replace(entry, alone=alone))] == ["privacy.E012"]
    about = replace(entry.about[0], is_as_seen=True)
    rank = replace(table().entries["consultations.Rank"], about=(about,))
    assert [p.id for p in problems_of_export(rank)] == ["privacy.E012"]
    unnamed = replace(entry, unnamed=("text",))
    assert [p.id for p in problems_of_export(unnamed)] == ["privacy.E012"]
    told = replace(entry, people=(), context=(*entry.context, "author"))
    assert [p.id for p in problems_of_export(told)] == ["privacy.E012"]


def test_what_others_wrote_stays_out_whatever_the_rules_say(built: canary.World) -> None:
    """The words of an author are bound to them, not to the rule that finds the row."""
    row: Model = built.rows["supervision.JournalEntry"]
    type(row)._base_manager.update(author=built.other)
    archive = copy_of(built.person)
    assert [r for r in archive.namelist() if "JournalEntry" in r] == []
    type(built.rows["supervision.Agreement"])._base_manager.update(ended_by=built.other)
    assert all(
        "end_reason" not in r for r in rows_of(copy_of(built.other), "supervision.Agreement")
    )
