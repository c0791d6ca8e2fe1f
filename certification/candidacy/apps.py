from django.apps import AppConfig


class CandidacyConfig(AppConfig):
    name = "certification.candidacy"
    label = "candidacy"

    def ready(self) -> None:
        """Connect the receiver that claims settled registration fees."""
        from certification.candidacy import receivers

        self.receivers = receivers
