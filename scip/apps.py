from django.apps import AppConfig


class ScipConfig(AppConfig):
    """Composition root: URLs and management commands; holds no models."""

    name = "scip"
    label = "scip"

    def ready(self) -> None:
        from scip.sentences import speak_plainly

        speak_plainly()
