"""Excerpts: handed in whatever the connection does, opened by two people only, gone when removed."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from certification.portfolio import attesting, services
from certification.portfolio.models import Excerpt, Opening
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.vault import arrivals
from scip.vault.errors import Destroyed
from scip.vault.models import Arrival, StoredFile
from scip.vault.services import read
from supervision.services import agreements
from tests import world
from tests.portfolio.desk import Author, make_author
from tests.races import tally
from tests.vault import recordings, samples

pytestmark = pytest.mark.django_db
FILM = recordings.mp4(sound=b"\x5a" * 700_000)


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


@pytest.fixture
def guide(author: Author) -> Any:
    """Their supervisor of today."""
    supervisor = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    author.agreement = world.make_agreement(
        author.candidacy, supervisor, signed_at=timezone.now() - timedelta(days=3)
    )
    return supervisor.user


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Client A, ten minutes",
        "consent_on": timezone.localdate(),
        "consent_scope": "review",
        "identity": "removed",
    } | changes


def arrived(user: Any, content: bytes = FILM, name: str = "session.mp4") -> Arrival:
    arrival = arrivals.begin(
        user,
        purpose=Excerpt.PURPOSE,
        name=name,
        size=len(content),
        allowed=services.excerpts.KINDS_TAKEN,
    )
    arrival = arrivals.receive(arrival, offset=0, content=content)
    arrivals.inspect(arrival)
    arrival.refresh_from_db()
    return arrival


def kept(author: Author, **changes: Any) -> Excerpt:
    return services.hand_in(
        author.candidacy, by=author.user, arrival=arrived(author.user), **facts(**changes)
    )


def shown(author: Author) -> Excerpt:
    return services.hand_in(author.candidacy, by=author.user, kind="video", **facts())


# --- handing in ---------------------------------------------------------------------------


def test_a_recording_comes_from_the_browser_in_parts(author, as_user):
    client = as_user(author.user)
    name = base64.b64encode(b"Sitzung.mp4").decode()
    begun = client.post(
        reverse("portfolio:arrival_begin"),
        headers={"Upload-Length": str(len(FILM)), "Upload-Metadata": f"filename {name}"},
    )
    assert (begun.status_code, begun.json()["received"]) == (201, 0)
    for start in (0, 300_000, 600_000):
        part = FILM[start : start + 300_000]
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        answer = client.patch(
            begun["Location"],
            part,
            content_type="application/offset+octet-stream",
            headers={"Upload-Offset": str(start), "Upload-Checksum": f"sha256 {digest}"},
        )
        assert answer.status_code == 204
    arrival = Arrival.objects.get()
    arrivals.inspect(arrival)
    assert client.get(begun["Location"]).json()["state"] == "ready"
    answer = client.post(
        reverse("portfolio:excerpt_new"),
        facts(how="file", arrival=str(arrival.pk), is_attested="on", note="The silence"),
    )
    excerpt = Excerpt.objects.get()
    assert answer.url == reverse("portfolio:excerpt", args=[excerpt.pk])
    assert (excerpt.kind, excerpt.document.size) == ("video", len(FILM))
    assert (excerpt.wording, excerpt.wording_version) == (attesting.wording("removed"), 1)
    assert recordings.NAME not in read(excerpt.document)
    assert Arrival.objects.get().state == Arrival.State.TAKEN


def test_without_scripts_a_small_file_comes_with_the_form(author, as_user):
    document = SimpleUploadedFile("talk.txt", b"T: And what do you notice now?")
    answer = as_user(author.user).post(
        reverse("portfolio:excerpt_new"), facts(how="file", document=document, is_attested="on")
    )
    assert answer.status_code == 302
    assert Excerpt.objects.get().kind == "transcript"


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("session.wav", recordings.wav(1400), "with scripts switched on"),
        ("talk.txt", b"T: And now? " * 2_000_000, "as a scan in grey"),
    ],
)
def test_without_scripts_what_is_too_large_hears_what_helps_it(
    author, as_user, name, content, advice
):
    data = facts(how="file", document=SimpleUploadedFile(name, content), is_attested="on")
    page = as_user(author.user).post(reverse("portfolio:excerpt_new"), data).content.decode()
    assert [words for words in (advice, "larger than 20 MB") if words not in page] == []
    assert ("scan in grey" in page) == (name == "talk.txt")


def test_an_error_loses_neither_words_nor_the_file(author, as_user):
    arrival = arrived(author.user)
    data = facts(how="file", arrival=str(arrival.pk), note="Kept words", consent_on="")
    answer = as_user(author.user).post(reverse("portfolio:excerpt_new"), data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'value="{arrival.pk}"' in page
    assert "“session.mp4” is here, checked and sealed." in page
    assert "Kept words" in page
    assert not Excerpt.objects.exists()
    data |= {"consent_on": str(timezone.localdate()), "is_attested": "on"}
    assert as_user(author.user).post(reverse("portfolio:excerpt_new"), data).status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "choose a file"),
        ({"how": "in_person"}, "say what you show"),
        ({"is_attested": ""}, "read what you vouch for"),
        ({"consent_on": "2999-01-01"}, "still to come"),
        ({"arrival": "00000000-0000-0000-0000-000000000001"}, "not here any more"),
        ({"arrival": "x"}, "arrival"),
        ({"document": SimpleUploadedFile("a.exe", b"MZ\x90\0" * 50)}, "isn’t one of the kinds"),
        (
            {
                "document": SimpleUploadedFile(
                    "a.docm", samples.archive("word/vbaProject.bin", b"x")
                )
            },
            "office documents",
        ),
    ],
)
def test_what_is_missing_is_said(author, as_user, changes, words):
    data = facts(how="file", is_attested="on") | changes
    answer = as_user(author.user).post(reverse("portfolio:excerpt_new"), data)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Excerpt.objects.exists()


def test_a_file_on_its_way_says_how_far_it_is(author, as_user):
    size = 10 * arrivals.MIN_PART_BYTES
    arrival = arrivals.begin(
        author.user, purpose=Excerpt.PURPOSE, name="long.mp4", size=size, allowed=["video/mp4"]
    )
    arrivals.receive(arrival, offset=0, content=FILM[: 2 * arrivals.MIN_PART_BYTES])
    client = as_user(author.user)
    assert (
        "“long.mp4”: 20 % are here" in client.get(reverse("portfolio:excerpt_new")).content.decode()
    )
    data = facts(how="file", arrival=str(arrival.pk), is_attested="on")
    answer = client.post(reverse("portfolio:excerpt_new"), data).content.decode()
    assert "it goes on where it stopped" in answer
    client.post(reverse("portfolio:arrival_forget", args=[arrival.pk]))
    assert not Arrival.objects.exists()


def test_a_phones_sound_in_a_films_container_is_sound(author):
    excerpt = services.hand_in(
        author.candidacy, by=author.user, arrival=arrived(author.user, name="memo.m4a"), **facts()
    )
    assert excerpt.kind == "audio"


@pytest.mark.parametrize("state", ["withdrawn", "preparing"])
def test_an_ended_candidacy_takes_nothing(author, state, as_user):
    arrival = arrived(author.user)
    type(author.candidacy).objects.filter(pk=author.candidacy.pk).update(state=state)
    with pytest.raises(Refusal):
        services.hand_in(author.candidacy, by=author.user, arrival=arrival, **facts())
    begun = as_user(author.user).post(reverse("portfolio:arrival_begin"))
    assert begun.status_code == 404


def test_nobody_hands_in_another_persons_file(author):
    other = make_author(2)
    with pytest.raises(Refusal):
        services.hand_in(author.candidacy, by=author.user, arrival=arrived(other.user), **facts())
    with pytest.raises(Refusal):
        services.hand_in(author.candidacy, by=other.user, kind="video", **facts())
    with pytest.raises(Refusal):
        services.hand_in(
            author.candidacy, by=author.user, kind="video", case=other.case(), **facts()
        )
    with pytest.raises(Refusal):
        services.hand_in(author.candidacy, by=author.user, **facts())


@pytest.mark.django_db(transaction=True)
def test_a_double_click_hands_in_once(author):
    arrival = arrived(author.user)
    act = lambda: services.hand_in(  # noqa: E731
        author.candidacy, by=author.user, arrival=arrival, **facts()
    )
    services.open_portfolio(author.candidacy, by=author.user)
    assert tally(act, act) == {"done": 1, "refused": 1}
    assert Excerpt.objects.count() == 1


# --- opening ------------------------------------------------------------------------------


def opened(client: Any, excerpt: Excerpt) -> str:
    """The address of the player's content, as its page names it."""
    answer = client.post(reverse("portfolio:excerpt_open", args=[excerpt.pk]), follow=True)
    page = answer.content.decode()
    return page.split('src="/portfolio/')[1].split('"')[0].join(["/portfolio/", ""])


