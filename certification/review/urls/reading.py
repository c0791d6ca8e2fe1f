"""Everything below /review/: the committee's reading room."""

from django.urls import include, path

from certification.review.views import asked, questions, readers, reading, reading_files, ties

app_name = "review"
urlpatterns = [
    path("", reading.desk, name="desk"),
    path("<int:pk>/", reading.room, name="room"),
    path("<int:pk>/declare/", asked.declare, name="declare"),
    path("<int:pk>/decline/", asked.decline, name="decline"),
    path("<int:pk>/hand-back/", readers.hand_back, name="hand_back"),
    path("ties/", ties.told, name="ties"),
    path("ties/<int:pk>/", ties.take_back, name="tie_back"),
    path("<int:pk>/ties/", ties.tell, name="tie_tell"),
    path("<int:pk>/readers/", readers.readers, name="readers"),
    path("<int:pk>/readers/<int:other>/", readers.arrange, name="reader_arrange"),
    path("<int:pk>/notes/", reading.notes, name="notes"),
    path("<int:pk>/view/", reading.view, name="view"),
    path("<int:pk>/give/", reading.give, name="give"),
    path("<int:pk>/views/", reading.views, name="views"),
    path("<int:pk>/decision/", include("certification.review.urls.deciding")),
    path("<int:pk>/questions/", questions.ask, name="question_ask"),
    path("<int:pk>/questions/<int:question>/send/", questions.send, name="question_send"),
    path(
        "<int:pk>/questions/<int:question>/withhold/", questions.withhold, name="question_withhold"
    ),
    path("<int:pk>/dossier/open/", reading_files.dossier_open, name="dossier_open"),
    path("<int:pk>/dossier/<str:token>/", reading_files.dossier, name="dossier"),
    path("<int:pk>/excerpts/<int:excerpt>/open/", reading_files.excerpt_open, name="excerpt_open"),
    path(
        "<int:pk>/excerpts/<int:excerpt>/play/<str:token>/",
        reading_files.excerpt_play,
        name="excerpt_play",
    ),
    path(
        "<int:pk>/excerpts/<int:excerpt>/content/<str:token>/",
        reading_files.excerpt_content,
        name="excerpt_content",
    ),
]
