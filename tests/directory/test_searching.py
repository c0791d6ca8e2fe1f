"""Finding people: slips and accents, filters together, pages that hold while the list changes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scip.directory.models import Listing
from scip.directory.queries import searching
from scip.directory.queries.facets import CAP, capped, facets_of
from scip.directory.queries.searching import Asked, look
from tests.directory.people import listed


@pytest.fixture
def three():
    return [
        listed("Tomasz Wiśniewski", country="PL", city="Łódź", region="", languages=["pl", "en"],
               topics=["anxiety"], is_in_person=True),
        listed("Zoë Brontë-Nuñez", country="ES", city="Sevilla", region="Andalucía",
               languages=["es"], topics=["eating", "shame"], is_in_person=False),
        listed("Aiko Tanaka", country="JP", city="Kyoto", region="", languages=["ja", "en"],
               topics=["trauma", "anxiety"], is_online=False, accepting="no"),
    ]  # fmt: skip


def names(**asked) -> list[str]:
    return [row.name.split()[0] for row in look(Asked(**asked)).rows]


WORDS = [
    ("", ["Aiko", "Tomasz", "Zoë"]),
    ("wisniewski", ["Tomasz"]),
    ("WIŚNIEWSKI", ["Tomasz"]),
    ("wisnewski", ["Tomasz"]),
    ("tomaz wisnewski", ["Tomasz"]),
    ("wisn", ["Tomasz"]),
    ("tanaak", ["Aiko"]),
    ("zoe nunez", ["Zoë"]),
    ("nunes", ["Zoë"]),
    ("lodz", ["Tomasz"]),
    ("łódź", ["Tomasz"]),
    ("kyotto", ["Aiko"]),
    ("poland", ["Tomasz"]),
    ("japanese", ["Aiko"]),
    ("anxiety", ["Aiko", "Tomasz"]),
    ("andalucia eating", ["Zoë"]),
    ("onte", ["Zoë"]),
    ("aiko sevilla", []),
    ("qqqq", []),
    ("…", []),
]


def test_words_are_found_in_spite_of_slips_and_accents(three):
    assert [(words, names(q=words)) for words, _found in WORDS] == WORDS


FILTERS = [
    ({"country": "PL"}, ["Tomasz"]),
    ({"language": "en"}, ["Aiko", "Tomasz"]),
    ({"language": "en", "topic": "trauma"}, ["Aiko"]),
    ({"language": "en", "topic": "anxiety", "online": True}, ["Tomasz"]),
    ({"in_person": True}, ["Aiko", "Tomasz"]),
    ({"accepting": True}, ["Tomasz", "Zoë"]),
    ({"q": "anxiety", "country": "JP"}, ["Aiko"]),
    ({"country": "XX"}, []),
]


@pytest.mark.parametrize("typed", ["…", "\U0001f600", "&|!:*()", "%", "\\"])
def test_signs_alone_are_nobody_and_the_count_says_so(client, three, typed):
    page = client.get("/directory/", {"q": typed})
    assert (len(page.context["cards"]), page.context["count"]) == (0, "0 people")


@pytest.mark.parametrize("typed", ["wisniewski" + " " * 200 + "x" * 10_000, "wis\0niewski"])
def test_as_much_is_looked_for_as_is_read_and_the_page_says_what(client, three, typed):
    """A question too long, or with a sign that no database takes, showed everybody unsaid."""
    page = client.get("/directory/", {"q": typed})
    assert page.context["count"] == "1 person"
    assert 'value="wisniewski"' in page.content.decode()


def test_filters_hold_together(three):
    assert [(asked, names(**asked)) for asked, _found in FILTERS] == FILTERS


HOSTILE = [
        "' or 1=1 --", "a & b | !c:*", "((((", "<->", "\\", "%_%", "½", "ŉ", "ʼʼʼ", "́", "🙂 🙂",
        "\x00abc", "a" * 5000, "و", "ก็", "ﬁn", "Ⅷ", "x:AB*", '"quoted"', "$$", "٣", "ะ", "ि",
    ]  # fmt: skip


def test_hostile_words_find_nothing_odd(three):
    """Neither an error nor everybody."""
    for hostile in HOSTILE:
        assert {row.name for row in look(Asked(q=hostile)).rows} <= {row.name for row in three}
        facets_of(Asked(q=hostile))


MARKS = [
        "1", "-1", "a", "b", "aW10=", "a!!!!", "a" + "A" * 4000, "aWyJcdWQ4MDAiLDFd", "aWzEsMl0",
        "aWyJhIiwxZTQwMF0", "aWyJhIiwtMV0", "aW10", "aeyJhIjoxfQ", "aWyJcdTAwMDAiLDFd", "é", "bnull",
        "aWyJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTldXQ", "a" + "W1tb" * 250,
    ]  # fmt: skip


def test_a_mark_that_is_none_of_ours_is_the_first_page(three):
    first = {mark: look(Asked(), mark).rows[0].name for mark in MARKS}
    assert first == dict.fromkeys(MARKS, "Aiko Tanaka")


def test_pages_hold_while_people_come_and_go(monkeypatch):
    monkeypatch.setattr(searching, "PAGE", 3)
    rows = [listed(f"Person {letter}") for letter in "ABCDEFGH"]
    first = look(Asked())
    assert [row.name[-1] for row in first.rows] == ["A", "B", "C"]
    assert first.previous == ""
    listed("Person Aa")
    type(rows[1]).objects.filter(pk=rows[1].pk).delete()
    second = look(Asked(), first.next)
    assert [row.name[-1] for row in second.rows] == ["D", "E", "F"]
    third = look(Asked(), second.next)
    assert [row.name[-1] for row in third.rows] == ["G", "H"]
    assert third.next == ""
    back = look(Asked(), third.previous)
    assert [row.name[-1] for row in back.rows] == ["D", "E", "F"]
    again = look(Asked(), back.previous)
    assert [row.name.split()[1] for row in again.rows] == ["A", "Aa", "C"]


def test_two_people_of_one_name_both_have_their_place(monkeypatch):
    monkeypatch.setattr(searching, "PAGE", 1)
    listed("Ana Lima")
    listed("Ana Lima")
    first = look(Asked())
    second = look(Asked(), first.next)
    assert {first.rows[0].pk, second.rows[0].pk} == set(
        Listing.objects.values_list("pk", flat=True)
    )


def test_each_filter_is_counted_among_what_the_others_leave(three):
    facets = facets_of(Asked(language="en"))
    assert facets.total == 2
    assert facets.of("country") == {"PL": 1, "JP": 1}
    assert facets.of("language") == {"pl": 1, "en": 2, "es": 1, "ja": 1}
    assert facets.of("topic") == {"anxiety": 2, "trauma": 1}
    assert facets.of("online") == {"": 1}
    assert facets.of("accepting") == {"": 1}
    assert facets_of(Asked(q="anxiety")).of("country") == {"PL": 1, "JP": 1}


def test_the_number_above_a_single_page_is_that_of_the_page(client, three):
    """Another process counted before somebody came, and before somebody went."""
    assert (facets_of(Asked(q="newcomer")).total, facets_of(Asked(q="aiko")).total) == (0, 1)
    listed("Nora Newcomer")
    Listing.objects.filter(name="Aiko Tanaka").update(state="hidden")
    for words, said in (("newcomer", "1 person"), ("aiko", "0 people")):
        assert client.get("/directory/", {"q": words}).context["count"] == said


def test_counts_stop_at_a_thousand():
    assert capped(37) == "37"
    assert capped(1000) == "1,000"
    assert capped(CAP + 1) == "1,000+"


def test_yes_to_clients_is_not_believed_for_ever(three):
    later = timezone.now() + timedelta(days=211)
    assert look(Asked(accepting=True), now=later).rows == ()
    assert len(look(Asked(accepting=True), now=later - timedelta(days=2)).rows) == 2


@pytest.mark.parametrize(("count", "path"), [(1, ""), (25, ""), (1, "q=person"), (25, "q=person")])
def test_a_page_takes_the_same_few_queries_however_many(client, count, path):
    for number in range(count):
        listed(f"Person {number:02}")
    with CaptureQueriesContext(connection) as asked:
        response = client.get(f"/directory/?{path}")
    assert response.content.decode().count("supervisor-row") == count
    assert len(asked) == 2, [query["sql"][:120] for query in asked]


def test_a_search_for_what_is_alike_takes_no_more(client):
    listed("Tomasz Wiśniewski")
    with CaptureQueriesContext(connection) as asked:
        response = client.get("/directory/?q=wisnewski")
    own = [query for query in asked if "SAVEPOINT" not in query["sql"]]
    assert "Tomasz" in response.content.decode()
    assert len(own) == 4, [query["sql"][:120] for query in own]


def plan_of(rows) -> str:
    return str(rows.explain())


def test_the_database_reads_the_index_not_the_table():
    """With many rows; without the index the plan has a scan of the whole table."""
    listed("Person A")
    now = timezone.now()
    Listing.objects.bulk_create(
        Listing(
            user=make_user(number), name=f"Somebody {number}", state="published",
            country="PT" if number % 50 else "MT", published_at=now, confirmed_at=now,
        )
        for number in range(2000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("analyze directory_listing")
    rows = Listing.objects.filter(state="published")
    assert "listing_by_name" in plan_of(rows.order_by("sort_name", "id")[:26])
    key = ("somebody 1500", 5)
    assert "listing_by_name" in plan_of(
        searching.beyond(rows, key, ">").order_by("sort_name", "id")[:26]
    )
    assert "listing_by_country" in plan_of(
        rows.filter(country="MT").order_by("sort_name", "id")[:26]
    )
    with connection.cursor() as cursor:  # so few rows are read faster than these indexes
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_indexscan = off")
    everything = Listing.objects.all()
    assert "listing_words" in plan_of(searching.spelled(everything, ["person"]))
    assert "listing_alike" in plan_of(everything.filter(short_text__trigram_word_similar="person"))
    assert "listing_alike" not in plan_of(everything.filter(words__contains="person"))


def make_user(number: int):
    from scip.accounts.models import User

    return User.objects.create(email=f"bulk{number}@example.com", name=f"Somebody {number}")
