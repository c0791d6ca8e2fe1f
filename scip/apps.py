from django.apps import AppConfig


class ScipConfig(AppConfig):
    """Composition root: URLs and management commands; holds no models."""

    name = "scip"
    label = "scip"
