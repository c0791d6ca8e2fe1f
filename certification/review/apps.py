from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "certification.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        """Connect the receiver that claims settled review fees; say what lists keep back, and
        whose submission is read."""
        from certification.review import receivers
        from certification.review.queries.confidential import entries_kept_back, letters_kept_back
        from certification.review.queries.submissions import read_by_committee
        from scip.access.confidential import keep_back
        from scip.audit.models import Entry
        from scip.mail.models import Letter
        from supervision.queries.reading import tell_who_is_read

        self.receivers = receivers
        keep_back(Letter, letters_kept_back)
        keep_back(Entry, entries_kept_back)
        tell_who_is_read(read_by_committee)
