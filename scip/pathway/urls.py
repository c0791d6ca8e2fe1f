"""A person's home and calendar feed."""

from django.urls import path

from scip.pathway import views

app_name = "pathway"
urlpatterns = [
    path("pathway/", views.home, name="home"),
    path("pathway/costs/", views.costs, name="costs"),
    path("pathway/calendar/", views.renew_calendar, name="renew_calendar"),
    path("calendar/<slug:token>.ics", views.calendar, name="calendar"),
]
