"""What Celery's beat starts, and how often (seconds, or a time of the day in UTC).

The outbox sweep is the guarantee that nothing is lost; everything else may run late or twice.
"""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, tuple[str, int | crontab]] = {
    "mail: sweep the outbox": ("scip.mail.sweep", 20),
    "audit: seal entries": ("scip.audit.seal", 30),
    "credentials: sweep certificates": ("scip.credentials.sweep", 30),
    "credentials: expire": ("scip.credentials.announce_expiries", crontab(minute=20)),
    "payments: handle stored events": ("payments.sweep_events", 30),
    "payments: reminders of instalments": ("payments.queue_reminders", crontab(minute=40)),
    "payments: settlements nobody claimed": ("payments.sweep_settlements", 60),
    "payments: refunds to send": ("payments.sweep_refunds", 60),
    "payments: ask Stripe what is under way": ("payments.reconcile", 600),
    "cohorts: offers and places that lapse": ("cohorts.sweep_offers", 60),
    "cohorts: reminders": ("cohorts.queue_reminders", 60),
    "cohorts: states that follow the calendar": ("cohorts.follow_calendar", 300),
    "consultations: who presents next week": (
        "consultations.remind_presenters",
        crontab(minute=50),
    ),
    "consultations: offers of a published round": ("consultations.sweep_placements", 60),
    "community: daily letters": ("scip.community.send_digests", 600),
    "candidacy: leaves that begin and end": ("candidacy.follow_leaves", crontab(minute=5)),
    "candidacy: fees that wait": ("candidacy.remind_of_fees", crontab(minute=25)),
    "review: dossiers to make": ("certification.review.sweep_dossiers", 30),
    "review: fees that wait": ("certification.review.follow_submissions", crontab(minute=30)),
    "review: people who read": ("certification.review.follow_readers", crontab(minute=35)),
    "review: appeals": ("certification.review.follow_appeals", crontab(minute=40)),
    "supervision: sessions of tomorrow": ("supervision.remind_appointments", 600),
    "supervision: approvals that begin and end": (
        "supervision.follow_approvals",
        crontab(minute=5),
    ),
    "supervision: supervisors who are lost": ("supervision.follow_losses", crontab(minute=45)),
    "supervision: fees between two": ("supervision.remind_of_fees", crontab(hour=9, minute=15)),
    "supervision: letters that are awaited": (
        "supervision.remind_of_letters",
        crontab(hour=9, minute=25),
    ),
    "supervision: introductions without an answer": (
        "supervision.lapse_introductions",
        crontab(minute=35),
    ),
    "portfolio: papers to draw": ("portfolio.follow_papers", 30),
    "portfolio: files whose time is over": ("portfolio.follow_retention", crontab(minute=55)),
    "accounts: evidence that expires": ("scip.accounts.announce_expiries", crontab(minute=10)),
    "pages: applications have opened": ("scip.pages.announce_opening", crontab(minute=15)),
    "directory: listings to ask about": ("directory.ask_whether_true", crontab(hour=8, minute=20)),
    "privacy: requests to be erased": ("privacy.carry_out_due", crontab(minute=55)),
    "privacy: copies of people's data": ("privacy.follow_exports", 120),
    "privacy: what is over its days": ("privacy.sweep_timed", crontab(hour=2, minute=15)),
    "vault: large files on their way in": ("scip.vault.follow_arrivals", 120),
    "vault: files that did not open": ("scip.vault.check_damaged", crontab(minute=20)),
    "vault: sweep orphans": ("scip.vault.sweep_orphans", crontab(hour=3, minute=30)),
}
PRACTICE_CHECKOUT = {"payments: events of the practice checkout": ("payments.sandbox_deliver", 15)}


def beat_schedule(*, is_practice: bool) -> dict[str, dict[str, Any]]:
    """The schedule as Celery wants it; ``is_practice`` adds what the practice checkout needs."""
    rows = SCHEDULE | PRACTICE_CHECKOUT if is_practice else SCHEDULE
    return {name: entry(task, times) for name, (task, times) in rows.items()}


def entry(task: str, times: int | crontab) -> dict[str, Any]:
    """One line of it. A run that nobody took up is dropped once newer ones stand behind it: a
    worker that was away for a night finds one round of sweeps, not thousands."""
    found: dict[str, Any] = {"task": task, "schedule": times}
    if isinstance(times, int):
        found["options"] = {"expires": max(times, 300)}
    return found
