"""What the office says before it opens a frozen submission."""

from typing import Any

from certification.portfolio.forms.office import OfficeAccessForm


class FrozenAccessForm(OfficeAccessForm):
    """The same words as for one thing of a portfolio; there is nothing to choose."""

    def __init__(self, *args: Any, least_words: int) -> None:
        super().__init__(*args, things=(), least_words=least_words)
        del self.fields["thing"]
