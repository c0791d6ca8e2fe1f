"""What the invented people write."""

MOTIVATION = (
    (
        "My clients are far kinder to others than to themselves, and so am I. I would like to meet "
        "that pattern with more than good intentions."
    ),
    (
        "Shame sits in the room with almost everyone I see. I look for a way to work with it that "
        "does not turn into another task they can fail at."
    ),
    (
        "After years of trauma work I notice how tired I am. I want to learn this for my patients "
        "and, if I am honest, for myself."
    ),
    (
        "I teach younger therapists and keep telling them to be gentle with themselves. It is time "
        "that I learn how one does it."
    ),
)
PRACTICE = (
    "A small private practice: anxiety, grief and long-lasting depression, about fifteen hours a week.",
    "An outpatient clinic of a general hospital; mostly young adults, many with eating disorders.",
    "A community centre. I see families and couples, often with an interpreter.",
    "A university counselling service with short courses of eight to twelve sessions.",
)
EXPERIENCE = (
    "The eight-week programme two years ago, and a short practice most mornings since then.",
    "I sat the intensive and repeat it with a peer group once a month.",
    "Mostly the break in the middle of the day: a hand on the heart, three breaths, then the next client.",
)
NEEDS = (
    "",
    "",
    "Captions would help me; I hear little on my left side.",
    "I join from a place where the power sometimes goes out. A dial-in number is a comfort.",
)
NEED_STATEMENTS = (
    (
        "I work for a public service, and our currency has lost half of its value this year. I can "
        "pay a part and would give it gladly."
    ),
    (
        "I am an intern without a salary until the summer. With some support I could take part now "
        "instead of in three years."
    ),
    "My practice closed for months after the flood and is only slowly filling again.",
)
AFFORDABLE = (60_000, 120_000, None)
QUESTION = (
    "Thank you for your application; we liked reading it. You write that you are changing "
    "workplaces in spring. Will you be seeing clients between the two, so that you can bring the "
    "practices into sessions as you learn them?"
)
ANSWERED_QUESTION = "Could you tell us whether you can attend at 18:00 Lisbon time every week?"
ANSWER = "Yes. It is late in the evening here, and I have cleared that day for it."
RETURN_REASON = (
    "The page you sent ends before the dates of the cover. Could you add the page that shows from "
    "when to when you are insured? A photo is fine."
)
DECLINE_NOTE = (
    "This time we had more applications from your field than places. Your experience would be an "
    "asset to a group, and we would be glad to read from you again for the next cohort."
)
WAITING_NOTE = ""
MISSED = (
    "My daughter had to go to hospital that evening.",
    "There was a power cut in our whole district for most of the session.",
    "I was ill with a fever and could not sit in front of a screen.",
)
TASK = (
    "Please read the handout of the session, do the practice on three days, and write about a "
    "page on what it was like and how you might bring it to one client."
)
WORK = (
    "I did the practice on Monday, Wednesday and Friday. On the first day I felt almost nothing; "
    "on the third I noticed how quickly I move on from anything tender. With one client I tried "
    "only the first step, naming what is hard, and we stayed there. It was enough for that hour."
)
ACCEPTED = "Thank you for this careful work. The session counts."
DECLINED = (
    "We read your request with sympathy. More than a third of the sessions were missed, and the "
    "group's work cannot be made up for that far. You are welcome to join another cohort at half "
    "the price; please write to us."
)
REVOKED = (
    "A check of the attendance records showed that two sessions had been marked for another person of the "
    "same name. We have written to you about completing them in the next cohort."
)
PROMISE = "The employer has confirmed in writing that it pays the invoice within sixty days."
EMPLOYER = {
    "payer": "Harbour Street Clinic",
    "address": "12 Harbour Street\nGalway H91 X0X0",
    "country": "IE",
    "attention": "Accounts",
    "tax_number": "",
    "order_reference": "PO 2201",
}
GIFT = "Opening gift of the founding teachers, for places that somebody could not pay."
STEPS_BACK = "My mother is ill and I will look after her this spring."
DEFERS = "A new baby came early; I would love to go on with a later cohort."
ORDER_REASON = "Applied for the cohort before and had to step back for illness; promised a place."
SUMMARY = (
    "Twelve weekly live sessions of three hours in a steady group. We practise together, look at "
    "the research, and bring it into real casework, with time between sessions to let it settle."
)
GROUP_SUMMARY = (
    "Ten weekly live sessions of two hours on one theme. Each of us brings a case, and we look at "
    "it together with warmth and care, in role-play and in conversation."
)
ROUND_WORDS = (
    "Three groups come together this season. Tell us which would suit you, and we put everybody "
    "where as many wishes as possible come true."
)
SYLLABUS = (
    "Arriving: what self-compassion is and is not",
    "Embodying it as a therapist",
    "Compassionate presence",
    "The inner critic in the room",
    "Shame and what it protects",
    "Working with trauma, slowly",
    "Compassionate alliance",
    "Culture, belonging and humility",
    "Adapting practices to the person",
    "Anger, boundaries and fierce compassion",
    "Compassion fatigue, and coming back",
    "Ethics, limits and carrying it on",
)
MESSAGES = (
    ("Claire Beaumont", "claire.beaumont@people.example",
     "I am a speech therapist working with people who stutter. Would my profession be enough to apply for Level A?"),
    ("Hassan Q.", "hassan.q@people.example",
     "Is there a cohort whose hours work from Karachi? All the ones I see are in the middle of our night."),
    ("Miriam Adler", "m.adler@people.example",
     "My employer would pay but needs an invoice with its address on it. How do we do that?"),
    ("Priya", "priya.n@people.example",
     "I completed the earlier format in 2019. Can it be credited towards certification?"),
    ("Owen Price", "owen.price@people.example",
     "Thank you for the kind answer about the dates. I will apply in the next round."),
)  # fmt: skip
REPLY = (
    "Thank you for writing. Yes, this can be arranged; we will send you the details this week. "
    "If anything else comes up, just reply to this letter."
)
INTEREST = (
    ("anton.berg@people.example", "Anton Berg", "SE", "level_a", ""),
    ("yumi.s@people.example", "Yumi S.", "JP", "level_b", "Especially a group about trauma."),
    ("rosa.campos@people.example", "Rosa Campos", "ES", "certification", ""),
    ("d.achieng@people.example", "Dorothy Achieng", "KE", "level_a", "Evenings in Nairobi, please."),
    ("luc.martin@people.example", "Luc Martin", "BE", "certification", ""),
    ("eva.novak@people.example", "Eva Nováková", "CZ", "level_b", ""),
)  # fmt: skip

