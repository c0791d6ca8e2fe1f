"""A person's own data: ``/profile/data/``."""

from django.urls import path

from scip.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.data, name="data"),
    path("export/", views.export_state, name="export_state"),
    path("export/ask/", views.export_ask, name="export_ask"),
    path("export/<int:pk>/retry/", views.export_retry, name="export_retry"),
    path("export/<int:pk>/<int:number>/open/", views.export_open, name="export_open"),
    path(
        "export/<int:pk>/<int:number>/content/<str:token>/",
        views.export_content,
        name="export_content",
    ),
    path("erase/", views.erase, name="erase"),
    path("erase/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
