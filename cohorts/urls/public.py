"""Cohorts as visitors see them."""

from django.urls import URLPattern

app_name = "cohorts"
urlpatterns: list[URLPattern] = []
