"""The Django app that renders documents; it has templates and no models."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig


class PdfConfig(AppConfig):
    name = "scip.pdf"
    label = "pdf"

    def ready(self) -> None:
        worker_init.connect(load_the_press, dispatch_uid="scip.pdf.load_the_press")


def load_the_press(**kwargs: Any) -> None:
    """Load WeasyPrint and pyHanko once, in the worker that forks: its processes share them."""
    import pyhanko.sign.signers  # noqa: F401

    import scip.pdf.rendering  # noqa: F401
