"""The site's addresses as they are while the demo runs."""

from django.urls import include, path

from scip import urls

urlpatterns = [*urls.urlpatterns, path("demo/", include("scip.demo.urls"))]
