"""Verification and certificates."""

from django.urls import path

from scip.credentials import views

app_name = "credentials"
urlpatterns = [
    path("verify/", views.verify_form, name="verify_form"),
    path("verify/<str:code>/", views.verify, name="verify"),
    path("verify/<str:code>/file/", views.verify_file, name="verify_file"),
    path("credentials/<str:code>/certificate.pdf", views.certificate, name="certificate"),
]
