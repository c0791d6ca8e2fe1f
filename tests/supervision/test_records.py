"""The record to take along: what is in it for whom, what never is, and its two files."""

import csv
import io
import subprocess
from datetime import timedelta

import pytest
from django.urls import reverse

from scip.audit.models import Entry
from scip.credentials.models import SealedDocument
from scip.credentials.sealing import compare
from supervision.models import FeePayment
from supervision.queries.records import record_of, scope_of, with_record
from supervision.services import notes, records
from supervision.services import sessions as ledger
from supervision.services.agreements import end_agreement
from supervision.services.ratings import Touched, rate
from tests import world
from tests.supervision.pair import START, Kind, at, confirmed, log, make_pair, walk

pytestmark = pytest.mark.django_db


def sections(pair_or_candidacy, user, **kwargs):
    candidacy = getattr(pair_or_candidacy, "candidacy", pair_or_candidacy)
    record = record_of(scope_of(candidacy, user), **kwargs)
    return {section.title: section.rows for section in record.sections}


def download(client, pair, **data):
    return client.post(reverse("supervision:record_export", args=[pair.candidacy.pk]), data)


def text_of(pdf: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], check=True, input=pdf, capture_output=True
    )
    return done.stdout.decode()


def rated(pair, session, side_user, place=0):
    framework = pair.candidacy.edition
    competency = framework.competencies.order_by("number").first()
    level = framework.developmental_levels.order_by("position")[place]
    touched = (Touched(competency=competency, level=level, sentence="A SENTENCE"),)
    rate(pair.agreement, touched, session=session, by=side_user, now=session.started_at)
    return competency, level


def pay(pair, cents=54_000, **fields):
    block = pair.agreement.fee_blocks.first()
    defaults = {
        "amount_cents": cents,
        "paid_on": START.date(),
        "note": "NOTE",
        "said_by": pair.candidate,
        "confirmed_at": START + timedelta(days=2),
        "confirmed_by": pair.guide,
    }
    return FeePayment.objects.create(block=block, **defaults | fields)


def test_every_session_stands_with_who_said_what_and_whether_it_counts(staff):
    pair = make_pair()
    confirmed(pair, Kind.ORIENTATION, at(1))
    confirmed(pair, Kind.CASE_REVIEW, at(8), 30)
    log(pair, Kind.PLAN_MEETING, at(15))
    gone = log(pair, Kind.CASE_REVIEW, at(16))
    ledger.withdraw_session(gone, by=pair.guide)
    aside = log(pair, Kind.CASE_REVIEW, at(18))
    ledger.dispute_session(aside, by=pair.candidate, reason="No.")
    ledger.settle_dispute(aside, by=staff, is_held=True, reason="Both calendars say so.")
    rows = sections(pair, pair.candidate)["Sessions: Collaborative Assessment"]
    guide, carla = str(pair.guide), str(pair.candidate)
    yes = "in force"
    office = "CMSC’s office"
    day = aside.__class__.objects.get(pk=aside.pk).confirmed_at.strftime("%Y-%m-%d")
    assert rows == (
        ("2026-03-04 10:00", "Orientation", "60", guide, "confirmed", "yes", guide, carla,
         "2026-03-05", yes, ""),
        ("2026-03-11 10:00", "Case & practice review", "30", guide, "confirmed", "no", guide,
         carla, "2026-03-12", yes, ""),
        ("2026-03-18 10:00", "Supervision plan meeting", "60", guide, "waiting for confirmation",
         "no", guide, "", "", yes, ""),
        ("2026-03-21 10:00", "Case & practice review", "60", guide, "confirmed", "yes", guide,
         office, day, yes, ""),
    )  # fmt: skip


def test_a_corrected_session_stays_readable_beside_its_correction():
    pair = make_pair()
    first = confirmed(pair, Kind.ORIENTATION, at(1))
    better = ledger.held_of(first)
    better = better.__class__(kind=better.kind, started_at=better.started_at, minutes=75)
    again = ledger.correct_session(first, better, by=pair.guide, reason="It was longer.", now=at(3))
    ledger.confirm_session(again, by=pair.candidate, now=at(4))
    rows = sections(pair, pair.candidate)["Sessions: Collaborative Assessment"]
    assert [(row[2], row[4], row[5]) for row in rows] == [
        ("60", "corrected by another entry", "no"),
        ("75", "confirmed", "yes"),
    ]


