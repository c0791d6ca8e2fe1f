"""Level B's public page."""

from django.urls import path

from consultations import views

app_name = "consultations"
urlpatterns = [path("", views.topic_list, name="list")]
