"""The Django app that renders documents; it has templates and no models."""

from django.apps import AppConfig


class PdfConfig(AppConfig):
    name = "scip.pdf"
    label = "pdf"
