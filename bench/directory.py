"""The directory at a thousand and at a hundred thousand listings, against B0, B2 and itself.

People are invented by the database from lists of parts, so that words are as common and as rare as
they are among people. A search for a name has as many hits in the small world as in the large one:
the few who carry it are added by hand, what grows is the crowd around them.
"""

import os
from collections.abc import Callable, Iterator
from itertools import cycle

from django.db import connection
from django.utils import timezone

from bench import people
from bench.pages import Pages
from bench.report import Row
from bench.requests import Site, from_memory
from bench.rounds import Times, alternate
from scip.directory.models import Listing
from scip.directory.queries.facets import remembered
from scip.directory.queries.searching import FORWARD, mark_of

SMALL, LARGE, MIDDLE = 1_000, int(os.environ.get("BENCH_LISTINGS", "100000")), 50_000
CALLS = 60
RARE = ("Oddvarsson", "Quillfeather", "Zubrowka", "Ixchelmann", "Wachowiecki")
PARTS = """
    Anna Maria Olga Inês Zoë Aiko Peter João Li Fatima Noor Elif Ravi Priya Tom Sara Lena Marta Jorge Ana
    Silva Müller Nguyen Kowalska García Tanaka Okafor Jensen Rossi Novák Haddad Kim Santos Dubois Bauer
    US US US US GB GB DE DE PT ES FR NL PL BR JP AU CA SE NO MT
    Porto Berlin Leeds Austin Boston Kyoto Lyon Kraków Malmö Bergen Recife Perth
    en en en en de pt es fr pl ja sv nb mt
    anxiety trauma depression shame couples eating addictions borderline grief
"""
FIRST, LAST, COUNTRIES, CITIES, LANGUAGES, TOPICS = (
    line.split() for line in PARTS.strip().splitlines()
)

CROWD = """
    insert into accounts_user ({columns}, email, name)
    select {values}, 'listed' || n || '@example.com',
        (%s::text[])[1 + n %% %s] || ' ' || (%s::text[])[1 + (n / 7) %% %s] || ' ' || n / 29
    from generate_series(%s, %s) n;
"""
ROWS = """
    insert into credentials_completion (user_id, level, basis, completed_on, facts, recorded_at)
    select id, 'C', 'cohort', current_date, '{}', now() from accounts_user u
    where email like 'listed%%' and not exists (select 1 from directory_listing where user_id = u.id);
    insert into credentials_credential ({credential}, user_id, completion_id, code, number, facts)
    select {credential_values}, u.id, c.id, 'L' || u.id, 'L-' || u.id,
        jsonb_build_object('holder_name', u.name)
    from accounts_user u join credentials_completion c on c.user_id = u.id and c.level = 'C'
    where not exists (select 1 from directory_listing where user_id = u.id);
    insert into directory_listing ({listing}, user_id, key, name, country, city, languages, topics,
        is_online, accepting, words)
    select {listing_values}, id, 'k' || id, name, place, city, array[tongue, 'en'],
        array[(%s::text[])[1 + id %% 9], (%s::text[])[1 + (id / 9) %% 9]],
        id %% 3 > 0, case when id %% 2 = 0 then 'yes' else 'no' end, city
    from (
        select id, name, (%s::text[])[1 + (id / 3) %% 20] as place,
            (%s::text[])[1 + (id / 11) %% 12] as city, (%s::text[])[1 + (id / 5) %% 13] as tongue
        from accounts_user u where email like 'listed%%'
            and not exists (select 1 from directory_listing where user_id = u.id)
    ) crowd;
"""


def columns_of(fresh: object, without: set[str]) -> dict[str, object]:
    """Column and value of everything that a fresh row has anyway."""
    return {
        f'"{field.column}"': field.get_db_prep_save(getattr(fresh, field.attname), connection)
        for field in fresh._meta.concrete_fields  # type: ignore[attr-defined]
        if field.column not in {"id", *without}
    }


