"""Dossiers: drawn from the snapshot alone, once, whatever dies in between."""

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.review.models import Dossier, Snapshot, Submission
from certification.review.queries.dossiers import printed
from certification.review.services import dossiers
from certification.review.services.freezing import content_of, erase_snapshot
from scip.pdf.dossiers import render_dossier
from scip.pdf.papers import Paper
from scip.requirements import Refusal
from scip.vault import drawing
from scip.vault.errors import BlobMissing, KeyMissing
from scip.vault.models import StoredFile
from scip.vault.services import read
from tests.review.desk import LETTER, RECOMMENDED, Walker, make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def walker() -> Walker:
    made = make_ready()
    made.hands_in()
    return made


def of(audience: str) -> Dossier:
    return Dossier.objects.select_related("document").get(audience=audience)


def words_of(dossier: Dossier) -> str:
    assert dossier.document is not None
    pages = PdfReader(BytesIO(read(dossier.document))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_each_audience_has_its_own_once(walker: Walker) -> None:
    for audience in ("candidate", "committee"):
        assert dossiers.make_dossier(of(audience).pk)
        assert not dossiers.make_dossier(of(audience).pk)
    own, whole = of("candidate"), of("committee")
    assert (own.step, own.problem) == ("made", "")
    assert StoredFile.objects.filter(purpose__startswith="dossier").count() == 2
    assert own.document is not None
    assert own.sha256 == hashlib.sha256(read(own.document)).hexdigest()
    for part in LETTER.values():
        assert part in words_of(own)
    assert RECOMMENDED["key_elements"] not in words_of(own)
    assert RECOMMENDED["key_elements"] in words_of(whole)
    assert Snapshot.objects.get().sha256 in words_of(own).replace(" ", "")


def test_the_same_snapshot_gives_the_same_bytes(walker: Walker) -> None:
    snapshot = Snapshot.objects.get()
    first, second = (
        render_dossier(printed(content_of(snapshot), sha256=snapshot.sha256), paper=Paper.A4)
        for _time in range(2)
    )
    assert first == second


def test_whoever_died_at_it_is_followed_and_two_at_once_are_one(walker: Walker) -> None:
    now = timezone.now()
    row = of("candidate")
    begun = dossiers.take_up(row.pk, now=now)
    assert begun is not None
    assert dossiers.take_up(row.pk, now=now) is None
    assert not dossiers.make_dossier(row.pk, now=now)
    later = now + drawing.AT_IT + timedelta(seconds=1)
    Dossier.objects.filter(audience="committee").update(made_at=now, sha256="0" * 64)
    assert dossiers.sweep(now + timedelta(seconds=30)) == 0
    assert dossiers.sweep(later) == 1
    assert dossiers.make_dossier(row.pk, now=later)
    # The one that was taken for dead wakes up: its file is not kept.
    assert not dossiers.keep(begun, b"%PDF-1.7 late")
    assert StoredFile.objects.filter(purpose="dossier").count() == 1


def test_a_lost_task_is_asked_for_again(walker: Walker) -> None:
    requested = of("candidate").requested_at
    assert dossiers.sweep(requested + timedelta(seconds=5)) == 0
    assert dossiers.sweep(requested + timedelta(seconds=25)) == 2


def test_nothing_is_drawn_from_a_changed_snapshot(walker: Walker, settings: Any) -> None:
    row = of("candidate")
    begun = Dossier.objects.get(pk=row.pk)
    begun.snapshot.content = begun.snapshot.content.replace("waited", "hurried")
    with pytest.raises(ValueError, match="not what was frozen"):
        content_of(begun.snapshot)


def test_erasing_takes_the_files_and_what_is_just_being_drawn(walker: Walker) -> None:
    dossiers.make_dossier(of("candidate").pk)
    slow = dossiers.take_up(of("committee").pk, now=timezone.now())
    assert slow is not None
    erase_snapshot(Snapshot.objects.get(), by=None, now=timezone.now())
    own = of("candidate").document
    assert own is not None
    assert own.is_destroyed
    assert not dossiers.keep(slow, b"%PDF-1.7 too late")
    assert of("committee").document is None


def test_the_office_has_one_drawn_anew_whose_file_is_lost(
    walker: Walker, as_user: Any, staff: Any
) -> None:
    for audience in ("candidate", "committee"):
        dossiers.make_dossier(of(audience).pk)
    row, other = of("committee"), of("candidate")
    pages, file = words_of(row), row.document
    assert file is not None
    client = as_user(staff)
    page = reverse("admin:review_submission_change", args=[walker.submission.pk])
    again = reverse("admin:review_submission_dossier", args=[walker.submission.pk, row.pk])
    assert "Draw it anew" not in client.get(page).content.decode()
    client.post(again)
    assert of("committee").document == file, "whole, nothing changes"
    storages["vault"].delete(file.storage_name)
    with pytest.raises(BlobMissing):
        read(file)
    assert list(Submission.objects.with_lost_dossier()) == [walker.submission]
    assert client.get(page).content.decode().count("Draw it anew") == 1
    client.post(again)
    file.refresh_from_db()
    assert not file.is_destroyed, "the old one stays until there is another"
    assert "Draw it anew" not in client.get(page).content.decode()
    assert not Submission.objects.with_lost_dossier().exists()
    with pytest.raises(Refusal, match="still being made"):
        dossiers.open_dossier(of("committee"), by=staff)
    assert dossiers.make_dossier(row.pk)
    file.refresh_from_db()
    assert file.is_destroyed
    assert words_of(of("committee")) == pages
    assert of("committee").sha256 == row.sha256
    assert of("candidate").document == other.document
    assert not Submission.objects.with_lost_dossier().exists()
    assert "Draw it anew" not in client.get(page).content.decode()


def test_what_cannot_be_drawn_anew_destroys_nothing_and_a_key_put_back_opens_the_old_one(
    walker: Walker, staff: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossiers.make_dossier(of("candidate").pk)
    row, words = of("candidate"), words_of(of("candidate"))
    file, ring = row.document, settings.VAULT_KEYS
    assert file is not None
    settings.VAULT_KEYS = [b"n" * 32]
    with pytest.raises(KeyMissing):
        read(file)
    dossiers.try_again(of("candidate"), by=staff)

    def fails(*_args: Any, **_kwargs: Any) -> bytes:
        raise ValueError("No page.")

    with monkeypatch.context() as patched:
        patched.setattr(dossiers, "render_dossier", fails)
        assert not dossiers.make_dossier(row.pk)
    assert of("candidate").problem == "ValueError"
    settings.VAULT_KEYS = ring
    assert of("candidate").document == file
    assert words_of(of("candidate")) == words
