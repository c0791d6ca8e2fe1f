"""What the two at the end of Level C wrote, about people who do not exist."""

from typing import Any

ASKS = (
    "I work with burnt-out helpers and would like to learn to begin smaller. My months are free for "
    "it now: could we meet twice a week?"
)
ANSWERS = "With pleasure. I have room until the summer; let us talk first."
SHAPE: dict[str, Any] = {
    "population": "An adult in middle life who came with exhaustion and a harsh inner voice.",
    "readiness": "Some sessions in. There was humour between us, and a silence could be kept "
    "without either of us filling it.",
    "not_introduced": "While the week was being told I left every practice aside; being heard "
    "came first.",
    "levels": ["presence", "alliance"],
    "practice": "A soothing touch of one's own choosing, for two breaths, offered as an experiment "
    "that may fail.",
    "reflection": "Smaller is kinder. I would stop one sentence earlier next time.",
}
MOMENTS: tuple[str, ...] = (
    (
        "The hand stayed where it was and the shoulders came down by themselves. Nothing was said for "
        "a while. Afterwards the week looked no easier, and less like a verdict."
    ),
    (
        "It felt wrong at once, and we said so and stopped. Talking about why it felt wrong turned out "
        "to be the practice."
    ),
    (
        "The critic was asked what it was afraid of. The answer came in a much younger voice, and "
        "surprised us both."
    ),
    (
        "Tears, and then an apology for them. I told what the tears had done to me; the apology was "
        "taken back."
    ),
    (
        "Nothing happened in the room. Three weeks later there was a story about a night on which the "
        "phrase had come back unasked."
    ),
    (
        "Kindness to a friend came easily, to oneself not at all. We let the friend speak, and I only "
        "repeated the words slowly."
    ),
)
LETTER: dict[str, str] = {
    "path": "I came to Level A tired of being good at my work. The cohort taught me to stay with "
    "what hurts without mending it; the small group showed me how differently others do the same. "
    "Level C brought both into my own room, hour by hour.",
    "practice": "Sixty-one sessions with nine people by today. Most came with shame under another "
    "name. What grew was slowness: practices became shorter, and were asked for.",
    "growth": "My supervisor noticed that I comfort when I am frightened. Since then I wait three "
    "breaths. I have been wrong more often in front of people, and it did them good.",
    "personal": "I sit in the mornings, badly and gladly. The silent retreat of four days with its "
    "two teachers taught me that I can be poor company and stay.",
}
RECOMMENDATION: dict[str, str] = {
    "outcome": "recommended",
    "key_elements": "Pacing with shame; the therapist's own alarm; practices that begin small.",
    "assessment": "Steady presence, a light hand with practices, and a rare honesty about what "
    "did not work. I see readiness for independent work.",
    "reflections": "I learned in these hours as well, and recommend with joy.",
}
