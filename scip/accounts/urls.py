"""Profile and prerequisites."""

from django.urls import path

from scip.accounts import views

app_name = "profile"
urlpatterns = [
    path("", views.profile_edit, name="edit"),
    path("prerequisites/", views.prerequisite_list, name="prerequisites"),
    path("prerequisites/<slug:kind>/", views.prerequisite_edit, name="prerequisite"),
    path("records/<int:pk>/withdraw/", views.prerequisite_withdraw, name="withdraw"),
    path("records/<int:pk>/document/", views.document_open, name="document_open"),
    path("records/<int:pk>/document/<str:token>/", views.document, name="document"),
]
