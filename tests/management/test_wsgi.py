"""The web server's entry: loaded before anybody asks."""

from django.urls import clear_url_caches, get_resolver

from scip.wsgi import warm_up


def test_views_are_there_before_the_first_request() -> None:
    clear_url_caches()
    assert "url_patterns" not in vars(get_resolver())
    warm_up()
    assert "url_patterns" in vars(get_resolver())
