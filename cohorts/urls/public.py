"""Cohorts as visitors see them."""

from django.urls import path

from cohorts.views import public

app_name = "cohorts"
urlpatterns = [
    path("", public.cohort_list, name="list"),
    path("<slug:slug>/", public.cohort_detail, name="detail"),
]
