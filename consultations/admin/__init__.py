"""The office’s pages of Level B."""

from consultations.admin.groups import GroupAdmin, TopicAdmin
from consultations.admin.rounds import RoundAdmin

__all__ = ["GroupAdmin", "RoundAdmin", "TopicAdmin"]