def grow_to(count: int) -> None:
    """So many listings, each of somebody certified; the rare names among the first."""
    from scip.accounts.models import User
    from scip.credentials.models import Credential

    now = timezone.now()
    user = columns_of(User(), {"email", "name"})
    credential = columns_of(
        Credential(kind="certified", holder_name="Somebody", issued_on=now.date(), facts={}),
        {"user_id", "completion_id", "code", "number", "facts"},
    )
    later = now.replace(year=now.year + 1)
    listing = columns_of(
        Listing(state="published", published_at=now, confirmed_at=now, accepting_until=later),
        {"user_id", "key", "name", "country", "city", "languages", "topics", "is_online",
         "accepting", "words"},
    )  # fmt: skip
    start = Listing.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            CROWD.format(columns=", ".join(user), values=", ".join(["%s"] * len(user))),
            [*user.values(), FIRST, len(FIRST), LAST, len(LAST), start + 1, count],
        )
        if not start:
            for place, name in enumerate(RARE):
                cursor.execute(
                    "update accounts_user set name = %s || ' ' || email where id in "
                    "(select id from accounts_user where email like 'listed%%' order by id "
                    "limit 10 offset %s)",
                    [f"Person {name}", 10 * place],
                )
        text = ROWS.replace("'{}'", "'{{}}'").format(
            credential=", ".join(credential),
            credential_values=", ".join(["%s"] * len(credential)),
            listing=", ".join(listing),
            listing_values=", ".join(["%s"] * len(listing)),
        )
        first, second, third = text.strip().rstrip(";").split(";")
        cursor.execute(first.replace("%%", "%"))
        cursor.execute(second, list(credential.values()))
        cursor.execute(third, [*listing.values(), TOPICS, TOPICS, COUNTRIES, CITIES, LANGUAGES])
    people.analyse()
    remembered.cache_clear()


def in_turn(site: Site, addresses: list[str]) -> Callable[[], object]:
    """One address after the other, so that nothing is fast because it was asked a moment ago."""
    getters: Iterator[Callable[[], bytes]] = cycle([site.getter(address) for address in addresses])
    return lambda: next(getters)()  # noqa: PLW0108 - another one each time


def addresses_of(count: int) -> dict[str, list[str]]:
    """What is measured at a size."""
    rows = Listing.objects.order_by("sort_name", "id")
    middle = rows.only("sort_name")[min(MIDDLE, count // 2)]
    return {
        "list": ["/directory/"],
        "text search": [f"/directory/?q={name.lower()}" for name in RARE],
        "filtered": [
            "/directory/?country=PT",
            "/directory/?language=sv",
            "/directory/?topic=grief&online=on",
            "/directory/?country=DE&language=fr&accepting=on",
        ],
        "row in the middle": [f"/directory/?page={mark_of(FORWARD, middle)}"],
        "nearly spelled": [f"/directory/?q={name.lower()[:4]}x{name.lower()[5:]}" for name in RARE],
        "common word": ["/directory/?q=maria", "/directory/?q=porto", "/directory/?q=anna+silva"],
    }


def taken_at(site: Site, count: int) -> dict[str, Times]:
    grow_to(count)
    sides: dict[str, Callable[[], object]] = {"B0": site.getter("/bench/bare/")}
    for name, addresses in addresses_of(count).items():
        sides[name] = in_turn(site, addresses)
    sides["B2"], _left = from_memory("/directory/")
    # Counts beside filters are remembered for minutes; each question is asked once before.
    for addresses in addresses_of(count).values():
        for address in addresses:
            site.getter(address)()
    return alternate(sides, calls=CALLS)


# The goal of each page's growth from the small to the large directory.
GROWTH = {"list": 1.25, "text search": 1.25, "filtered": 2.5}


def directory_rows() -> list[Row]:
    """All figures about the directory."""
    site = Site()
    small, large = taken_at(site, SMALL), taken_at(site, LARGE)
    b0, b2, size = large["B0"].p50, large["B2"].p50, f"{LARGE:,}"
    first = large["list"].p50
    rows = [
        Pages.row(f"directory, 25 of {size}", first, "B2", b2, 2.5),
        Pages.row(f"directory, 25 of {size}", first, "B0", b0, 25.0),
        Pages.row(
            "directory: page in the middle", large["row in the middle"].p50, "first", first, 1.3
        ),
    ]
    for name in large:
        if name in {"B0", "B2", "row in the middle"}:
            continue
        # The machine's own drift between the two sizes is taken out by B0 of each.
        grown = small[name].p50 * b0 / small["B0"].p50
        note = "" if name in GROWTH else "for comparison"
        rows.append(
            Pages.row(
                f"directory: {name}, {SMALL:,} to {size}", large[name].p50, "small", grown,
                GROWTH.get(name), note,
            )
        )  # fmt: skip
    for name, addresses in addresses_of(LARGE).items():
        rows.append(
            Row(name=f"queries: directory, {name}", value=site.queries(addresses[0]),
                unit="queries", goal=4 if name != "nearly spelled" else 6, is_exact=True)
        )  # fmt: skip
    return [*rows, cold_counts(site)]


def cold_counts(site: Site) -> Row:
    """What the first visitor of five minutes waits for: counting everybody."""
    import time

    remembered.cache_clear()
    started = time.perf_counter()
    site.ask("/directory/")
    return Row(
        name=f"directory: counting all {LARGE:,} afresh, once in minutes",
        value=(time.perf_counter() - started) * 1000,
        unit="ms",
    )
