"""The first rows of the public site; the office edits them afterwards.

Answers name no figure that lives in the Edition: they link to the page that shows it.
"""

from dataclasses import dataclass

from scip.pages.models import FaqEntry

PROGRAMME = FaqEntry.Topic.PROGRAMME
APPLYING = FaqEntry.Topic.APPLYING
MONEY = FaqEntry.Topic.MONEY
ATTENDING = FaqEntry.Topic.ATTENDING
CERTIFICATION = FaqEntry.Topic.CERTIFICATION

FACULTY = ("Galia Tyano Ronen", "Jorge C. Armesto", "Shari Geller", "Anna Friis")
FACULTY_ROLE = "Faculty"
FACULTY_BIOGRAPHY = "Taught the autumn cohort."


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is first shown; ``link`` is (page of this site, words)."""

    topic: str
    question: str
    answer: str
    link: tuple[str, str] = ("", "")
    is_on_home: bool = False


QUESTIONS = (
    Question(
        PROGRAMME,
        "What is SCIP?",
        "Self-Compassion in Psychotherapy: professional training for mental-health clinicians by "
        "the Center for Mindful Self-Compassion. You learn to bring self-compassion into therapy, "
        "beginning with how you treat yourself while you work.",
        ("/program/", "How the three levels work"),
        is_on_home=True,
    ),
    Question(
        PROGRAMME,
        "How is it different from an MSC programme?",
        "Mindful Self-Compassion (MSC) is for everyone, and you go there for yourself. SCIP builds "
        "on it and asks a clinician’s questions: when a practice helps this client, when it is too "
        "much, and what it does between the two of you.",
    ),
    Question(
        PROGRAMME,
        "Do I have to do all three levels?",
        "No. Level A is whole in itself, and so is Level B after it. Certification is for those who "
        "want their practice seen. You can decide after each level, and years may lie in between.",
        is_on_home=True,
    ),
    Question(
        PROGRAMME,
        "What may I call myself afterwards?",
        "After Level A you are recognised as a Practicing Self-Compassion Therapist. Levels A and B "
        "together make you a Self-Compassion Informed Psychotherapist (SCIP). Certification makes "
        "you a Certified Self-Compassion-Based Psychotherapist (SCIP-C).\n\n"
        "None of these replaces your licence, and some countries protect certain words. The titles "
        "on your certificate are the ones to use.",
    ),
    Question(
        APPLYING,
        "Who can apply?",
        "Licensed mental-health professionals, people who practise under supervision, and graduate "
        "students in a psychotherapy-related field: counselors, social workers, psychologists, "
        "psychiatrists, marriage and family therapists, and those in training for one of these.",
        ("/program/#before", "What you bring"),
        is_on_home=True,
    ),
    Question(
        APPLYING,
        "I am still a student. Is that a problem?",
        "Not at all. You show that you are enrolled, when you expect to graduate and that you see "
        "clients. Liability cover through your institution or employer counts.",
    ),
    Question(
        APPLYING,
        "I have not finished an MSC programme yet.",
        "Three formats count: the 8-week programme, 10-week Live Online and the 5-day Intensive. "
        "Usually one of them comes before Level A. Some cohorts let you complete it later, before "
        "Level B; the cohort’s page says so, and your pathway page shows what is still owed.",
        ("/cohorts/", "See the cohorts"),
    ),
    Question(
        APPLYING,
        "What happens after I apply?",
        "A person in the office reads it. You get a place offered, a question back, a place on the "
        "waiting list, or a kind no with its reason. An offer keeps a seat for you until the day it "
        "names. Your pathway page shows at any time where things stand and who has the next step.",
    ),
    Question(
        APPLYING,
        "Can I stop in the middle of the form?",
        "Yes. Every step is saved as a draft that only you see, and you can come back on another "
        "device. After sending you can still take the application back.",
    ),
    Question(
        MONEY,
        "What does it cost?",
        "Tuition is paid level by level. For certification, part goes to CMSC and part directly to "
        "your supervisor. The page about fees has every figure and a worked total of the whole path.",
        ("/fees/", "Every fee, line by line"),
        is_on_home=True,
    ),
    Question(
        MONEY,
        "I can’t afford the standard price.",
        "Then please ask. In the application you can request a supported rate or a scholarship with "
        "a few sentences. Only the people who decide on aid read them, and your application is "
        "considered in the same way. Money is limited, so we can’t always say yes.",
        ("/fees/#support", "How support works"),
        is_on_home=True,
    ),
    Question(
        MONEY,
        "What is “Lend a Hand”?",
        "A price a little above the standard one, for people who can. The difference helps somebody "
        "who could not come otherwise. It changes nothing else.",
    ),
    Question(
        MONEY,
        "What if I have to cancel?",
        "Tuition comes back in full until a certain day before the start, then half of it until a "
        "later one. The days are on the page about fees, and the dates in your offer. Fees for "
        "certification are not refunded.",
        ("/fees/#refunds", "Refunds"),
    ),
    Question(
        ATTENDING,
        "Are sessions recorded?",
        "No. People say things there that belong in the room, and being there is the learning. "
        "Slides and audio practices can be shared with participants afterwards.",
        is_on_home=True,
    ),
    Question(
        ATTENDING,
        "What if I miss a session?",
        "A few absences are foreseen. If it becomes more, ask for an exception: often some make-up "
        "work is agreed, and the office decides with a reason that you can read. What you attended "
        "stays on record in any case.",
        ("/program/#level-a", "How many sessions are asked"),
    ),
    Question(
        ATTENDING,
        "I live far from the cohort’s time zone.",
        "Every date on this site is shown in your own zone, with the zone’s name, and your calendar "
        "can subscribe to your sessions. When clocks change, the site has counted that in. Tell us "
        "on the interest list which hours would suit you; it helps us plan.",
        ("/interest/", "Interest list"),
    ),
    Question(
        CERTIFICATION,
        "How does certification work?",
        "Five stages: registration, a collaborative assessment with a supervisor you choose, "
        "supervision, a portfolio review with an exit interview, and the committee’s reading. The "
        "process guide describes each session.",
        ("/certification/", "Certification and its guide"),
    ),
    Question(
        CERTIFICATION,
        "I trained in SCIP 1.0, 2.0 or 3.0. Does it count?",
        "Very likely. The office looks at what you took part in, your portfolio and your hours of "
        "supervision, and can credit Level A, Level B or both, so that you need not repeat them. "
        "Write to us with what you have.",
        ("/contact/", "Write to us"),
    ),
    Question(
        CERTIFICATION,
        "What if the answer is “not yet”?",
        "You get clear feedback: what the reviewers valued, what they did not find yet, next steps "
        "and somebody to talk to. You can submit again after more supervision. If your supervisor "
        "does not recommend you and you see it differently, you can appeal.",
        ("/certification/", "How decisions are made"),
    ),
)
