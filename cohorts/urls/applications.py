"""Applying and answering an offer."""

from django.urls import path

from cohorts.views import applications, offers

app_name = "applications"
urlpatterns = [
    path("", applications.application_list, name="list"),
    path("start/<slug:slug>/", applications.application_start, name="start"),
    path("<int:pk>/", applications.application_detail, name="detail"),
    path("<int:pk>/submit/", applications.application_submit, name="submit"),
    path("<int:pk>/withdraw/", applications.application_withdraw, name="withdraw"),
    path("<int:pk>/answer/", applications.application_answer, name="answer"),
    path("<int:pk>/offer/", offers.offer_answer, name="offer"),
    path("<int:pk>/<str:step>/", applications.application_step, name="step"),
]
