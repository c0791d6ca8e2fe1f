"""All case studies as one PDF: asked for, drawn by a worker, watched, fetched, let go."""

import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.portfolio import services
from certification.portfolio.models import CasePaper
from certification.portfolio.services import papers
from scip.requirements import Refusal
from scip.vault import drawing
from scip.vault.errors import Destroyed
from scip.vault.models import StoredFile
from scip.vault.services import read
from tests.portfolio.desk import Author, make_author
from tests.races import tally

pytestmark = pytest.mark.django_db
PAGE = reverse("portfolio:cases_paper")


@pytest.fixture
def author() -> Author:
    return make_author()


@pytest.fixture
def client(author: Author, as_user: Any) -> Client:
    found: Client = as_user(author.user)
    return found


def asked(author: Author, **moments: Any) -> CasePaper:
    return services.ask_for_paper(author.candidacy.portfolio, by=author.user, **moments)


def made(author: Author) -> CasePaper:
    paper = asked(author)
    assert services.make_case_paper(paper.pk)
    return CasePaper.objects.select_related("document").get(pk=paper.pk)


def words_of(paper: CasePaper) -> str:
    assert paper.document is not None
    pages = PdfReader(BytesIO(read(paper.document))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_from_asking_to_the_file(author: Author, client: Client) -> None:
    author.case("Client A", happened="The first Kanari")
    author.case("Client B", happened="The second Kanari")
    author.case("Client C")
    assert "Make the PDF" in text(client.get(PAGE))
    assert client.post(reverse("portfolio:paper_ask")).url == PAGE
    waiting = text(client.get(PAGE))
    assert "in the queue" in waiting
    assert "Look again" in waiting
    assert "htmx-2.min.js" in waiting, "nothing would look again by itself"
    piece = text(client.get(PAGE, headers={"HX-Request": "true"}))
    assert "hx-get" in piece
    assert "<html" not in piece
    paper = CasePaper.objects.get()
    assert services.make_case_paper(paper.pk)
    assert not services.make_case_paper(paper.pk)
    ready = text(client.get(PAGE))
    assert "Your document is ready, with 2 case studies" in ready
    assert "hx-get" not in ready
    assert "htmx-2.min.js" not in ready
    answer = client.post(reverse("portfolio:paper_open", args=[paper.pk]), follow=True)
    content = b"".join(answer)  # type: ignore[call-overload]
    assert content.startswith(b"%PDF-")
    assert 'filename="case-studies.pdf"' in answer["Content-Disposition"]
    paper.refresh_from_db()
    assert "The first Kanari" in words_of(paper)
    assert "The second Kanari" in words_of(paper)


def test_nothing_to_print_is_said(author: Author, client: Client) -> None:
    assert "nothing to print yet" in text(client.post(reverse("portfolio:paper_ask"), follow=True))
    author.case()
    client.post(reverse("portfolio:paper_ask"))
    assert not CasePaper.objects.exists()


def test_asking_twice_is_asking_once_and_anew_takes_the_place(author: Author) -> None:
    case = author.case(happened="As it was")
    paper = asked(author)
    assert asked(author) == paper
    services.make_case_paper(paper.pk)
    paper.refresh_from_db()
    author.save(case, happened="As it is")
    other = made(author)
    assert "As it is" in words_of(other)
    assert CasePaper.objects.get() == other
    with pytest.raises(Destroyed):
        read(StoredFile.objects.get(pk=paper.document_id))


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_the_same(author: Author) -> None:
    author.case(happened="Once")
    assert tally(*[lambda: asked(author)] * 2) == {"done": 2}
    pk = CasePaper.objects.get().pk
    assert tally(*[lambda: services.make_case_paper(pk)] * 2) == {"done": 2}
    assert StoredFile.objects.count() == 1


def test_a_lost_task_is_asked_for_again_and_a_dead_worker_is_followed(author: Author) -> None:
    author.case(happened="Once")
    now = timezone.now()
    paper = asked(author, now=now)
    assert services.follow_papers(now + timedelta(seconds=5)) == 0
    assert services.follow_papers(now + timedelta(seconds=25)) == 1
    begun = drawing.take_up(CasePaper.objects.to_make(), paper.pk, now=now)
    assert begun is not None
    assert not services.make_case_paper(paper.pk, now=now)
    later = now + drawing.AT_IT + timedelta(seconds=1)
    assert services.follow_papers(later) == 1
    assert services.make_case_paper(paper.pk, now=later)
    # The one that was taken for dead wakes up: its file is not kept.
    assert not papers.keep(begun, b"%PDF-1.7 late", cases=1)
    assert StoredFile.objects.count() == 1


def test_after_three_tries_that_did_not_end_the_person_is_told_and_can_ask_anew(
    author: Author, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    author.case(happened="Once")
    now = timezone.now()
    paper = asked(author, now=now)
    for _time in range(drawing.MOST_ATTEMPTS):
        assert "in the queue" in text(client.get(PAGE)) or "reading what" in text(client.get(PAGE))
        # Whoever takes it up is killed.
        assert drawing.take_up(CasePaper.objects.to_make(), paper.pk, now=now) is not None
        now += drawing.AT_IT + timedelta(seconds=1)
    assert services.follow_papers(now) == 1
    assert "given up" not in caplog.text
    assert not services.make_case_paper(paper.pk, now=now)
    assert "given up after 3 tries" in caplog.text
    assert services.follow_papers(now + timedelta(hours=1)) == 0
    page = text(client.get(PAGE))
    assert "something on our side went wrong" in page
    assert "more than we can draw" not in page
    assert "hx-get" not in page
    assert made(author).pk != paper.pk


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", "4 May"), ("UTC", "3 May")])
def test_its_days_are_those_of_whoever_wrote(author: Author, zone: str, day: str) -> None:
    type(author.user).objects.filter(pk=author.user.pk).update(time_zone=zone)
    case = author.case(happened="Late in the evening")
    type(case).objects.filter(pk=case.pk).update(saved_at=datetime(2026, 5, 3, 20, tzinfo=UTC))
    assert f"{day} 2026" in words_of(made(author))


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_for_while_old_ones_go_stays(author: Author, settings: Any) -> None:
    author.case(happened="Once")
    old = made(author)
    now = old.requested_at + timedelta(days=settings.DATA_EXPORT_DAYS, hours=1)
    asking = [threading.Thread(target=lambda: (asked(author, now=now), connection.close()))]

    def meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        """Between the look at what is old and its end, somebody asks anew."""
        found = execute(sql, *rest)
        if "LIMIT 100" in sql and asking:
            thread = asking.pop()
            thread.start()
            thread.join()
        return found

    with connection.execute_wrapper(meanwhile):
        assert services.follow_papers(now) == 0
    assert not asking
    fresh = CasePaper.objects.get()
    assert fresh.pk != old.pk
    assert fresh.is_under_way


def test_what_is_too_long_is_said_and_can_be_asked_again(author: Author, client: Client) -> None:
    author.case(happened="Ten letters")
    paper = asked(author)
    assert not services.make_case_paper(paper.pk, most=10)
    assert "could not be set into one document" in text(client.get(PAGE))
    assert services.follow_papers(timezone.now() + timedelta(minutes=10)) == 0
    assert made(author).pk != paper.pk


def test_taking_out_a_case_study_takes_the_document_with_it(author: Author) -> None:
    case = author.case(happened="To go")
    paper = made(author)
    slow = asked(author)
    begun = drawing.take_up(
        CasePaper.objects.to_make().select_related("portfolio__candidacy__user"),
        slow.pk,
        now=timezone.now(),
    )
    assert begun is not None
    services.remove_case(case, by=author.user)
    assert not CasePaper.objects.exists()
    with pytest.raises(Destroyed):
        read(StoredFile.objects.get(pk=paper.document_id))
    # Whoever is just drawing it finds that nobody wants it.
    drawing.step(begun, CasePaper.Step.DRAWING)
    assert not papers.keep(begun, b"%PDF-1.7 too late", cases=1)
    assert not StoredFile.objects.readable().exists()


def test_the_copy_goes_after_its_days(author: Author, settings: Any, client: Client) -> None:
    author.case(happened="For a while")
    paper = made(author)
    days = timedelta(days=settings.DATA_EXPORT_DAYS)
    assert services.follow_papers(paper.requested_at + days - timedelta(hours=1)) == 0
    assert services.follow_papers(paper.requested_at + days + timedelta(hours=1)) == 1
    assert not StoredFile.objects.readable().exists()
    assert client.post(reverse("portfolio:paper_open", args=[paper.pk])).status_code == 404
    assert "Make the PDF" in text(client.get(PAGE))


def test_it_can_be_fetched_after_the_end_and_says_what_changed(
    author: Author, client: Client
) -> None:
    case = author.case(happened="Before")
    made(author)
    assert "changed something" not in text(client.get(PAGE))
    author.save(case, happened="After")
    assert "changed something" in text(client.get(PAGE))
    type(author.candidacy).objects.filter(pk=author.candidacy.pk).update(state="withdrawn")
    assert "After" in words_of(made(author))


def test_nobody_asks_for_somebody_else(author: Author, as_user: Any) -> None:
    author.case(happened="Mine")
    other = make_author(2)
    with pytest.raises(Refusal):
        services.ask_for_paper(author.candidacy.portfolio, by=other.user)
    paper = made(author)
    stranger = as_user(other.user)
    assert stranger.post(reverse("portfolio:paper_open", args=[paper.pk])).status_code == 404
    address = reverse("portfolio:paper_content", args=[paper.pk, "token"])
    assert stranger.get(address).status_code == 404
    assert text(stranger.get(PAGE)).count("Make the PDF") == 1


def test_it_counts_for_no_quota_and_stands_in_no_copy(author: Author) -> None:
    from scip.privacy.archive.contents import files_of
    from scip.privacy.archive.rows import owner_of
    from scip.vault.arrivals import held_by

    author.case(happened="Once")
    made(author)
    assert held_by(author.user) == 0
    assert not files_of(owner_of(author.user)).exists()