def test_what_two_people_wrote_for_each_other_is_in_nobodys_record(staff):
    pair = make_pair()
    session = ledger.log_session(
        pair.agreement,
        ledger.Held(kind=Kind.ORIENTATION, started_at=at(1), minutes=60, focus="SECRET focus"),
        by=pair.guide,
        words=ledger.Words(feedback="SECRET feedback", own="SECRET private note"),
        now=at(1, 12),
    )
    notes.write_own(pair.agreement, "SECRET journal", by=pair.candidate)
    pair.agreement.plans.update(objectives="SECRET plan")
    rated(pair, session, pair.guide)
    pay(pair, note="SECRET words about money")
    for user in (pair.candidate, pair.guide, staff):
        scope = scope_of(pair.candidacy, user)
        table = records.export_table(scope, by=user, with_fees=True)
        assert "SECRET" not in table
        assert "A SENTENCE" not in table
        assert str(pair.candidate) in table


def test_ratings_are_for_the_pair_and_money_for_the_candidate_who_asks(staff):
    pair = make_pair()
    session = confirmed(pair, Kind.ORIENTATION, at(1))
    competency, level = rated(pair, session, pair.guide)
    rated(pair, session, pair.candidate, place=1)
    pay(pair)
    pay(pair, 100, confirmed_at=None, confirmed_by=None)
    pay(pair, 200, confirmed_at=None, confirmed_by=None, denied_at=START, denied_by=pair.guide)
    growth, fees = "Competencies over time", "Fees paid directly to a supervisor, as both confirmed"
    mine = sections(pair, pair.candidate, with_fees=True)
    levels = list(pair.candidacy.edition.developmental_levels.order_by("position"))
    assert mine[growth] == (
        (
            str(pair.supervisor),
            competency.name,
            "Orientation, Wednesday 4 March 2026",
            levels[1].word,
            levels[0].word,
        ),
    )
    assert mine[fees] == (
        ("2026-03-03", str(pair.supervisor), "Collaborative Assessment", "USD 540", "2026-03-05"),
    )
    assert fees not in sections(pair, pair.candidate)
    theirs = sections(pair, pair.guide, with_fees=True)
    assert theirs[growth] == mine[growth]
    assert fees not in theirs
    office = sections(pair, staff, with_fees=True)
    assert {growth, fees} & set(office) == set()
    assert level.word not in str(office)


def test_a_supervisor_takes_the_pairs_part_and_the_candidate_everything(staff):
    pair = make_pair()
    pair.candidacy.attestations.create(
        client_sessions=30, clients=5, wording="So it is.", name_typed="Carla", attested_at=START
    )
    walk(pair, 2)
    end_agreement(pair.agreement, by=pair.candidate, reason="Moving on.", now=at(20))
    second = world.make_supervisor(world.make_user("second@example.com", name="Sol Second"))
    agreement = world.make_agreement(pair.candidacy, second, signed_at=at(30))
    ledger.log_session(
        agreement,
        ledger.Held(kind=Kind.PLAN_MEETING, started_at=at(31), minutes=60),
        by=second.user,
        now=at(32),
    )
    title = "Sessions: Collaborative Assessment"
    kinds = {
        name: [(row[1], row[3]) for row in sections(pair, user)[title]]
        for name, user in {
            "candidate": pair.candidate,
            "first": pair.guide,
            "second": second.user,
            "office": staff,
        }.items()
    }
    first = [("Orientation", str(pair.guide)), ("Case & practice review", str(pair.guide))]
    later = [("Supervision plan meeting", "Sol Second")]
    assert kinds == {
        "candidate": first + later,
        "first": first,
        "second": later,
        "office": first + later,
    }
    attested = {
        name: dict(record_of(scope_of(pair.candidacy, user)).about).get("Attested practice")
        for name, user in {
            "candidate": pair.candidate,
            "guide": pair.guide,
            "office": staff,
        }.items()
    }
    words = "30 client sessions with 5 clients, attested on Tuesday 3 March 2026"
    assert attested == {"candidate": words, "guide": None, "office": words}


