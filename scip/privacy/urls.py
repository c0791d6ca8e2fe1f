"""A person's own data: ``/profile/data/``."""

from django.urls import path

from scip.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.data, name="data"),
    path("erase/", views.erase, name="erase"),
    path("erase/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
