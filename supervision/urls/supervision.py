"""Everything below /supervision/."""

from supervision.urls import afterwards, desks, introductions

app_name = "supervision"
urlpatterns = [*desks.urlpatterns, *introductions.urlpatterns, *afterwards.urlpatterns]
