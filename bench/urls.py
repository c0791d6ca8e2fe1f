"""The site's addresses and one view that does nothing, behind the same middleware."""

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from scip.urls import urlpatterns as site

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver


@csrf_exempt
@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    """What a view costs that does nothing."""
    return HttpResponse("ok")


@csrf_exempt
@login_not_required
def bare_post(request: HttpRequest) -> HttpResponse:
    """What a POST costs that only reads its body."""
    return HttpResponse(str(len(request.body)))


@login_not_required
def select_one(request: HttpRequest) -> HttpResponse:
    """What asking the database costs."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return HttpResponse("ok")


urlpatterns: "list[URLPattern | URLResolver]" = [
    path("bench/bare/", bare),
    path("bench/post/", bare_post),
    path("bench/select/", select_one),
    *site,
]
