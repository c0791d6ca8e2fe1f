"""A hundred thousand reminders from beat's sweep to a mail server, the worker killed in the middle."""

import multiprocessing
import statistics
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from django.core.mail import EmailMessage, mailers
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone

from bench import people
from bench.report import SLACK
from bench.sink import Sink, listening
from bench.soak import outbox
from bench.soak.outcome import Outcome
from cohorts.emails.sessions import draft_for
from cohorts.models import Application, Enrolment, Offer, Session
from cohorts.queries.guests import DueReminder, due_reminders
from cohorts.services.reminders import plan_reminders
from payments.models import Charge
from scip.background import enqueue
from scip.mail.models import Letter
from tests import world

REMINDERS, A_COHORT = 100_000, 100
SHARE, PLANNING_SECONDS = 0.35, 2
PROCESSES = 2
LETTERS = Letter.objects.filter(dedupe_key__startswith="session-reminder:")
ZONES = (
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
)


def check_reminders(
    folder: Path,
    reminders: int = REMINDERS,
    a_cohort: int = A_COHORT,
    share: float = SHARE,
    limit: float = 1500,
) -> Outcome:
    """Planned by one sweep, written and sent by two processes: each arrives once.

    The time runs from the sweep to the last arrival, with everything in between: reminders found,
    letters written into the outbox, a worker killed and started again, what it held sent after all.
    """
    began = time.monotonic()
    add_participants(reminders, a_cohort)
    first = Session.objects.filter(cohort__state="running").values_list("pk", flat=True)[:1]
    some = due_reminders(timezone.now(), only=first)
    ceilings = [render_ceiling(some)]
    with listening(folder) as sink:
        mail = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
        worker = outbox.start_worker(**mail)
        try:
            enqueue("scip.mail.sweep")
            outbox.wait_for(outbox.broker_is_empty, 60)
            started = time.monotonic()
            planned = plan_reminders()
            planning = time.monotonic() - started
            outbox.wait_for(lambda: sink.count() >= reminders // 2, limit)
            outbox.kill_hard(worker)
            worker = outbox.start_worker(**mail)
            wait_until_idle(sink, limit)
            missing_before_sweep = reminders - sink.count()
            while LETTERS.filter(sent_at=None).exists() or LETTERS.count() < reminders:
                if time.monotonic() - began > limit:
                    break
                plan_reminders()
                enqueue("scip.mail.sweep")
                wait_until_idle(sink, limit)
        finally:
            outbox.kill_hard(worker)
        arrivals = sink.arrivals()
        naive = naive_copies(sink)
    ceilings.append(render_ceiling(some))
    ceiling = statistics.mean(ceilings)
    ids = {item.message_id: item.recipient for item in arrivals}
    recipients = Counter(ids.values())
    missing, twice = reminders - len(recipients), len(ids) - len(recipients)
    again = len(arrivals) - len(ids)
    rate = len(ids) / (arrivals[-1].at - started)
    return Outcome(
        name="reminders",
        figure=(
            f"{reminders} to a mail server, kill -9 in the middle: 0 missing, 0 twice, planned in "
            f"≤ {PLANNING_SECONDS} s, ≥ {share} × what {PROCESSES} processes render"
        ),
        found=(
            f"{missing} missing, {twice} twice ({again} handed over again under their Message-ID, "
            f"at most one a process killed); planned in {planning:.2f} s; {rate:.0f} a second, "
            f"{rate / ceiling:.2f} × {ceiling:.0f}"
        ),
        is_met=planned == reminders
        and (missing, twice) == (0, 0)
        and again <= PROCESSES
        and planning <= PLANNING_SECONDS * SLACK
        and rate / ceiling >= share / SLACK,
        control=(
            f"before the sweep {missing_before_sweep} were missing; a sender that keeps no outbox, "
            f"begun again, wrote {naive} people twice"
        ),
        control_failed=missing_before_sweep > 0 and naive > 0,
        seconds=time.monotonic() - began,
    )


def add_participants(count: int, a_cohort: int) -> None:
    """So many confirmed places in cohorts that meet within the hour, in eight time zones."""
    now = timezone.now()
    cohorts = [
        world.make_cohort(state="running", capacity=a_cohort) for _ in range(count // a_cohort)
    ]
    Session.objects.bulk_create(
        Session(
            cohort=cohort,
            number=1,
            title="Meeting oneself kindly",
            starts_at=now + timedelta(minutes=58),
            ends_at=now + timedelta(minutes=238),
        )
        for cohort in cohorts
    )
    people.add_people(count, "guest")
    guests = "(select *, row_number() over (order by id) - 1 as n from accounts_user where email like 'guest%%') u"
    cohort = f"(array{[item.pk for item in cohorts]}::bigint[])[1 + n / {a_cohort}]"
    people.insert(
        Application(state="accepted", submitted_at=now, tier="standard"),
        {"user_id": "u.id", "cohort_id": cohort},
        guests,
    )
    people.insert(
        Offer(
            tier="standard",
            list_cents=289_500,
            state="accepted",
            accepted_at=now,
            expires_at=now,
        ),
        {"application_id": "a.id"},
        f"{guests} join {Application._meta.db_table} a on a.user_id = u.id",
    )
    people.insert(
        Charge(purpose="soak-reminders", amount_cents=289_500, due_at=now),
        {"user_id": "u.id"},
        guests,
    )
    people.insert(
        Enrolment(state="confirmed", confirmed_at=now, pay_by=now),
        {
            "user_id": "u.id",
            "cohort_id": "a.cohort_id",
            "application_id": "a.id",
            "offer_id": "o.id",
            "charge_id": "c.id",
        },
        f"{guests} join {Application._meta.db_table} a on a.user_id = u.id "
        f"join {Offer._meta.db_table} o on o.application_id = a.id "
        f"join {Charge._meta.db_table} c on c.user_id = u.id",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_user set time_zone = (%s::text[])[1 + id %% %s] "
            "where email like 'guest%%'",
            [list(ZONES), len(ZONES)],
        )
    people.analyse()


def render_ceiling(some: list[DueReminder], seconds: float = 3.0) -> float:
    """Letters a second that two processes render, each by itself: subject, text and HTML."""
    connections.close_all()  # none is shared with a child
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        return sum(pool.starmap(render_for, [(some, seconds)] * PROCESSES, chunksize=1))


def render_for(some: list[DueReminder], seconds: float) -> float:
    """Letters a second of this process."""
    draw(some[0])
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        draw(some[count % len(some)])
        count += 1
    return count / (time.perf_counter() - started)


def draw(reminder: DueReminder) -> None:
    """Everything that templates make of a letter."""
    guest = reminder.guest
    context = {"kind": reminder.kind.value}
    draft_for("cohorts/emails/session_reminder", reminder.session, guest, context, name=guest.name)


def wait_until_idle(sink: Sink, seconds: float) -> None:
    """Until no task waits and nothing arrives any more."""
    outbox.wait_for(outbox.broker_is_empty, seconds)
    arrived = -1
    while arrived != (arrived := sink.count()):
        time.sleep(2)


def naive_copies(sink: Sink, count: int = 20) -> int:
    """The control: letters from a list, the sender stopped half way and begun again; how many
    people got two."""
    before = len(sink.arrivals())
    options = {"host": "127.0.0.1", "port": sink.port}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(MAILERS={"default": {"BACKEND": backend, "OPTIONS": options}}):
        for stops_at in (count // 2, count):
            messages = [
                EmailMessage("Soon", "Soon.", to=[f"naive{number}@example.com"])
                for number in range(stops_at)
            ]
            mailers.default.send_messages(messages)
    recipients = Counter(item.recipient for item in sink.arrivals()[before:])
    return sum(many > 1 for many in recipients.values())
