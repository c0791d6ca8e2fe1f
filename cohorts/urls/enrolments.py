"""A participant's cohort: sessions, attendance, exceptions."""

from django.urls import path

from cohorts.views import cancelling, enrolments, transfers

app_name = "enrolments"
urlpatterns = [
    path("<int:pk>/", enrolments.detail, name="detail"),
    path("<int:pk>/sessions.ics", enrolments.calendar, name="calendar"),
    path("<int:pk>/cancel/", cancelling.cancel, name="cancel"),
    path("<int:pk>/move/", transfers.choose, name="transfer"),
    path("<int:pk>/move/withdraw/", transfers.withdraw, name="transfer_withdraw"),
    path("<int:pk>/move/<int:cohort>/", transfers.ask, name="transfer_to"),
    path("<int:pk>/sessions/<int:number>/", enrolments.exception, name="exception"),
    path("<int:pk>/sessions/<int:number>/withdraw/", enrolments.withdraw, name="withdraw"),
]
