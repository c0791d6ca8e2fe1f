"""What the public pages say comes from the rows, and costs few queries."""

import json
import re
from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort, PriceTier, Seat
from consultations.models import Topic
from scip.pages.models import FacultyMember, FaqEntry
from scip.policy.models import Edition
from tests.world import make_cohort, make_user

PAGES = [
    "/",
    "/program/",
    "/faculty/",
    "/fees/",
    "/faq/",
    "/privacy/",
    "/certification/",
    "/consultations/",
    "/interest/",
    "/contact/",
    "/interest/thanks/",
    "/contact/thanks/",
]


def text_of(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, **headers)  # type: ignore[arg-type]
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def make_rows(count: int) -> None:
    """``count`` cohorts, questions, faculty and topics."""
    for number in range(count):
        make_cohort(starts_on=timezone.localdate() + timedelta(days=30 + number))
        FaqEntry.objects.create(
            topic="money", question=f"Question {number}", answer="An answer.", is_on_home=True
        )
        FacultyMember.objects.create(name=f"Teacher {number}")
        Topic.objects.create(name=f"Theme {number}", slug=f"theme-{number}")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_a_visitor_with_its_own_title(
    client: Client, edition: Edition, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    page = response.content.decode()
    assert page.count("<h1") == 1
    title = re.search(r"<title>(.*?) · SCIP Pathway</title>", page)
    assert title is not None
    assert title.group(1).strip()


def test_titles_and_descriptions_are_all_different(client: Client, edition: Edition) -> None:
    pages = [client.get(path).content.decode() for path in PAGES if not path.endswith("thanks/")]
    titles = [re.search(r"<title>(.*?)</title>", page).group(1) for page in pages]  # type: ignore[union-attr]
    descriptions = [
        re.search(r'name="description" content="(.*?)"', page).group(1)  # type: ignore[union-attr]
        for page in pages
    ]
    assert len(set(titles)) == len(pages)
    assert len(set(descriptions)) == len(pages)


def test_canonical_and_preview_ignore_the_query(client: Client, edition: Edition, settings) -> None:
    settings.SITE_URL = "https://scip.example.org"
    page = client.get("/interest/?about=level_b").content.decode()
    assert '<link rel="canonical" href="https://scip.example.org/interest/">' in page
    assert '<meta property="og:url" content="https://scip.example.org/interest/">' in page
    assert 'content="https://scip.example.org/static/img/share.png"' in page


def test_thanks_pages_are_not_for_search_engines(client: Client, edition: Edition) -> None:
    page = client.get("/interest/thanks/").content.decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page


@pytest.mark.parametrize(
    ("path", "queries", "again"),
    [
        ("/", 4, 1),
        ("/program/", 2, 1),
        ("/faculty/", 2, 1),
        ("/fees/", 4, 1),
        ("/faq/", 2, 1),
        ("/privacy/", 0, 0),
        ("/certification/", 2, 1),
        ("/consultations/", 4, 1),
        ("/cohorts/", 2, 1),
        ("/interest/", 0, 0),
        ("/contact/", 0, 0),
        ("/sitemap.xml", 3, 3),
    ],
)
@pytest.mark.parametrize("rows", [1, 3, 25])
def test_queries_stay_the_same_however_many_rows(
    client: Client,
    edition: Edition,
    django_assert_num_queries,
    path: str,
    queries: int,
    again: int,
    rows: int,
) -> None:
    """Four at most, the one that asks whether anything changed among them; then that one alone."""
    make_rows(rows)
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200
    with django_assert_num_queries(again):
        assert client.get(path).status_code == 200


class TestFiguresComeFromTheEdition:
    def test_the_worked_total_of_the_programme(self, client: Client, edition: Edition) -> None:
        """domain.md: 2,895 + 1,495 + 3,050, of which 1,800 directly to the supervisor."""
        text = text_of(client, "/fees/")
        assert "The whole path USD 7,440" in text
        assert "To CMSC USD 5,640" in text
        assert "Directly to your supervisor USD 1,800" in text
        assert "USD 3,050 in all." in text

    @pytest.mark.parametrize("path", ["/", "/fees/"])
    def test_a_changed_fee_changes_the_page(
        self, client: Client, edition: Edition, path: str
    ) -> None:
        edition.review_fee_cents = 100_050
        edition.save()
        text = text_of(client, path)
        assert "USD 1,000.50" in text
        assert "The whole path USD 7,690.50" in text
        assert "USD 7,440" not in text

    def test_every_count_of_the_programme_page(self, client: Client, edition: Edition) -> None:
        edition.level_a_sessions, edition.level_a_session_minutes = 14, 90
        edition.attendance_percent = 75
        edition.level_b_capacity = 9
        edition.supervision_sessions = 7
        edition.save()
        text = text_of(client, "/program/")
        assert "14 weekly, 1.5 hours each" in text
        assert "Contact hours 21" in text
        assert "11 of 14 sessions" in text
        assert "at most 9 people" in text
        assert "Supervision, at least 7 sessions" in text
        assert "12 sessions with a supervisor" in text

    def test_refund_days(self, client: Client, edition: Edition) -> None:
        edition.full_refund_days, edition.half_refund_days = 45, 20
        edition.save()
        text = text_of(client, "/fees/")
        assert "until 45 days before all of it comes back" in text
        assert "until 20 days before half of it comes back" in text

    def test_the_edition_in_force_counts_not_the_next_one(
        self, client: Client, edition: Edition
    ) -> None:
        tomorrow = timezone.localdate() + timedelta(days=2)
        Edition.objects.create(name="Next", in_force_from=tomorrow, review_fee_cents=99_900)
        assert "USD 999" not in text_of(client, "/fees/")

    def test_consultations(self, client: Client, edition: Edition) -> None:
        edition.level_b_standard_cents = 150_100
        edition.save()
        Topic.objects.create(name="Grief <script>", slug="grief", description="Loss & after.")
        Topic.objects.create(name="Hidden", slug="hidden", is_offered=False)
        page = client.get("/consultations/").content.decode()
        assert "USD 1,501" in page
        assert "Grief &lt;script&gt;" in page
        assert "Hidden" not in page


class TestCertificationOpens:
    def test_without_a_date_it_leads_to_the_interest_list(
        self, client: Client, edition: Edition
    ) -> None:
        page = client.get("/certification/").content.decode()
        assert "Applications open soon" in page
        assert 'href="/interest/?about=certification"' in page

    def test_a_date_ahead_is_named(self, client: Client, edition: Edition) -> None:
        edition.applications_open_on = date(2999, 3, 5)
        edition.save()
        assert "Applications open on Tuesday 5 March 2999" in text_of(client, "/certification/")

    def test_from_that_day_on_it_is_open(self, client: Client, edition: Edition) -> None:
        edition.applications_open_on = timezone.localdate()
        edition.save()
        text = text_of(client, "/certification/")
        assert "Registration is open" in text
        assert "interest list" not in text.split("When you can register", 1)[0]


class TestCohortsOnTheFirstPage:
    def test_dates_are_in_the_visitors_zone(self, client: Client, edition: Edition) -> None:
        make_cohort(starts_on=date(2999, 3, 5), starts_at=time(18, 0), time_zone="Europe/Lisbon")
        assert "Tuesday 5 March 2999, 18:00, UTC" in text_of(client, "/")
        # as static/js/site.js writes it
        client.cookies["tz"] = "Asia%2FTokyo"
        text = text_of(client, "/")
        assert "Begins Wednesday 6 March 2999, 03:00, Tokyo time" in text
        assert "Wednesday, 03:00–06:00" in text

    def test_a_zone_that_does_not_exist_is_ignored(self, client: Client, edition: Edition) -> None:
        make_cohort(starts_on=date(2999, 3, 5))
        client.cookies["tz"] = "Mars%2FOlympus<script>"
        assert "18:00, UTC" in text_of(client, "/")

    def test_prices_and_places_are_the_cohorts_own(
        self, client: Client, edition: Edition, applicant
    ) -> None:
        cohort = make_cohort(capacity=2)
        PriceTier.objects.filter(cohort=cohort, kind="early_bird").update(amount_cents=111_100)
        text = text_of(client, "/")
        assert "from USD 1,111" in text
        assert "2 places left" in text
        application = cohort.applications.create(
            user=applicant, state="offered", submitted_at=timezone.now()
        )
        Seat.objects.create(cohort=cohort, number=1, application=application)
        assert "1 place left" in text_of(client, "/")

    def test_an_early_bird_that_is_over_is_not_promised(
        self, client: Client, edition: Edition
    ) -> None:
        cohort = make_cohort()
        yesterday = timezone.localdate() - timedelta(days=2)
        PriceTier.objects.filter(cohort=cohort, kind="early_bird").update(until=yesterday)
        text = text_of(client, "/")
        assert "Early bird until" not in text
        assert "Next learning cohorts" in text
        assert "from USD 2,895 20 places left" in text

    def test_the_cohorts_standard_price_goes_into_the_total(
        self, client: Client, edition: Edition
    ) -> None:
        cohort = make_cohort()
        PriceTier.objects.filter(cohort=cohort, kind="standard").update(amount_cents=300_000)
        assert "The whole path USD 7,545" in text_of(client, "/")

    def test_drafts_and_past_ones_are_not_shown(self, client: Client, edition: Edition) -> None:
        make_cohort(title="Secret draft", state=Cohort.State.DRAFT)
        make_cohort(title="Long ago", starts_on=date(2020, 1, 7))
        make_cohort(title="Called off", state=Cohort.State.CANCELLED)
        text = text_of(client, "/")
        assert "No cohort is open just now" in text
        for title in ("Secret draft", "Long ago", "Called off"):
            assert title not in text

    def test_equal_prices_are_said_once_on_the_fees_page(
        self, client: Client, edition: Edition
    ) -> None:
        make_cohort(title="One")
        make_cohort(title="Two")
        third = make_cohort(title="Three")
        PriceTier.objects.filter(cohort=third, kind="lend_a_hand").update(amount_cents=350_000)
        text = text_of(client, "/fees/")
        assert text.count("USD 3,195") == 1
        assert text.count("USD 3,500") == 1


def test_rows_of_the_office_are_escaped_and_hidden_ones_stay_hidden(
    client: Client, edition: Edition
) -> None:
    FacultyMember.objects.create(name="<script>alert(1)</script>", biography="<b>bold</b>")
    FacultyMember.objects.create(name="Nobody Yet", is_shown=False)
    FaqEntry.objects.create(topic="money", question="<script>?", answer="</script><script>x")
    FaqEntry.objects.create(topic="money", question="Hidden?", answer="-", is_shown=False)
    for path in ("/faculty/", "/faq/", "/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<script>x" not in page
        assert "<b>bold" not in page
        assert "Nobody Yet" not in page
        assert "Hidden?" not in page


def test_structured_data_is_json_that_cannot_leave_its_block(
    client: Client, edition: Edition
) -> None:
    make_cohort(title='</script><script>alert("x")</script>')
    page = client.get("/").content.decode()
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert len(blocks) == 1
    graph = json.loads(blocks[0])["@graph"]
    course = graph[1]
    assert course["hasCourseInstance"][0]["name"] == '</script><script>alert("x")</script>'
    assert course["hasCourseInstance"][0]["offers"]["price"] == "2595.00"
    assert page.count("alert(") == page.count("alert(&quot;") + 1  # once, inside the block


class TestKeeping:
    @pytest.mark.parametrize("path", ["/", "/fees/", "/privacy/"])
    def test_asked_again_and_answered_short_while_nothing_changed(
        self, client: Client, edition: Edition, path: str
    ) -> None:
        first = client.get(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in first.headers["Vary"]
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.content == b""

    def test_a_changed_row_is_seen_at_once(self, client: Client, edition: Edition) -> None:
        tag = client.get("/fees/").headers["ETag"]
        edition.review_fee_cents += 100
        edition.save()
        assert client.get("/fees/", headers={"If-None-Match": tag}).status_code == 200

    def test_another_zone_is_another_page(self, client: Client, edition: Edition) -> None:
        make_cohort()
        tag = client.get("/").headers["ETag"]
        client.cookies["tz"] = "Asia%2FTokyo"
        assert client.get("/", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", PAGES[:8])
def test_pages_only_answer_questions(client: Client, edition: Edition, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


def test_signed_in_people_see_the_same_pages(edition: Edition, as_user) -> None:
    client = as_user(make_user("reader@example.com"))
    for path in PAGES:
        assert client.get(path).status_code == 200


class TestProcessGuide:
    def test_it_is_a_pdf_of_the_edition_in_force_made_anew_only_once_that_is_edited(
        self, client: Client, edition: Edition, django_assert_max_num_queries
    ) -> None:
        response = client.get("/certification/process-guide.pdf")
        assert response.headers["Content-Type"] == "application/pdf"
        before = response.content
        assert before.startswith(b"%PDF-")
        assert pdf_text(before).count("USD 750") >= 1
        with django_assert_max_num_queries(3):
            assert client.get("/certification/process-guide.pdf").content == before
        edition.review_fee_cents = 81_700
        edition.save()
        after = client.get("/certification/process-guide.pdf").content
        assert "USD 817" in pdf_text(after)
        assert "USD 817" not in pdf_text(before)

    def test_it_comes_on_both_papers_and_on_no_third(
        self, client: Client, edition: Edition
    ) -> None:
        sizes = []
        for query in ("", "?paper=letter", "?paper=../../etc/passwd"):
            content = client.get(f"/certification/process-guide.pdf{query}").content
            sizes.append(page_size(content))
        assert sizes == [(595, 842), (612, 792), (595, 842)]


def pdf_text(content: bytes) -> str:
    from io import BytesIO

    from pypdf import PdfReader

    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def page_size(content: bytes) -> tuple[int, int]:
    from io import BytesIO

    from pypdf import PdfReader

    box = PdfReader(BytesIO(content)).pages[0].mediabox
    return round(box.width), round(box.height)
