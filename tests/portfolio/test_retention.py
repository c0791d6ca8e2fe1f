"""Recordings go when their time is over: told before, key first, with a receipt, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import DeletionReceipt, Excerpt
from certification.portfolio.requirements import kept_until, told_from
from certification.portfolio.services import retention
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.schedule import SCHEDULE
from scip.vault.errors import Destroyed
from scip.vault.services import read
from supervision.services import material as material_services
from tests import world
from tests.portfolio.desk import Author, make_author
from tests.portfolio.test_excerpts import facts, samples_text
from tests.races import at_once
from tests.vault import samples

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


def kept(author: Author, **changes: Any) -> Excerpt:
    """A transcript in the vault."""
    return services.hand_in(
        author.candidacy, by=author.user, document=samples_text(1), **facts(**changes)
    )


def ended(author: Author, state: str = "certified", days: int = 0) -> Candidacy:
    """Their way came to this end so many days ago."""
    at = timezone.now() - timedelta(days=days)
    fields: dict[str, Any] = {"state": state, f"{state}_at": at}
    if state == "closed":
        fields["close_reason"] = "By agreement."
    Candidacy.objects.filter(pk=author.candidacy.pk).update(**fields)
    author.candidacy.refresh_from_db()
    return author.candidacy


def bytes_of(excerpt: Excerpt) -> bool:
    assert excerpt.document is not None
    return storages["vault"].exists(excerpt.document.storage_name)


@pytest.mark.parametrize(
    ("state", "days"), [("certified", 30 + 90), ("withdrawn", 90), ("closed", 90)]
)
def test_how_long_files_are_kept(author, state, days):
    candidacy = ended(author, state)
    moment = getattr(candidacy, f"{state}_at")
    assert kept_until(candidacy) == moment + timedelta(days=days)
    assert told_from(candidacy) == moment + timedelta(days=days - 14)


@pytest.mark.parametrize("state", ["active", "on_leave"])
def test_on_the_way_everything_stays(author, state):
    excerpt = kept(author)
    Candidacy.objects.filter(pk=author.candidacy.pk).update(state=state)
    author.candidacy.refresh_from_db()
    assert kept_until(author.candidacy) is None
    assert services.follow_retention(now=timezone.now() + 2000 * DAY) == 0
    assert read(excerpt.document)


def test_the_figures_are_the_editions_of_the_candidacy(author):
    candidacy = ended(author, "closed")
    type(candidacy.edition).objects.update(excerpt_days=5, excerpt_notice_days=2)
    candidacy = Candidacy.objects.get(pk=candidacy.pk)
    assert kept_until(candidacy) == candidacy.closed_at + 5 * DAY
    assert told_from(candidacy) == candidacy.closed_at + 3 * DAY


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["certified", "withdrawn", "closed"])
def test_told_before_then_destroyed_once(author, state):
    excerpt = kept(author, note="The silence", title="Client A breathes out")
    candidacy = ended(author, state)
    until = kept_until(candidacy)
    assert services.follow_retention(now=until - 15 * DAY) == 0
    assert not Letter.objects.filter(subject__contains="destroyed").exists()
    for hours in (0, 1, 24):
        services.follow_retention(now=until - 14 * DAY + timedelta(hours=hours))
    told = Letter.objects.get(to_user=author.user, subject__contains="will be destroyed")
    assert "1 recording, transcript or document" in told.text
    assert "breathes out" not in told.text + told.html + told.subject
    assert services.follow_retention(now=until - timedelta(seconds=1)) == 0
    assert read(excerpt.document)
    assert [services.follow_retention(now=until), services.follow_retention(now=until + DAY)] == [
        1,
        0,
    ]
    excerpt.refresh_from_db()
    with pytest.raises(Destroyed):
        read(excerpt.document)
    assert not bytes_of(excerpt)
    assert (excerpt.title, excerpt.note, excerpt.removed_at) == ("", "", until)
    receipt = DeletionReceipt.objects.get()
    letter = Letter.objects.get(to_user=author.user, subject__contains="receipt")
    assert receipt.code in letter.text
    assert receipt.code in letter.html
    assert (receipt.cause, receipt.kind, receipt.size) == (
        "over",
        "transcript",
        excerpt.document.size,
    )
    assert (receipt.handed_in_at, receipt.destroyed_at) == (excerpt.attested_at, until)
    assert len(receipt.key_fingerprint) == 64
    assert Entry.objects.filter(action="excerpt.over").count() == 1


def test_case_material_goes_with_it(author):
    guide = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    agreement = world.make_agreement(author.candidacy, guide, signed_at=timezone.now())
    item = material_services.hand_over(
        agreement,
        by=author.user,
        title="Transcript of Client A",
        document=checked_pdf(samples.simple_pdf()),
        is_deidentified=True,
    )
    candidacy = ended(author, "withdrawn")
    assert services.follow_retention(now=kept_until(candidacy)) == 1
    item.refresh_from_db()
    assert item.document.is_destroyed
    assert item.taken_back_at is not None
    receipt = DeletionReceipt.objects.get()
    assert (receipt.material, receipt.kind) == (item, "case material")


def checked_pdf(content: bytes) -> Any:
    from django.core.files.base import ContentFile

    from scip.vault.inspection.check import PDF, check

    return check(ContentFile(content, "case.pdf"), allowed={PDF}, max_bytes=10**7)


def test_what_the_candidate_removed_has_its_receipt_and_is_not_asked_again(author, as_user):
    excerpt = kept(author)
    client = as_user(author.user)
    for _again in range(2):
        client.post(reverse("portfolio:excerpt_remove", args=[excerpt.pk]))
    receipt = DeletionReceipt.objects.get()
    assert receipt.cause == "removed"
    page = client.get(reverse("portfolio:receipts")).content.decode()
    assert receipt.code in page
    assert receipt.key_fingerprint in page
    assert services.follow_retention(now=kept_until(ended(author)) + DAY) == 0
    assert not Letter.objects.filter(subject__contains="receipt").exists()


def test_what_was_shown_in_person_has_nothing_to_destroy(author):
    services.hand_in(author.candidacy, by=author.user, kind="video", **facts())
    assert services.follow_retention(now=kept_until(ended(author)) + DAY) == 0
    assert not DeletionReceipt.objects.exists()
    assert Excerpt.objects.get().removed_at is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_destroy_it_once(author):
    for number in range(3):
        kept(author, title=str(number))
    until = kept_until(ended(author))
    beats = [lambda: services.follow_retention(now=until)] * 2
    assert at_once(*beats) == [None, None]
    services.follow_retention(now=until)
    assert DeletionReceipt.objects.count() == 3
    assert Letter.objects.filter(subject__contains="receipt").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_is_being_removed_right_now_is_left_to_its_candidate(author):
    """A row that somebody holds is skipped, not waited for, and comes with the next run."""
    one, _other = kept(author), kept(author)
    until = kept_until(ended(author))
    with transaction.atomic():
        Excerpt.objects.select_for_update().get(pk=one.pk)
        found: list[int] = []
        at_once(lambda: found.append(services.follow_retention(now=until)))
    assert found == [1]
    assert services.follow_retention(now=until) == 1


def test_a_failure_leaves_file_and_receipt_as_they_were(author, monkeypatch):
    excerpt = kept(author)
    until = kept_until(ended(author))

    def torn(*_args: Any, **_more: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(retention.emails, "files_destroyed", torn)
    with pytest.raises(ConnectionError):
        services.follow_retention(now=until)
    assert not DeletionReceipt.objects.exists()
    excerpt.document.refresh_from_db()
    assert read(excerpt.document)


def test_the_page_says_until_when(author, as_user):
    excerpt = kept(author)
    client = as_user(author.user)
    address = reverse("portfolio:excerpt", args=[excerpt.pk])
    assert "90 days beyond" in client.get(address).content.decode()
    until = kept_until(ended(author))
    words = f"{until:%Y}"
    assert words in client.get(address).content.decode().split("How long it is kept")[1]
    assert "destroyed for good on" in client.get(reverse("portfolio:excerpts")).content.decode()
    services.follow_retention(now=until)
    page = client.get(reverse("portfolio:excerpts")).content.decode()
    assert "receipt" in page
    assert "destroyed for good on" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_receipts_cost_the_same(author, as_user, count, django_assert_num_queries):
    for number in range(count):
        services.remove_excerpt(kept(author, title=str(number)), by=author.user)
    client = as_user(author.user)
    client.get(reverse("portfolio:receipts"))
    with django_assert_num_queries(4):
        client.get(reverse("portfolio:receipts"))
    stranger = world.make_user("else@example.com", "staff")
    assert not DeletionReceipt.objects.visible_to(stranger).exists()


def test_beat_runs_it_by_name():
    from scip.celery import app

    app.loader.import_default_modules()
    assert "portfolio.follow_retention" in {task for task, _times in SCHEDULE.values()}
    assert "portfolio.follow_retention" in app.tasks
