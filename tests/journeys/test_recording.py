"""A recording on its way: a connection that drops, a page that is closed, and two who listen."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from certification.portfolio.models import Excerpt
from scip.vault import arrivals
from scip.vault.models import Arrival
from tests import world
from tests.portfolio.desk import make_author
from tests.vault import recordings

PHONE = {"viewport": {"width": 390, "height": 844}}
PARTS = re.compile(r"/portfolio/excerpts/arrivals/[0-9a-f-]+/$")
SECONDS = 700  # 11 MB of silence: three parts


@pytest.fixture
def author(site: str) -> Any:
    found = make_author()
    found.guide = world.make_supervisor(world.make_user("gita@example.com", name="Gita Guide"))
    world.make_agreement(found.candidacy, found.guide, signed_at=timezone.now())
    return found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "session.wav"
    path.write_bytes(recordings.wav(SECONDS))
    return path


def status(visitor: Any) -> Any:
    return visitor.page.locator("[data-recording-status]")


def until_said(visitor: Any, words: str) -> None:
    status(visitor).filter(has_text=words).wait_for()


def vouch(visitor: Any) -> None:
    visitor.field("Title").fill("Client A, eleven minutes of silence")
    visitor.field("Day of your client’s consent").fill(str(timezone.localdate()))
    visitor.page.get_by_label("for my supervision and the committee’s review").check()
    visitor.page.get_by_label("Nobody can be recognised").check()
    visitor.page.get_by_label("I vouch for this").check()


def forgive(visitor: Any) -> None:
    """The connections that were cut here are told on the console; everything else still counts."""
    visitor.complaints[:] = [
        words for words in visitor.complaints if "ERR_CONNECTION_RESET" not in words
    ]


def test_a_dropped_connection_costs_nothing(someone: Any, author: Any, recording: Path) -> None:
    alma = someone(author.user, **PHONE)
    alma.go("/portfolio/excerpts/new/")
    alma.look(closely=True)

    # The second part never arrives, and the one after it only in part.
    sent = []

    def unreliable(route: Any) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.headers["upload-offset"])
            if len(sent) in {2, 3}:
                route.abort("connectionreset")
                return
        route.continue_()

    alma.page.route(PARTS, unreliable)
    alma.page.set_input_files("input[type=file]", recording)
    until_said(alma, "The connection dropped at")
    vouch(alma)
    until_said(alma, "We look at it and seal it")
    # Every part that was lost is sent again from where the file stood, and no other.
    assert sent == ["0", *[str(arrivals.PART_BYTES)] * 3, str(2 * arrivals.PART_BYTES)]
    alma.page.get_by_role("button", name="Hand it in").click()
    until_said(alma, "It is handed in as soon as the file is here")
    # Looking again how far it is does not take the answer away.
    alma.page.wait_for_event("response", lambda answer: bool(PARTS.search(answer.url)))
    alma.page.wait_for_event("response", lambda answer: bool(PARTS.search(answer.url)))
    until_said(alma, "It is handed in as soon as the file is here")
    arrivals.inspect(Arrival.objects.get())  # the worker
    alma.page.wait_for_url(re.compile(r"/portfolio/excerpts/\d+/$"))
    alma.look(closely=True)
    assert Excerpt.objects.get().document.size == recording.stat().st_size

    gita = someone(author.guide.user, **PHONE)
    gita.go("/portfolio/shared/")
    gita.follow("Client A, eleven minutes of silence")
    gita.press("Open and play")
    gita.look(closely=True)
    player = gita.page.locator("audio")
    length = player.evaluate(
        "audio => new Promise(done => audio.readyState ? done(audio.duration)"
        " : audio.onloadedmetadata = () => done(audio.duration))"
    )
    assert round(length) == SECONDS
    # Near its end without reading what lies before.
    place = player.evaluate(
        "audio => new Promise(done => { audio.onseeked = () => done(audio.currentTime);"
        " audio.currentTime = 600; })"
    )
    assert round(place) == 600

    alma.go("/portfolio/excerpts/")
    alma.reads("Opened: Gita Guide")
    forgive(alma)


def test_the_same_file_goes_on_another_day(someone: Any, author: Any, recording: Path) -> None:
    alma = someone(author.user)
    alma.go("/portfolio/excerpts/new/")
    alma.page.route(PARTS, only_first)
    alma.page.set_input_files("input[type=file]", recording)
    until_said(alma, "The connection dropped at")
    alma.page.unroute(PARTS)
    alma.page.on("dialog", lambda dialog: dialog.accept())
    alma.go("/portfolio/excerpts/new/")
    alma.reads("“session.wav”: 37 % are here.")
    alma.page.set_input_files("input[type=file]", recording)
    until_said(alma, "We look at it and seal it")
    assert Arrival.objects.get().state == Arrival.State.ARRIVED
    forgive(alma)


def only_first(route: Any) -> None:
    offset = route.request.headers.get("upload-offset", "0")
    route.abort("connectionreset") if offset != "0" else route.continue_()


def test_what_is_no_recording_is_said_on_the_page(
    someone: Any, author: Any, tmp_path: Path
) -> None:
    path = tmp_path / "session.mp4"
    path.write_bytes(recordings.mp4()[:-20])
    alma = someone(author.user)
    alma.go("/portfolio/excerpts/new/")
    alma.page.set_input_files("input[type=file]", path)
    until_said(alma, "We look at it and seal it")
    arrivals.inspect(Arrival.objects.get())
    until_said(alma, "This recording was not finished when it was saved")
    assert alma.page.get_by_role("button", name="Try again").is_visible()
    alma.look()


def test_when_parts_fail_for_good_the_form_sends_a_small_file(
    someone: Any, author: Any, tmp_path: Path
) -> None:
    path = tmp_path / "session.wav"
    path.write_bytes(recordings.wav(10))
    alma = someone(author.user)
    # Nine pauses add up to three minutes; here each is over at once.
    alma.page.add_init_script(
        "const wait = window.setTimeout;"
        "window.setTimeout = (what, time, ...rest) => wait(what, Math.min(time, 20), ...rest);"
    )
    alma.go("/portfolio/excerpts/new/")
    alma.page.route("**/portfolio/excerpts/arrivals/**", lambda route: route.abort())
    alma.page.set_input_files("input[type=file]", path)
    until_said(alma, "A file of up to 20 MB can also simply be sent with the form")
    vouch(alma)
    alma.press("Hand it in")
    alma.page.wait_for_url(re.compile(r"/portfolio/excerpts/\d+/$"))
    assert Excerpt.objects.get().document.size == path.stat().st_size
    assert not Arrival.objects.exists()
    alma.complaints[:] = [words for words in alma.complaints if "ERR_FAILED" not in words]
