from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"
    label = "cohorts"

    def ready(self) -> None:
        """Connect the receiver that claims settled tuition."""
        from cohorts import receivers

        self.receivers = receivers
