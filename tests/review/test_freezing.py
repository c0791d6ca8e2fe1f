"""The frozen copy: whole, true, never changed; what is in it and what is not."""

import json
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from certification.portfolio import services as portfolio
from certification.portfolio.models import CaseStudy, Excerpt
from certification.review.models import Dossier, Snapshot
from certification.review.queries.dossiers import chapters, portfolio_words, printed
from certification.review.services.freezing import (
    canonical,
    content_of,
    erase_snapshot,
    recommendation_in,
)
from scip.policy.models import Edition
from scip.vault.models import StoredFile
from supervision.services import notes
from tests.review.desk import LETTER, RECOMMENDED, Walker, make_ready

pytestmark = pytest.mark.django_db


def excerpt(walker: Walker, scope: str, title: str) -> Excerpt:
    document = StoredFile.objects.create(
        owner=walker.user,
        purpose="excerpt",
        size=1000,
        sha256=title.encode().hex().ljust(64, "0")[:64],
        storage_name=f"aa/{title}",
        wrapped_key=b"key",
        key_id="key",
        chunk_size=65536,
        content_type="audio/mp4",
    )
    return Excerpt.objects.create(
        portfolio=walker.candidacy.portfolio,
        kind="audio",
        title=title,
        note=f"{title}: listen to the pause",
        document=document,
        consent_on=timezone.localdate(),
        consent_scope=scope,
        identity="removed",
        wording="I vouch for it.",
        wording_version=1,
    )


@pytest.fixture
def walker() -> Walker:
    made = make_ready()
    notes.write_own(made.pair.agreement, "My own journal line.", by=made.user)
    notes.write_own(made.pair.agreement, "Her private note.", by=made.guide)
    label = portfolio.add_label(made.candidacy, "Client B", by=made.user)
    first = made.candidacy.portfolio.cases.get(number=1)
    portfolio.save_writing(first, {"label": label.pk}, revision=first.revision, by=made.user)
    text = portfolio.begin_write_up(made.candidacy, "case", by=made.user, title="A long case")
    portfolio.save_writing(text, {"text": "From the beginning."}, revision=0, by=made.user)
    portfolio.log_session(
        made.candidacy,
        label=label,
        held_on=timezone.localdate(),
        minutes=50,
        practice="A line of the log.",
        by=made.user,
    )
    excerpt(made, Excerpt.Scope.REVIEW, "For everybody who reviews")
    excerpt(made, Excerpt.Scope.SUPERVISION, "Between us two")
    return made


def frozen(walker: Walker) -> Snapshot:
    walker.hands_in()
    return Snapshot.objects.get()


def test_everything_that_is_read_is_in_it(walker: Walker) -> None:
    snapshot = frozen(walker)
    found = content_of(snapshot)
    assert [item["text"] for item in found["letter"]] == list(LETTER.values())
    assert {item["status"] for item in found["findings"]} == {"met"}
    assert "review_fee" in {item["code"] for item in found["findings"]}
    assert [row["parts"][0]["text"] for row in found["cases"]] == [
        "Case 0: they waited together.",
        "Case 1: they waited together.",
    ]
    assert found["cases"][0]["client"] == "Client B"
    assert [(row["title"], row["text"]) for row in found["write_ups"]] == [
        ("A long case", "From the beginning.")
    ]
    assert found["log"] == {"sessions": 1, "clients": 1, "minutes": 50}
    phases = found["supervision"]["phases"]
    assert [len(item["sessions"]) for item in phases] == [3, 5, 2]
    assert all(row["counts"] for item in phases for row in item["sessions"])
    assert [item["objectives"] for item in found["supervision"]["plans"]] == [
        "Slow down; name what happens."
    ]
    assert found["retreat"]["teachers"] == "Two teachers"
    assert found["attestation"]["client_sessions"] == 40
    assert (found["edition"]["case_studies"], found["edition"]["review_fee_cents"]) == (2, 75_000)


def test_what_is_between_two_or_for_one_alone_is_not(walker: Walker) -> None:
    snapshot = frozen(walker)
    for text in ("My own journal line.", "Her private note.", "A line of the log."):
        assert text not in snapshot.content + snapshot.recommendation


def test_the_letter_of_recommendation_is_for_the_committee_alone(walker: Walker) -> None:
    snapshot = frozen(walker)
    for text in (RECOMMENDED["key_elements"], RECOMMENDED["reflections"]):
        assert text not in snapshot.content
    parts = recommendation_in(snapshot)["parts"]
    assert [item["text"] for item in parts] == [
        RECOMMENDED[name] for name in ("key_elements", "assessment", "reflections")
    ]
    told = content_of(snapshot)["recommendation"]
    assert told["sha256"] == snapshot.recommendation_sha256
    own, whole = printed_words(snapshot, None), printed_words(snapshot, recommendation_in(snapshot))
    assert RECOMMENDED["key_elements"] not in own
    assert RECOMMENDED["key_elements"] in whole


def printed_words(snapshot: Snapshot, recommendation: Any) -> str:
    return repr(
        printed(content_of(snapshot), sha256=snapshot.sha256, recommendation=recommendation)
    )


