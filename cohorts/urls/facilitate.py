"""The facilitator's rosters."""

from django.urls import path

from cohorts.views import exceptions, facilitate, reports

app_name = "facilitate"
urlpatterns = [
    path("", facilitate.home, name="home"),
    path("<int:pk>/", facilitate.roster, name="roster"),
    path("<int:pk>/mark/", facilitate.mark, name="mark"),
    path("<int:pk>/everyone/", facilitate.everyone, name="everyone"),
    path("<int:pk>/sessions/<int:number>/", facilitate.session, name="session"),
    path("<int:pk>/sessions/<int:number>/report/", reports.session_report, name="report"),
    path("exceptions/<int:pk>/", exceptions.exception, name="exception"),
    path("<int:pk>/roster.csv", facilitate.roster_csv, name="roster_csv"),
]
