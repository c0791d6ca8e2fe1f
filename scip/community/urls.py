"""Addresses of the groups' spaces."""

from django.urls import path

from scip.community.views import board, discussion, rooms

app_name = "community"
urlpatterns = [
    path("", rooms.listing, name="list"),
    path("letters/", rooms.letters, name="letters"),
    path("<int:pk>/", rooms.home, name="home"),
    path("<int:pk>/people/", rooms.people, name="people"),
    path("<int:pk>/materials/", board.materials, name="materials"),
    path("<int:pk>/materials/new/", board.material_new, name="material_new"),
    path("materials/<int:pk>/edit/", board.material_edit, name="material_edit"),
    path("materials/<int:pk>/publish/", board.material_publish, name="material_publish"),
    path("materials/<int:pk>/unpublish/", board.material_unpublish, name="material_unpublish"),
    path("materials/<int:pk>/remove/", board.material_remove, name="material_remove"),
    path("materials/<int:pk>/open/", board.material_open, name="material_open"),
    path("materials/<int:pk>/document/<str:token>/", board.material_file, name="material_file"),
    path("<int:pk>/announcements/", board.announcements, name="announcements"),
    path("<int:pk>/announcements/new/", board.announce, name="announce"),
    path("<int:pk>/threads/", discussion.threads, name="threads"),
    path("<int:pk>/threads/new/", discussion.new, name="new"),
    path("threads/<int:pk>/", discussion.thread, name="thread"),
    path("threads/<int:pk>/read/", discussion.read, name="read"),
    path("posts/<int:pk>/edit/", discussion.edit, name="edit"),
    path("posts/<int:pk>/take-back/", discussion.take_back, name="take_back"),
    path("posts/<int:pk>/report/", discussion.report, name="report"),
    path("posts/<int:pk>/hide/", discussion.hide, name="hide"),
    path("posts/<int:pk>/restore/", discussion.restore, name="restore"),
    path("spaces/<int:pk>/", rooms.affinity, name="affinity"),
    path("spaces/<int:pk>/join/", rooms.join, name="join"),
    path("spaces/<int:pk>/leave/", rooms.leave, name="leave"),
    path("spaces/<int:pk>/threads/", discussion.affinity_threads, name="affinity_threads"),
    path("spaces/<int:pk>/threads/new/", discussion.affinity_new, name="affinity_new"),
]
