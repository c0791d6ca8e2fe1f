"""Requests to the site inside this process: the WSGI application itself, no network."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)


class Site:
    """The site as a server sees it: one environ in, a status and a body out."""

    def __init__(self) -> None:
        self.application = WSGIHandler()

    def ask(
        self, path: str, *, cookie: str = "", body: bytes = b"", headers: Iterable[Any] = ()
    ) -> tuple[int, bytes]:
        """One request, GET without a body and POST with one; everything sent is read."""
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "HTTP_COOKIE": cookie,
            **dict(headers),
        }
        status: list[int] = []
        response = self.application(environ, lambda line, _: status.append(int(line.split()[0])))
        try:
            content = b"".join(response)
        finally:
            response.close()
        return status[0], content

    def getter(self, path: str, *, cookie: str = "") -> Callable[[], bytes]:
        """A call without arguments that gets the page and insists on 200."""

        def get() -> bytes:
            status, content = self.ask(path, cookie=cookie)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
            return content

        return get

    def queries(self, path: str, *, cookie: str = "") -> int:
        """How many statements a request takes, once everything cached is cached."""
        get = self.getter(path, cookie=cookie)
        get()
        with CaptureQueriesContext(connection) as captured:
            get()
        return len(captured)


def cookie_of(user: Any) -> str:
    """The session cookie of somebody signed in."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def from_memory(path: str, *, cookie: str = "") -> tuple[Callable[[], str], int]:
    """The page's template with the context that its view gave it, rendered without the view.

    Also returns how many queries that rendering still makes (0: everything is in memory).
    """
    # A page from memory (scip.unchanged) draws no template.
    caches["pages"].clear()
    setup_test_environment()
    try:
        client = Client(headers={"host": "localhost", "cookie": cookie})
        response = client.get(path)
        template: Template = response.templates[0]
        values = response.context[0].flatten()
    finally:
        teardown_test_environment()
    values = {key: value for key, value in values.items() if key not in {"True", "False", "None"}}

    def draw() -> str:
        return template.render(Context(values))

    draw()
    with CaptureQueriesContext(connection) as captured:
        draw()
    return draw, len(captured)
