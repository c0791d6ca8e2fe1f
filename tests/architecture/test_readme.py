"""The README's list of addresses and the URLconf, held against each other."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.urls import URLResolver, get_resolver

README = Path(__file__).parents[2] / "README.md"
# Mounted while the demo runs, which tests do not.
DEMO = "Demo only:"


def plain(address: str) -> str:
    """Without the names of its parts: ``/verify/<>/``."""
    return re.sub(r"<[^>]*>", "<>", address)


def named() -> list[str]:
    """The addresses in the README's own section, those of the demo left out."""
    section = README.read_text().split("\n## Addresses\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"`(/[^`]*)`", section.split(DEMO)[0])


def routes(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for item in resolver.url_patterns:
        route = before + re.sub(r"^\^|\$$", "", str(item.pattern))
        if isinstance(item, URLResolver):
            yield from routes(item, route)
        else:
            yield plain(route)


def test_every_address_of_the_readme_leads_somewhere() -> None:
    known = {*routes(get_resolver())}
    lost = [
        address
        for address in named()
        if not any(
            route.startswith(address.rstrip("…"))
            if address.endswith("…")
            # A name with its key is one part of an address.
            else route == plain(address.replace("<name>-<key>", "<slug>"))
            for route in known
        )
    ]
    assert lost == []
    assert len(named()) > 50


def test_every_part_of_the_site_is_named() -> None:
    """By its first part: ``/portfolio/…`` is, so a new part of the house is as well."""
    first = {route.split("/")[1] for route in routes(get_resolver())}
    told = {address.split("/")[1].rstrip("…") for address in named()}
    # Mounted beside the rest where the settings say so.
    assert first - told - {"demo", "styleguide"} == set()
