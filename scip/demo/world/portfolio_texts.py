"""What the demo's candidate wrote about people who do not exist."""

from typing import Any

type Case = tuple[float, str, tuple[int, ...], dict[str, Any]]

# Days before the present, the label's letter, competencies by number, parts.
CASES: tuple[Case, ...] = (
    (
        11,
        "A",
        (1, 3),
        {
            "population": "A woman in her thirties who teaches small children. She came with "
            "exhaustion and a voice inside that marks every day like an exam paper.",
            "readiness": "Nine sessions in. She had begun to tease me, which told me that she no "
            "longer had to be a good client. When I said that I was moved she held my eyes for a "
            "while instead of thanking me.",
            "not_introduced": "In the third session I had the words for a self-compassion break on "
            "my tongue and left them there. She was telling me about the day she fell silent in "
            "front of the class, and anything kind would have sounded like a way out of it.",
            "levels": ["alliance", "presence"],
            "practice": "A hand on the place that felt the examiner, nothing else. I asked what "
            "the hand knew. We stopped after two breaths, because two were enough.",
            "happened": "She said the examiner sounded frightened. I noticed that I wanted to "
            "explain this to her and did not. A week later she told me that she had spoken to it in "
            "the car, rudely at first.",
            "reflection": "I work slower than I believe I do. The two breaths were hers; the "
            "third would have been mine.",
        },
    ),
    (
        10,
        "B",
        (2, 4),
        {
            "population": "A man near sixty, retired early after an illness, with grief that "
            "shows as sarcasm.",
            "readiness": "He tested whether I could be amused without being used. I could, most "
            "days.",
            "not_introduced": "The word kindness closed the room each time. We spoke of fairness "
            "instead, and I let self-compassion be the name of it in my notes only.",
            "levels": ["interventions"],
            "practice": "A letter to a colleague in the same position. He wrote it as an official "
            "reprimand with one soft sentence at the end; we kept the form and made more of such "
            "sentences.",
            "happened": "He read it aloud and had to stop at the soft sentence. I stayed quiet too "
            "long, then said so. He laughed.",
            "reflection": "Adapting a practice here meant leaving its tone behind and keeping "
            "its direction.",
        },
    ),
    (
        8,
        "A",
        (1, 2, 6),
        {
            "population": "The same teacher, in the spring, before a difficult talk with parents.",
            "readiness": "She asked for something to take along: the wish came from her.",
            "not_introduced": "Nothing to wait for this time. She had tried it at home already.",
            "levels": ["interventions", "presence"],
            "practice": "Soles of the feet, said in her own words, standing up as she would stand "
            "at the door of the classroom.",
            "happened": "It helped for the first ten minutes of the talk and then it did not. She "
            "told it as a failure; we looked for who was marking.",
            "reflection": "A practice that stops working is material, and good material.",
        },
    ),
    (
        6,
        "C",
        (3,),
        {
            "population": "A student, nineteen or twenty, far from home for the first time. "
            "Moved here from Porto in March 2024 and called her sister Ines every evening.",
            "readiness": "Fragile. She came late and left early for a month.",
            "not_introduced": "I did not introduce anything for six sessions. Warmth made her look "
            "at the door.",
            "levels": ["alliance"],
        },
    ),
    (
        4,
        "B",
        (),
        {
            "population": "The man from the second case study, one year on.",
            "happened": "He brought a photograph of a dog.",
        },
    ),
    (2.5, "C", (), {"population": "A first session after a break of four months."}),
    (1.8, "", (), {}),
)
WRITE_UP = {
    "title": "The examiner: twenty sessions with Client A",
    "text": "I begin at the end, because it explains the beginning. In our last hour she asked "
    "whether I had known from the start that the examiner was afraid. I had not.\n\nThe first "
    "sessions were neat. She brought notes; I admired them, which was my first mistake.",
}
REFLECTION = {
    "title": "What hurry protects me from",
    "text": "My supervisor asked where in my body the hurry begins. It begins in the chest, a "
    "little to the left, a second before somebody cries.\n\nSince then I practise being late by "
    "three breaths.",
}
# Days ago, the label's letter, minutes, practice.
SESSIONS = (
    (58, "A", 50, "Hand on the heart, two breaths"),
    (51, "A", 50, "Naming the examiner"),
    (50, "B", 50, "A letter, as a reprimand"),
    (44, "A", 50, "Soles of the feet"),
    (37, "B", 50, "Fairness as a word for it"),
    (30, "C", 45, "Nothing introduced; staying"),
    (23, "C", 45, "Warmth in small amounts"),
    (9, "A", 50, "When a practice stops working"),
)
