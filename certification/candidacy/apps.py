from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CandidacyConfig(AppConfig):
    name = "certification.candidacy"
    label = "candidacy"
    verbose_name = _("Certification")

    def ready(self) -> None:
        """Connect the receiver that claims settled registration fees."""
        from certification.candidacy import receivers

        self.receivers = receivers
