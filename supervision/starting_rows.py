"""The competencies and words that a first edition starts with; the office edits them there.

The six areas and the four words are the programme's (`domain.md`), the sentences our own.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartingCompetency:
    name: str
    short_name: str
    description: str


COMPETENCIES = (
    StartingCompetency(
        "Meeting the inner critic",
        "Inner critic",
        "Notices self-criticism and shame as they arise, in words and in the body, and works with "
        "them without fighting or feeding them.",
    ),
    StartingCompetency(
        "Therapeutic presence",
        "Presence",
        "Arrives, stays grounded and kind towards own experience, and comes back to the client "
        "when attention has wandered.",
    ),
    StartingCompetency(
        "Therapeutic alliance",
        "Alliance",
        "Builds a relationship in which the client feels seen and accepted, and tends to it when "
        "it is strained.",
    ),
    StartingCompetency(
        "Practices that fit",
        "Practices",
        "Leads self-compassion practices and adapts them to what this client needs and is ready "
        "for; starts small, goes slowly, and knows when to leave them out.",
    ),
    StartingCompetency(
        "Self-compassion throughout the therapy",
        "Integration",
        "Lets the principles inform the whole course of a therapy: how a case is understood, "
        "what is chosen, how it ends.",
    ),
    StartingCompetency(
        "Reflection and own practice",
        "Own practice",
        "Looks honestly at own work, asks for help, and keeps up a personal practice of "
        "self-compassion.",
    ),
)

LEVELS = (
    ("beginning", "Sees it, and tries it with support."),
    ("growing", "Does it in familiar situations, and notices when it slips."),
    ("steady", "Can rely on it in most situations."),
    ("embodied", "It has become a natural part of how this person works."),
)