def test_the_supervisor_plays_it_and_the_candidate_sees_when(author, guide, as_user):
    excerpt = kept(author)
    client = as_user(guide)
    assert "Client A, ten minutes" in client.get(reverse("portfolio:shared")).content.decode()
    address = opened(client, excerpt)
    answer = client.get(address, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, b"".join(answer)) == (206, read(excerpt.document)[10:20])
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-store"
    assert Opening.objects.get().opened_by == guide
    assert Entry.objects.filter(action="document.opened").count() == 1
    seen = as_user(author.user).get(reverse("portfolio:excerpts")).content.decode()
    assert "Opened:" in seen
    assert "Gita" in seen
    page = as_user(author.user).get(reverse("portfolio:excerpt", args=[excerpt.pk]))
    assert "Gita" in page.content.decode()


def test_a_player_plays_on_for_three_hours_and_no_longer(author, guide, as_user, monkeypatch):
    excerpt = kept(author)
    client = as_user(guide)
    address = opened(client, excerpt)
    monkeypatch.setattr("scip.vault.serving.PLAYBACK_SECONDS", -1)
    assert client.get(address).status_code == 403


def test_a_token_is_for_one_person(author, guide, as_user):
    excerpt = kept(author)
    address = opened(as_user(guide), excerpt)
    assert as_user(author.user).get(address).status_code == 404


