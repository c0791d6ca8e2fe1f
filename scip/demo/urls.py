"""The demo's sign-in and outbox."""

from django.urls import URLPattern

app_name = "demo"
urlpatterns: list[URLPattern] = []
