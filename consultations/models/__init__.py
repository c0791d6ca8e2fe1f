from consultations.models.groups import Group, Presentation, Swap, Topic
from consultations.models.rounds import Apart, Placement, Preference, Proposal, Rank, Round

__all__ = [
    "Apart",
    "Group",
    "Placement",
    "Preference",
    "Presentation",
    "Proposal",
    "Rank",
    "Round",
    "Swap",
    "Topic",
]