ANNOUNCEMENT = (
    "Thank you for a warm beginning",
    (
        "It was good to see all of you. Before we meet again, please try the short practice once a day, "
        "gently and without keeping score. The handout is among the materials."
    ),
)
MATERIALS = (
    (
        "Handout: three breaths before a session",
        "One page to keep beside your chair.",
        "https://example.org/handouts/three-breaths",
    ),
    (
        "Reading for the coming week",
        "Optional, about twenty minutes.",
        "https://example.org/readings/backdraft",
    ),
)
CONVERSATIONS = (
    (
        "When a client says kindness feels fake",
        (
            "I offered a soothing touch this week and my client laughed and said it felt staged. I noticed "
            "my own critic at once. How do you stay with that?"
        ),
        "I say that it may well feel strange, and that strange is allowed. Then we wait together.",
        "Naming backdraft helped in my room. It was the first time she did not think she was failing.",
    ),
    (
        "Practice partners for the weekdays",
        "Would anybody like to sit together for ten minutes in the mornings, European time?",
        "I would, Tuesdays and Thursdays.",
    ),
)
AFFINITY = (
    "Therapists who are parents of young children",
    "A quiet place to talk about practice on little sleep.",
)

# Nobody's: the bank and its numbers are invented, and say so.
PAYMENT_INSTRUCTIONS = (
    "Practice Bank, Demo Street 1, Example City (an invented bank: please send no money)\n"
    "Account: 0000 0000 0000, routing number 000 000 000\n"
    "Payable to: Center for Mindful Self-Compassion (demo)\n"
    "Cheques: made out to the same name, to the address above"
)

RETREAT = {
    "title": "Silent MSC retreat by the lake",
    "teachers": "Christine and Michael, MSC teachers",
    "is_online": False,
    "place": "Tutzing",
    "is_silent": True,
}
CREDIT = (
    "I trained in the second format of the programme and met with a consultation group for a year "
    "afterwards. Since then I bring self-compassion into most of my sessions with couples."
)
CREDIT_ITEMS: tuple[dict[str, str | int], ...] = (
    {
        "level": "A",
        "kind": "participation",
        "title": "SCIP 2.0, six weekends",
        "year": 2019,
        "hours": 40,
    },
    {
        "level": "B",
        "kind": "consultation",
        "title": "Consultation group about couples",
        "year": 2020,
        "hours": 18,
    },
)
