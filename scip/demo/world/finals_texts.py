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
NOT_YET: dict[str, str] = {
    "outcome": "not_yet",
    "key_elements": "Pacing with shame; learning to leave a practice out.",
    "assessment": "Warm and reliable, and still quick to offer a practice when a session is heavy.",
    "reflections": "We had good hours. I would like to see what slowness brings.",
    "guidance": "Three or four more sessions in which nothing is offered, only kept company. Then "
    "let us look again.",
}
STATEMENT = (
    "The last four sessions are judged by one of them, in which I did offer a practice too soon. In "
    "the recordings of the other three I waited, and we spoke about it at the time. I ask that "
    "somebody looks at the whole arc."
)
NOTHING_TIES = "We have never met."
WORDS = (
    "It shows in the pauses, more than in what is said.",
    "Case studies where a practice was left out say most about it.",
    "Honest about what went wrong, and what came of it.",
)
VIEW: dict[str, str] = {
    "conclusion": "certified",
    "strengths": "A steady, unhurried presence. Practices are offered small and taken back when they "
    "do not fit; the writing never makes the therapist the hero.",
}
GUIDED_VIEW = VIEW | {"for_chair": "I would read more by this person with pleasure."}
NOTES = "Look again at the first three case studies: is the client ready there, or polite?"
QUESTION = (
    "In one of the early case studies the practice was stopped at once. How did you notice, and what "
    "would you do today?"
)
CERTIFIES: dict[str, str] = {
    "outcome": "certified",
    "strengths": "The committee was moved by how carefully you let people be slow. Your case studies "
    "show presence first and practices second, and an honesty about your own alarm that we "
    "would like many to read.",
    "contact_name": "Ingrid Sørensen",
    "contact_email": "chair@example.org",
}
