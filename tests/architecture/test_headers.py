"""What every kind of answer carries, and what the scheme of SITE_URL decides."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from scip.headers import PERMISSIONS
from tests.architecture.places import House

ROOT = Path(__file__).resolve().parents[2]

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}


@pytest.fixture
def client_of(house: House) -> Any:
    def sign_in(persona: str) -> Client:
        client = Client(raise_request_exception=False)
        if house.people[persona].pk:
            client.force_login(house.people[persona])
        return client

    return sign_in


def sources_of(policy: str) -> dict[str, set[str]]:
    return {words[0]: set(words[1:]) for part in policy.split(";") if (words := part.split())}


def assert_hardened(response: Any) -> None:
    """Everywhere the same headers; nothing but our own origin, no frame, no inline code."""
    found = {name: response.headers.get(name) for name in EVERYWHERE}
    assert found == EVERYWHERE
    sources = sources_of(response.headers["Content-Security-Policy"])
    assert sources.pop("default-src") == {"'none'"}
    allowed = {"'self'", "'none'"}
    assert {name: words for name, words in sources.items() if not words <= allowed} == {}
    assert sources["script-src"] == {"'self'"}
    assert sources["frame-ancestors"] == {"'none'"}
    assert sources["base-uri"] == {"'none'"}
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Server" not in response.headers
    assert "X-Powered-By" not in response.headers


def document_address(house: House, persona: str) -> str:
    return reverse("profile:document", kwargs=house.kwargs("document", "owner", persona))


PAGES = {
    "public": ("anonymous", 200, lambda house: "/"),
    "sign-in": ("anonymous", 200, lambda house: reverse("account_login")),
    "to sign-in": ("anonymous", 302, lambda house: "/pathway/"),
    "signed in": ("owner", 200, lambda house: "/pathway/"),
    "office": ("staff", 200, lambda house: "/admin/"),
    "office list": ("staff", 200, lambda house: reverse("admin:cohorts_application_changelist")),
    "forbidden": ("stranger", 403, lambda house: "/facilitate/"),
    "missing": ("anonymous", 404, lambda house: "/verify/0000/"),
    "missing too": ("stranger", 404, lambda house: "/nowhere/"),
    "certificate": (
        "anonymous",
        200,
        lambda house: reverse("credentials:certificate", kwargs=house.kwargs("code", "owner", "")),
    ),
    "receipt": (
        "owner",
        200,
        lambda house: reverse("payments:receipt", kwargs=house.kwargs("receipt", "owner", "")),
    ),
    "calendar": (
        "anonymous",
        200,
        lambda house: reverse("pathway:calendar", kwargs=house.kwargs("feed", "owner", "")),
    ),
    "health": ("anonymous", 200, lambda house: "/healthz"),
    "table": (
        "facilitator",
        200,
        lambda house: reverse("facilitate:roster_csv", kwargs=house.kwargs("cohort", "owner", "")),
    ),
}


@pytest.mark.parametrize("kind", PAGES)
def test_every_kind_of_page_carries_the_headers(house, client_of, kind):
    persona, status, address = PAGES[kind]
    response = client_of(persona).get(address(house))
    assert response.status_code == status
    assert_hardened(response)
    assert response.headers["X-Frame-Options"] == "DENY"


def test_a_confidential_file_runs_nothing_and_is_kept_nowhere(house, client_of):
    response = client_of("owner").get(document_address(house, "owner"))
    assert response.status_code == 200
    found = {name: response.headers.get(name) for name in EVERYWHERE if name != "Referrer-Policy"}
    assert found == {name: EVERYWHERE[name] for name in found}
    sources = sources_of(response.headers["Content-Security-Policy"])
    assert sources["default-src"] == {"'none'"}
    assert "sandbox" in sources
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_the_page_that_breaks_says_nothing_about_why(house, client_of, monkeypatch):
    from django.urls import get_resolver

    def breaks(request: Any) -> Any:
        raise RuntimeError("kanari-in-the-trace")

    breaks.login_required = False  # type: ignore[attr-defined]
    pattern = next(
        item
        for entry in get_resolver().url_patterns
        for item in getattr(entry, "url_patterns", [])
        if getattr(item, "name", "") == "home" and getattr(entry, "namespace", "") == "pages"
    )
    monkeypatch.setattr(pattern, "callback", breaks)
    response = client_of("anonymous").get("/")
    assert response.status_code == 500
    assert b"kanari" not in response.content
    assert b"Traceback" not in response.content
    assert_hardened(response)


def test_static_files_carry_the_headers(client, settings, tmp_path):
    from whitenoise.middleware import WhiteNoiseMiddleware  # the middleware that serves them

    assert "whitenoise.middleware.WhiteNoiseMiddleware" in settings.MIDDLEWARE
    assert WhiteNoiseMiddleware.__name__
    order = settings.MIDDLEWARE
    white = order.index("whitenoise.middleware.WhiteNoiseMiddleware")
    for name in (
        "scip.headers.SecurityHeadersMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
    ):
        assert order.index(name) < white
    assert settings.WHITENOISE_ALLOW_ALL_ORIGINS is False


def test_a_policy_with_a_hole_would_be_noticed(client, db, settings):
    settings.SECURE_CSP = {
        **django_settings.SECURE_CSP,
        "script-src": ["'self'", "'unsafe-inline'"],
    }
    with pytest.raises(AssertionError):
        assert_hardened(client.get("/faq/"))


def test_signed_in_pages_are_not_kept_by_the_browser_of_a_shared_machine(client_of):
    for address in ("/pathway/", "/admin/"):
        cache = client_of("staff").get(address).headers["Cache-Control"]
        assert "no-store" in cache or "private" in cache


# --- Settings by scheme -------------------------------------------------------------------

NAMES = [
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH",
    "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE",
    "CSRF_COOKIE_DOMAIN", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "DEBUG",
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL",
]  # fmt: skip


def settings_under(site_url: str) -> dict[str, Any]:
    """The settings as a process of its own reads them."""
    code = (
        "import json; from django.conf import settings as s; "
        f"print(json.dumps({{n: getattr(s, n) for n in {NAMES!r}}}))"
    )
    environment = os.environ | {"SITE_URL": site_url, "DJANGO_SETTINGS_MODULE": "scip.settings"}
    environment.pop("DEBUG", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_over_https_cookies_are_host_bound_and_the_browser_is_told_to_stay():
    found = settings_under("https://scip.example.org")
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["CSRF_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == found["CSRF_COOKIE_SAMESITE"] == "Lax"
    assert found["SESSION_COOKIE_DOMAIN"] is None
    assert found["CSRF_COOKIE_DOMAIN"] is None
    assert found["SESSION_COOKIE_PATH"] == "/"
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert found["SECURE_HSTS_PRELOAD"]
    assert found["ACCOUNT_DEFAULT_HTTP_PROTOCOL"] == "https"
    assert found["DEBUG"] is False


def test_over_http_the_same_site_still_works_on_ones_own_machine():
    found = settings_under("http://localhost:8000")
    assert found["SESSION_COOKIE_NAME"] == "session"
    assert not found["SESSION_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["SECURE_HSTS_SECONDS"] == 0


def test_hsts_is_sent_over_https(client, db, settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    response = client.get("/healthz", secure=True)
    assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_the_deployment_check_has_nothing_to_say():
    environment = os.environ | {
        "SITE_URL": "https://scip.example.org",
        "ALLOWED_HOSTS": "scip.example.org",
        "EMAIL_URL": "smtp+tls://user:word@mail.example.org:587",
    }
    for name in ("DEBUG", "DJANGO_ALLOW_ASYNC_UNSAFE"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_cookies_of_a_visit_are_marked(client, db):
    client.get(reverse("account_login"))
    for morsel in client.cookies.values():
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"


def test_a_foreign_host_name_is_refused(db):
    assert Client(headers={"host": "evil.example"}).get("/").status_code == 400


def test_http_methods_that_nobody_needs_are_refused(client, db):
    for method in ("TRACE", "PUT", "DELETE", "PATCH"):
        assert client.generic(method, "/faq/").status_code == 405
