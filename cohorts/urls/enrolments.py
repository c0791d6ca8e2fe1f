"""A participant's cohort: sessions, attendance, exceptions."""

from django.urls import URLPattern

app_name = "enrolments"
urlpatterns: list[URLPattern] = []
