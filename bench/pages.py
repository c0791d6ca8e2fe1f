"""Pages against a view that does nothing, and what they ask of the database."""

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings

from bench import people
from bench.report import Row
from bench.requests import Site, cookie_of, from_memory
from bench.rounds import alternate
from cohorts.models import Cohort
from scip.policy.models import Edition

SIZES = (1, 25, 100)
CALLS = 60
KIB = 1024
# No row of its own for these pages: held to what a public list is held to.
BORROWED = "the directory's goal"
LISTS = ("home page", "cohort list", "cohort page")


class Pages:
    """One world that grows to 1, 25 and 100 rows, and the figures taken on the way."""

    def __init__(self, edition: Edition) -> None:
        self.site = Site()
        self.edition = edition
        self.counts: dict[str, list[int]] = {}
        (self.cohort,) = people.add_cohorts(1)
        self.person = people.participant_in(self.cohort, "paulo@example.com").user
        self.cookie = cookie_of(self.person)
        self.office = cookie_of(people.staff())

    def addresses(self) -> dict[str, tuple[str, str, int]]:
        """Page by name: address, cookie, the most queries it may make."""
        return {
            "home page": ("/", "", 4),
            "cohort list": ("/cohorts/", "", 4),
            "cohort page": (f"/cohorts/{self.cohort.slug}/", "", 4),
            "my pathway": ("/pathway/", self.cookie, 10),
            "my payments": ("/payments/", self.cookie, 10),
            "staff: applications": ("/admin/cohorts/application/", self.office, 8),
            "staff: cohorts": ("/admin/cohorts/cohort/", self.office, 8),
        }

    def grow_to(self, rows: int) -> None:
        """So many cohorts open, as many applications and places of the one person."""
        for cohort in people.add_cohorts(rows - Cohort.objects.count()):
            people.enrol(self.person, cohort)
        people.analyse()

    def count(self) -> None:
        """Note every page's queries at the present size."""
        for name, (address, cookie, _most) in self.addresses().items():
            self.counts.setdefault(name, []).append(self.site.queries(address, cookie=cookie))

    def count_rows(self) -> list[Row]:
        """One row a page: the most queries at any size, and whether they stayed the same."""
        rows = []
        for name, (_address, _cookie, most) in self.addresses().items():
            counts = self.counts[name]
            note = "" if len(set(counts)) == 1 else f"grows with rows: {counts}"
            rows.append(
                Row(
                    name=f"queries: {name} at {', '.join(map(str, SIZES))} rows",
                    value=max(counts),
                    unit="queries",
                    goal=most if not note else 0,
                    is_exact=True,
                    note=note,
                )
            )
        return rows

    def times(self) -> list[Row]:
        """Pages at 25 rows in turns with the bare view (B0) and their template alone (B2)."""
        code = people.add_credentials(self.person, 1000, self.edition).code
        people.analyse()
        verify = f"/verify/{code}/"
        pages = {
            name: (address, cookie)
            for name, (address, cookie, _most) in self.addresses().items()
            if not name.startswith("staff")
        } | {"verify page": (verify, "")}
        # A question after the address is never answered from memory (scip.unchanged).
        anew = {name: f"{pages[name][0]}?anew" for name in LISTS}
        sides = {
            "B0": self.site.getter("/bench/bare/"),
            "B0 signed in": self.site.getter("/bench/bare/", cookie=self.cookie),
            "select 1": self.site.getter("/bench/select/"),
        }
        for name, (address, cookie) in pages.items():
            sides[name] = self.site.getter(address, cookie=cookie)
            sides[f"B2 {name}"], left = from_memory(address, cookie=cookie)
            if left:
                print(f"  note: {name} still makes {left} queries while its template is drawn")
        for name, address in anew.items():
            sides[f"{name} anew"] = self.site.getter(address)
        taken = alternate(sides, calls=CALLS)
        b0 = taken["B0"].p50
        goals = {"verify page": 8.0, "cohort list": 25.0, "home page": 25.0, "cohort page": 25.0}
        rows = [
            Row(name="B0: bare view, full middleware", value=b0, unit="ms"),
            self.row("select 1 view", taken["select 1"].p50, "B0", b0, 1.8),
            self.row("bare view, signed in", taken["B0 signed in"].p50, "B0", b0, None),
        ]
        for name in pages:
            p50, template = taken[name].p50, taken[f"B2 {name}"].p50
            note = "" if name == "verify page" or name not in goals else BORROWED
            rows.append(self.row(f"{name}, p50", p50, "B0", b0, goals.get(name), note))
            rows.append(
                self.row(f"{name}, p50", p50, "B2", template, 2.5 if name in LISTS else None)
            )
        for name in LISTS:
            p50 = taken[f"{name} anew"].p50
            rows.append(self.row(f"{name}, drawn anew", p50, "B2", taken[f"B2 {name}"].p50, None))
        return [*rows, *self.verify_queries(verify)]

    def verify_queries(self, address: str) -> list[Row]:
        count = self.site.queries(address)
        return [
            Row(name="queries: verify page", value=count, unit="queries", goal=4, is_exact=True)
        ]

    @staticmethod
    def row(name: str, p50: float, of: str, base: float, goal: float | None, note: str = "") -> Row:
        return Row(
            name=name, value=p50, unit="ms", baseline=of, baseline_value=base, goal=goal, note=note
        )


def page_rows(edition: Edition) -> list[Row]:
    """All figures about pages."""
    pages = Pages(edition)
    times: list[Row] = []
    for size in SIZES:
        pages.grow_to(size)
        pages.count()
        if size == 25:
            times = pages.times()
    return [*times, *pages.count_rows(), *first_view_rows(pages.site)]


def first_view_rows(site: Site) -> list[Row]:
    """What a first visit to the home page moves: the page and every file that it names."""
    _status, page = site.ask("/")
    html = page.decode()
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    files, weight = list(dict.fromkeys(found)), 0
    for address in files:
        if address.endswith(".css"):
            inner = re.findall(r"url\([\"']?([^\"')]+)", plain(address))
            files += [urljoin(address, name) for name in inner if not name.startswith("data:")]
        weight += packed_size(address)
    foreign = [
        *re.findall(r'(?:src|srcset)="(https?://[^"]+)"', html),
        *re.findall(r'<link rel="(?:stylesheet|preload|icon)"[^>]*href="(https?://[^"]+)"', html),
    ]
    total = len(gzip.compress(page, 6)) + weight
    note = f"page {len(gzip.compress(page, 6)) / KIB:.1f}, {len(files)} files {weight / KIB:.1f}"
    return [
        Row(
            name="first view of the home page, compressed",
            value=total / KIB,
            unit="KiB",
            goal=60,
            is_exact=True,
            note=note,
        ),
        Row(
            name="third-party requests of it",
            value=len(foreign),
            unit="requests",
            goal=0,
            is_exact=True,
        ),
    ]


def stored(address: str) -> Path:
    """The collected file behind a static address."""
    return Path(settings.STATIC_ROOT) / address.removeprefix("/static/")


def plain(address: str) -> str:
    return stored(address).read_text()


def packed_size(address: str) -> int:
    """Bytes as WhiteNoise sends them to a browser: the packed copy where there is one."""
    file = stored(address)
    packed = [file.with_name(f"{file.name}{ending}") for ending in (".br", ".gz")]
    return min(path.stat().st_size for path in [file, *packed] if path.exists())
