"""The office’s pages of Level B."""

from consultations.admin import groups, rounds

__all__ = ["groups", "rounds"]
