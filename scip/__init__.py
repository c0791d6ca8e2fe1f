"""SCIP Pathway: shared ground of the application (see docs/architecture.md)."""

from scip.celery import app as celery_app

__all__ = ["celery_app"]
