"""Everything below /supervision/."""

from supervision.urls import desks, introductions

app_name = "supervision"
urlpatterns = [*desks.urlpatterns, *introductions.urlpatterns]
