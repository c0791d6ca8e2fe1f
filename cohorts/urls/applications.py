"""Applying and answering an offer."""

from django.urls import URLPattern

app_name = "applications"
urlpatterns: list[URLPattern] = []
