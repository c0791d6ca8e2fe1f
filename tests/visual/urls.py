"""The style guide alone, for tests in a browser (the site mounts it only in DEBUG and the demo)."""

from django.urls import path

from scip.styleguide import styleguide

urlpatterns = [path("styleguide/", styleguide)]