@pytest.mark.parametrize("way", ["ended", "removed"])
def test_an_end_stops_the_player_in_the_middle(author, guide, as_user, way):
    excerpt = kept(author)
    client = as_user(guide)
    address = opened(client, excerpt)
    assert client.get(address).status_code == 200
    if way == "ended":
        agreements.end_agreement(
            author.agreement, by=author.user, reason="A new job", farewell="Thank you"
        )
    else:
        services.remove_excerpt(excerpt, by=author.user)
    assert client.get(address).status_code == 404
    assert client.get(reverse("portfolio:excerpt", args=[excerpt.pk])).status_code == 404
    assert "Client A, ten minutes" not in client.get(reverse("portfolio:shared")).content.decode()


def test_a_recording_is_never_answered_as_a_whole(author, guide, as_user, monkeypatch):
    monkeypatch.setattr("scip.vault.serving.DOCUMENT_BYTES", 1000)
    monkeypatch.setattr("scip.vault.serving.RANGE_BYTES", 5000)
    client = as_user(guide)
    address = opened(client, kept(author))
    whole = client.get(address)
    assert (whole.status_code, whole["Content-Range"]) == (416, f"bytes */{len(FILM)}")
    part = client.get(address, headers={"Range": "bytes=0-"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 0-4999/{len(FILM)}")


def test_the_supervisor_is_asked_about_what_was_shown_in_person_and_nobody_else(author, guide):
    kept(author)
    assert not Letter.objects.filter(dedupe_key__contains=":shown:").exists()
    shown(author)
    letter = Letter.objects.get(dedupe_key__contains=":shown:")
    assert letter.to_address == guide.email
    assert "showed you in person" in letter.text
    assert facts()["title"] not in letter.text


def test_a_changed_sentence_needs_a_new_version():
    """Whoever changes what therapists vouch for gives it the next number, and its hash stands here."""
    said = "\n".join(attesting.wording(value) for value in Excerpt.Identity.values)
    assert {attesting.VERSION: hashlib.sha256(said.encode()).hexdigest()[:12]} == {
        1: "53393afe7838"
    }


@pytest.mark.parametrize("name", ["excerpts", "excerpt_new"])
def test_the_pages_name_everybody_who_can_open_it(author, as_user, name):
    page = as_user(author.user).get(reverse(f"portfolio:{name}")).content.decode()
    assert [
        who for who in ("your supervisor", "once you submit", "the committee") if who not in page
    ] == []


@pytest.mark.parametrize(
    "who", ["stranger", "staff", "reviewer", "facilitator", "former", "future"]
)
def test_nobody_else_finds_it(author, guide, as_user, who):
    excerpt = kept(author)
    if who in {"former", "future"}:
        other = world.make_supervisor(world.make_user("other@example.com"))
        if who == "future":
            world.make_agreement(make_author(3).candidacy, other)
        user = other.user
    else:
        user = world.make_user("else@example.com", *([] if who == "stranger" else [who]))
    token = opened(as_user(guide), excerpt).split("/")[-2]
    client = as_user(user)
    for method, name, args in (
        ("get", "excerpt", [excerpt.pk]),
        ("post", "excerpt_open", [excerpt.pk]),
        ("get", "excerpt_play", [excerpt.pk, token]),
        ("get", "excerpt_content", [excerpt.pk, token]),
        ("post", "excerpt_seen", [excerpt.pk]),
        ("post", "excerpt_remove", [excerpt.pk]),
    ):
        address = reverse(f"portfolio:{name}", args=args)
        for headers in ({}, {"Range": "bytes=0-10"}):
            assert getattr(client, method)(address, headers=headers).status_code == 404
    assert not Excerpt.objects.visible_to(user).exists()


@pytest.mark.parametrize("method", ["get", "head", "patch", "delete"])
def test_a_file_on_its_way_is_its_owners(author, guide, as_user, method):
    arrival = arrived(author.user)
    client = getattr(as_user(guide), method)
    assert client(reverse("portfolio:arrival", args=[arrival.pk])).status_code == 404
    assert Arrival.objects.filter(pk=arrival.pk).exists()


# --- shown in person ----------------------------------------------------------------------


def test_what_is_shown_in_person_counts_once_the_supervisor_says_so(author, guide, as_user):
    excerpt = shown(author)
    assert not excerpt.is_evidence
    client = as_user(guide)
    client.post(reverse("portfolio:excerpt_seen", args=[excerpt.pk]))
    client.post(reverse("portfolio:excerpt_seen", args=[excerpt.pk]))
    excerpt.refresh_from_db()
    assert (excerpt.seen_by, excerpt.is_evidence) == (guide, True)
    assert Entry.objects.filter(action="excerpt.seen").count() == 1


def test_nobody_else_says_that_they_saw_it(author, guide):
    excerpt = shown(author)
    with pytest.raises(Refusal):
        services.confirm_seen(excerpt, by=author.user)
    with pytest.raises(Refusal):
        services.confirm_seen(kept(author), by=guide)


# --- removing -----------------------------------------------------------------------------


def test_a_removed_excerpt_is_a_line_without_words(author, guide, as_user):
    excerpt = kept(author, note="Quiet")
    client = as_user(author.user)
    for _again in range(2):
        client.post(reverse("portfolio:excerpt_remove", args=[excerpt.pk]))
    excerpt.refresh_from_db()
    assert (excerpt.title, excerpt.note, excerpt.is_evidence) == ("", "", False)
    with pytest.raises(Destroyed):
        read(StoredFile.objects.get())
    assert "Removed excerpt" in client.get(reverse("portfolio:excerpts")).content.decode()
    with pytest.raises(Refusal):
        services.open_excerpt(excerpt, by=author.user)


def test_consent_can_be_taken_back_after_the_end(author, guide, as_user):
    excerpt = kept(author)
    client = as_user(guide)
    address = opened(client, excerpt)
    type(author.candidacy).objects.filter(pk=author.candidacy.pk).update(state="withdrawn")
    # The registration is over: its supervisor is out in the same moment.
    assert client.get(address).status_code == 404
    as_user(author.user).post(reverse("portfolio:excerpt_remove", args=[excerpt.pk]))
    with pytest.raises(Destroyed):
        read(StoredFile.objects.get())


def test_only_the_candidate_removes_it(author, guide):
    with pytest.raises(Refusal):
        services.remove_excerpt(kept(author), by=guide)


# --- lists --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same(author, guide, as_user, count, django_assert_num_queries):
    for number in range(count):
        excerpt = services.hand_in(
            author.candidacy,
            by=author.user,
            case=author.case(),
            document=samples_text(number),
            **facts(),
        )
        services.open_excerpt(excerpt, by=guide)
    own, shared = as_user(author.user), as_user(guide)
    for client, name, queries in ((own, "excerpts", 7), (shared, "shared", 6)):
        client.get(reverse(f"portfolio:{name}"))
        with django_assert_num_queries(queries):
            client.get(reverse(f"portfolio:{name}"))


def samples_text(number: int) -> Any:
    from django.core.files.base import ContentFile

    from scip.vault.inspection.check import TEXT, check

    file = ContentFile(f"Line {number}".encode(), "talk.txt")
    return check(file, allowed={TEXT}, max_bytes=10**6)