def test_only_excerpts_for_the_committee_are_referred_to(walker: Walker) -> None:
    snapshot = frozen(walker)
    shared, kept = content_of(snapshot)["excerpts"]
    assert (shared["title"], shared["file"]["size"]) == ("For everybody who reviews", 1000)
    assert shared["file"]["sha256"] == b"For everybody who reviews".hex().ljust(64, "0")[:64]
    assert kept == {"number": 2, "kind": "sound recording", "case": None, "scope": "supervision"}
    assert "Between us two" not in snapshot.content
    assert "shown to the supervisor only" in repr(chapters(content_of(snapshot)))


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/Toronto"])
def test_every_reader_reads_the_same_days(walker: Walker, zone: str) -> None:
    found = content_of(frozen(walker))
    found["candidate"]["registered_at"] = "2026-03-01T23:30:00+00:00"
    found["cases"][0]["saved_at"] = "2026-03-02T00:30:00+00:00"
    with timezone.override(zone):
        read = chapters(found)
    assert read == chapters(found)
    assert "Sunday 1 March 2026" in repr(read[0])
    assert "saved on Monday 2 March 2026" in repr(read)
    assert "Days are by UTC" in read[0].lead


@pytest.mark.parametrize(
    ("cases", "texts", "pieces", "words"),
    [
        (["A"], 0, 0, "1 case study about 1 client"),
        (["A", "B", "A"], 1, 2, "3 case studies about 2 clients, 1 longer text, 2 excerpts"),
        (["", ""], 2, 1, "2 case studies, 2 longer texts, 1 excerpt"),
    ],
)
def test_how_much_there_is_to_read(cases: list[str], texts: int, pieces: int, words: str) -> None:
    rows = [{"client": name} for name in cases]
    content = {"cases": rows, "write_ups": [{}] * texts, "excerpts": [{}] * pieces}
    assert portfolio_words(content) == words


def test_nothing_that_is_written_later_reaches_it(walker: Walker) -> None:
    snapshot = frozen(walker)
    before = (snapshot.content, snapshot.recommendation, printed_words(snapshot, None))
    case = CaseStudy.objects.filter(portfolio=walker.candidacy.portfolio).order_by("number")[0]
    portfolio.save_writing(
        case, {"happened": "Another end."}, revision=case.revision, by=walker.user
    )
    portfolio.remove_case(CaseStudy.objects.order_by("-number")[0], by=walker.user)
    portfolio.remove_excerpt(Excerpt.objects.order_by("pk")[0], by=walker.user)
    Edition.objects.update(case_studies=99, name="Another", review_fee_cents=1)
    walker.user.name = "Another Name"
    walker.user.save()
    again = Snapshot.objects.get()
    assert (again.content, again.recommendation, printed_words(again, None)) == before
    assert again.is_true


def test_it_has_one_spelling(walker: Walker) -> None:
    snapshot = frozen(walker)
    assert canonical(json.loads(snapshot.content)) == snapshot.content
    assert canonical({"b": "ü", "a": [1, None]}) == '{"a":[1,null],"b":"ü"}'


CHANGES = (
    "update review_snapshot set content = '{}'",
    "update review_snapshot set content = replace(content, '40', '41')",
    "update review_snapshot set recommendation = ''",
    "update review_snapshot set sha256 = repeat('0', 64)",
    "update review_snapshot set frozen_at = now()",
    "update review_snapshot set erased_at = now()",
    "update review_snapshot set content = '', recommendation = '', erased_at = now(), sha256 = ''",
    "delete from review_snapshot",
    "truncate review_snapshot cascade",
)


def test_the_database_keeps_it(walker: Walker) -> None:
    snapshot = frozen(walker)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        # Off for the suite, which empties tables between tests.
        cursor.execute("alter table review_snapshot enable trigger snapshot_stays_whole")
        for statement in CHANGES:
            with pytest.raises(Error, match="stays as it was frozen"), transaction.atomic():
                cursor.execute(statement)
    assert Snapshot.objects.get().content == snapshot.content


def test_tampering_shows(walker: Walker) -> None:
    snapshot = frozen(walker)
    assert snapshot.is_true
    snapshot.content = snapshot.content.replace("waited", "hurried")
    with pytest.raises(ValueError, match="not what was frozen"):
        content_of(snapshot)
    snapshot.refresh_from_db()
    snapshot.recommendation = snapshot.recommendation.replace("joy", "duty")
    assert content_of(snapshot)
    with pytest.raises(ValueError, match="not what was frozen"):
        recommendation_in(snapshot)


def test_erasing_blanks_both_texts_and_keeps_the_hashes(walker: Walker) -> None:
    snapshot = frozen(walker)
    erase_snapshot(snapshot, by=None, now=timezone.now())
    erase_snapshot(snapshot, by=None, now=timezone.now())
    again = Snapshot.objects.get()
    assert (again.content, again.recommendation, again.sha256) == ("", "", snapshot.sha256)
    assert not Dossier.objects.to_make().exists()
    with pytest.raises(ValueError, match="erased"):
        content_of(again)
