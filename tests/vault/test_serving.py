"""The answer with a file in it, and the token that asks for it."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from scip.vault import services, serving
from scip.vault.errors import Tampered, TokenExpired, TokenRefused
from scip.vault.models import StoredFile
from scip.vault.serving import check_token, mint_token, serve

from .conftest import Keep, blob_path

CONTENT = bytes(range(256)) * 1000


def get(
    file: StoredFile, user: Any, *, method: str = "GET", attach: bool = True, **headers: str
) -> Any:
    request = RequestFactory().generic(method, "/", headers=headers)
    request.user = user
    return serve(request, file, token=mint_token(file, user), as_attachment=attach)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_whole_file_with_every_header_that_keeps_it_confidential(owner: Any, keep: Keep) -> None:
    file = keep(CONTENT, "Lizenz für Zoë 免許.pdf")
    response = get(file, owner)
    assert response.status_code == 200
    assert body(response) == CONTENT
    assert dict(response.headers) == {
        "Content-Type": "application/pdf",
        "Content-Length": "256000",
        "Content-Disposition": "attachment; filename*=utf-8''Lizenz%20f%C3%BCr%20Zo%C3%AB%20%E5%85%8D%E8%A8%B1.pdf",
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }


def test_a_name_cannot_break_out_of_its_header(owner: Any, keep: Keep) -> None:
    response = get(keep(CONTENT, 'a"; filename="evil.exe'), owner, attach=False)
    assert response["Content-Disposition"] == 'inline; filename="a\\"; filename=\\"evil.exe"'


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-99", 10, 100),
        ("bytes=65530-65545", 65530, 65546),
        ("bytes=255990-", 255990, 256000),
        ("bytes=-10", 255990, 256000),
        ("bytes=-999999", 0, 256000),
        ("bytes=100-999999999", 100, 256000),
    ],
)
def test_a_range_is_answered_with_that_part(
    header: str, start: int, end: int, owner: Any, keep: Keep
) -> None:
    response = get(keep(CONTENT), owner, Range=header)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/256000"
    assert response["Content-Length"] == str(end - start)
    assert body(response) == CONTENT[start:end]


@pytest.mark.parametrize("header", ["bytes=256000-", "bytes=999999-1000000", "bytes=-0"])
def test_a_range_behind_the_end_is_416(header: str, owner: Any, keep: Keep) -> None:
    response = get(keep(CONTENT), owner, Range=header)
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */256000")
    assert body(response) == b""


@pytest.mark.parametrize(
    "header",
    ["bytes=0-1,5-6", "items=0-1", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes=" + "9" * 30 + "-"],
)
def test_any_other_range_is_answered_in_full(header: str, owner: Any, keep: Keep) -> None:
    response = get(keep(CONTENT), owner, Range=header)
    assert response.status_code == 200
    assert body(response) == CONTENT


def test_if_range_without_a_validator_gets_everything(owner: Any, keep: Keep) -> None:
    response = get(keep(CONTENT), owner, **{"Range": "bytes=0-1", "If-Range": '"old"'})
    assert response.status_code == 200


def test_one_range_answer_is_at_most_four_mebibytes(owner: Any, keep: Keep) -> None:
    file = keep(b"\0" * (9 * 1024 * 1024))
    response = get(file, owner, Range="bytes=5-")
    assert response["Content-Range"] == "bytes 5-4194308/9437184"
    assert len(body(response)) == 4 * 1024 * 1024


def test_head_has_the_length_and_no_body(owner: Any, keep: Keep) -> None:
    response = get(keep(CONTENT), owner, method="HEAD")
    assert (response["Content-Length"], body(response)) == ("256000", b"")


def test_a_changed_first_chunk_gives_no_answer_at_all(owner: Any, keep: Keep) -> None:
    file = keep(CONTENT)
    path = blob_path(file)
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    with pytest.raises(Tampered):
        get(file, owner)


def test_a_changed_later_chunk_ends_the_answer_short(owner: Any, keep: Keep) -> None:
    file = keep(CONTENT)
    path = blob_path(file)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    response = get(file, owner)
    parts: list[bytes] = []
    with pytest.raises(Tampered):
        parts.extend(response.streaming_content)
    assert b"".join(parts) == CONTENT[: 3 * 65536]


def test_a_destroyed_or_missing_file_is_not_found(owner: Any, keep: Keep) -> None:
    destroyed, missing = keep(CONTENT), keep(CONTENT)
    services.destroy(destroyed)
    blob_path(missing).unlink()
    for file in (destroyed, missing):
        with pytest.raises(Http404):
            get(file, owner)


def test_a_token_is_for_one_person_and_one_file(owner: Any, stranger: Any, keep: Keep) -> None:
    file, other = keep(b"one"), keep(b"two")
    token = mint_token(file, owner)
    check_token(token, file=file, user=owner)
    for user, wanted in [(stranger, file), (owner, other), (AnonymousUser(), file)]:
        with pytest.raises(TokenRefused):
            check_token(token, file=wanted, user=user)
    for changed in ("", "x", token[:-1], token + "a", token.replace(":", ".")):
        with pytest.raises(TokenRefused):
            check_token(changed, file=file, user=owner)
    request = RequestFactory().get("/")
    request.user = stranger
    with pytest.raises(Http404):
        serve(request, file, token=token)


def test_a_token_lapses_after_two_minutes_with_a_sentence(
    owner: Any, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = keep(b"one")
    token = mint_token(file, owner)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + serving.TOKEN_SECONDS - 2)
    check_token(token, file=file, user=owner)
    monkeypatch.setattr(time, "time", lambda: now + serving.TOKEN_SECONDS + 2)
    with pytest.raises(TokenExpired):
        check_token(token, file=file, user=owner)
    request = RequestFactory().get("/")
    request.user = owner
    with pytest.raises(PermissionDenied, match="open the file again"):
        serve(request, file, token=token)


def test_a_lapsed_token_of_someone_else_is_refused_like_any_other(
    owner: Any, stranger: Any, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = keep(b"one")
    token = mint_token(file, owner)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 9999)
    with pytest.raises(TokenRefused) as refused:
        check_token(token, file=file, user=stranger)
    assert type(refused.value) is TokenRefused
