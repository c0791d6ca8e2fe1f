"""The public directory of supervisors."""

from django.urls import path

from supervision.views import directory, introductions

app_name = "supervisors"
urlpatterns = [
    path("", directory.supervisor_list, name="list"),
    path("<int:pk>/", directory.supervisor_detail, name="detail"),
    path("<int:pk>/photo/", directory.supervisor_photo, name="photo"),
    path("<int:pk>/ask/", introductions.introduction_ask, name="ask"),
]
