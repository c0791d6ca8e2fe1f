"""The first topics of Level B (name, slug, description); the office edits them afterwards."""

TOPICS = (
    (
        "Anxiety",
        "anxiety",
        "Soothing a system on alert, and staying kind when the worry does not go.",
    ),
    (
        "Trauma",
        "trauma",
        "Pacing, safety and backdraft: self-compassion where warmth itself can frighten.",
    ),
    (
        "Couples",
        "couples",
        "Two inner critics in one room, and what changes when each of them softens.",
    ),
    (
        "Borderline PD",
        "borderline-pd",
        "Holding intensity with steadiness, for clients who expect to be too much.",
    ),
    ("Addictions", "addictions", "Meeting craving and relapse without adding shame to them."),
    (
        "Eating Disorders",
        "eating-disorders",
        "Body, control and comfort: finding kindness that does not feel like giving up.",
    ),
    ("Depression", "depression", "Small steps towards warmth when nothing seems to deserve it."),
    (
        "Internal Family Systems",
        "internal-family-systems",
        "Where work with parts and self-compassion meet, and what each can learn from the other.",
    ),
    (
        "Teens & Youth",
        "teens-youth",
        "Practices that do not embarrass, for people who are finding out who they are.",
    ),
    (
        "Racial and Social Justice",
        "racial-and-social-justice",
        "Compassion that sees injustice, holds its pain and keeps its strength.",
    ),
)
