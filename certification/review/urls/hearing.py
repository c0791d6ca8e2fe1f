"""Everything below /review/appeals/: the side of whoever hears an appeal."""

from django.urls import path

from certification.review.views import hearing, ties

app_name = "hearing"
urlpatterns = [
    path("", hearing.desk, name="desk"),
    path("<int:pk>/", hearing.seat, name="seat"),
    path("<int:pk>/declare/", hearing.declare, name="declare"),
    path("<int:pk>/decline/", hearing.decline, name="decline"),
    path("<int:pk>/ties/", ties.tell_of_seat, name="tie_tell"),
    path("<int:pk>/answer/", hearing.save, name="save"),
    path("<int:pk>/give/", hearing.give, name="give"),
    path("<int:pk>/documents/<int:document>/open/", hearing.open_document, name="document_open"),
    path("<int:pk>/documents/<int:document>/<str:token>/", hearing.document, name="document"),
]
