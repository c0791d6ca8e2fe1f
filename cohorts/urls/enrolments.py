"""A participant's cohort: sessions, attendance, exceptions."""

from django.urls import path

from cohorts.views import cancelling, enrolments

app_name = "enrolments"
urlpatterns = [
    path("<int:pk>/", enrolments.detail, name="detail"),
    path("<int:pk>/sessions.ics", enrolments.calendar, name="calendar"),
    path("<int:pk>/cancel/", cancelling.cancel, name="cancel"),
    path("<int:pk>/sessions/<int:number>/", enrolments.exception, name="exception"),
    path("<int:pk>/sessions/<int:number>/withdraw/", enrolments.withdraw, name="withdraw"),
]
