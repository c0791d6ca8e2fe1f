"""The office's pages about candidacies, retreats and requests for credit."""

from certification.candidacy.admin import candidacies, equivalency, retreats

__all__ = ["candidacies", "equivalency", "retreats"]
