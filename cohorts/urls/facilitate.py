"""The facilitator's rosters."""

from django.urls import URLPattern

app_name = "facilitate"
urlpatterns: list[URLPattern] = []
