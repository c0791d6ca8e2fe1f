from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "certification.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        """Connect the receiver that claims settled review fees."""
        from certification.review import receivers

        self.receivers = receivers