def test_only_the_two_and_the_office_reach_it(
    as_user, client, staff, stranger, facilitator, reviewer, supervisor, participant
):
    pair, others = make_pair(), make_pair(2)
    page = reverse("supervision:record", args=[pair.candidacy.pk])
    people = {
        "candidate": pair.candidate,
        "guide": pair.guide,
        "office": staff,
        "other candidate": others.candidate,
        "other guide": others.guide,
        "supervisor": supervisor,
        "facilitator": facilitator,
        "reviewer": reviewer,
        "participant": participant,
        "stranger": stranger,
    }
    answers = {
        name: (as_user(user).get(page).status_code, download(as_user(user), pair).status_code)
        for name, user in people.items()
    }
    welcome = {"candidate", "guide", "office"}
    assert answers == {name: (200, 200) if name in welcome else (404, 404) for name in people}
    assert client.get(page).status_code == 302
    assert download(client, pair, **{"as": "csv"}).status_code == 302


def test_a_draft_gives_nobody_anything_and_before_registration_there_is_none(as_user):
    pair = make_pair()
    draft = world.make_supervisor(world.make_user("draft@example.com"))
    pair.candidacy.agreements.create(supervisor=draft)
    assert list(with_record(draft.user)) == []
    begun = world.make_candidacy(world.make_user("begun@example.com"), state="preparing")
    assert list(with_record(begun.user)) == []
    page = reverse("supervision:record", args=[begun.pk])
    assert as_user(begun.user).get(page).status_code == 404


def test_the_paper_carries_its_code_and_the_hash_of_the_table(as_user):
    pair = make_pair()
    confirmed(pair, Kind.ORIENTATION, at(1))
    client = as_user(pair.candidate)
    response = download(client, pair, **{"as": "pdf"})
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Cache-Control"] == "private, no-store"
    document = SealedDocument.objects.get()
    assert compare(document, io.BytesIO(response.content)) == "same"
    table = download(client, pair, **{"as": "csv"}).content
    assert compare(document, io.BytesIO(table)) == "content"
    text = text_of(response.content)
    assert document.code in text
    assert document.content_sha256 in "".join(text.split())
    assert f"/verify/{document.code}/" in "".join(text.split())
    assert "Orientation" in text
    assert download(client, pair, **{"as": "pdf"}).content == response.content
    assert SealedDocument.objects.count() == 1
    taken = Entry.objects.filter(action="record.exported").order_by("pk")
    assert [(entry.actor_id, entry.subject_id, entry.data) for entry in taken] == [
        (pair.candidate.pk, pair.candidate.pk, {"kind": kind}) for kind in ("pdf", "csv", "pdf")
    ]


def test_another_session_makes_another_paper(as_user):
    pair = make_pair()
    confirmed(pair, Kind.ORIENTATION, at(1))
    client = as_user(pair.candidate)
    first = download(client, pair, **{"as": "pdf"}).content
    confirmed(pair, Kind.CASE_REVIEW, at(8))
    second = download(client, pair, **{"as": "pdf"}).content
    assert first != second
    old, new = SealedDocument.objects.order_by("made_at")
    assert compare(old, io.BytesIO(first)) == "same"
    assert compare(new, io.BytesIO(first)) == "differs"


def test_a_name_that_a_spreadsheet_would_run_is_text(as_user):
    pair = make_pair()
    pair.candidate.name = '=HYPERLINK("http://x")'
    pair.candidate.save(update_fields=["name"])
    table = download(as_user(pair.candidate), pair, **{"as": "csv"}).content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert '\'=HYPERLINK("http://x")' in cells


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_however_long_the_record_is(
    rows, as_user, django_assert_num_queries
):
    pair = make_pair()
    for place, session in enumerate(walk(pair, rows)):
        rated(pair, session, pair.guide)
        if place:
            pay(pair)
    for number in range(rows - 1):
        end_agreement(pair.agreement, by=pair.candidate, reason="On.", now=at(60 + number))
        guide = world.make_supervisor(world.make_user(f"more{number}@example.com"))
        pair.agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(61 + number))
    client = as_user(pair.candidate)
    with django_assert_num_queries(25):
        client.get(reverse("supervision:record", args=[pair.candidacy.pk]))
