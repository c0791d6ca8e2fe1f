"""What waits for the office, each with its count, the age of the oldest and a link to the list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from certification.candidacy.models import Candidacy, EquivalencyCase, Retreat
from certification.review.models import Appeal, Assignment, Submission
from certification.review.queries import queue as committee
from certification.review.queries.appeals import with_the_author, with_the_office
from cohorts.models import AbsenceException, AidRequest, Application, Enrolment, Offer, Transfer
from consultations.models import Group, Round
from payments.waiting import KINDS, Kind
from scip.accounts.models import Prerequisite, Role, User
from scip.community.models import Report
from scip.console import files
from scip.console.tally import Count, count_all
from scip.credentials.models import Certificate
from scip.directory.models import ListingReport
from scip.mail.models import Letter
from scip.pages.models import ContactMessage, InterestEntry
from supervision.models import Agreement, SupervisionSession, SupervisorApplication
from supervision.queries.recommendations import letters_left

QUESTION_DAYS = 7
OFFER_HOURS = 48
CERTIFICATE_MINUTES = 10
INTEREST_DAYS = 7
REGISTRATION_DAYS = 7

type Rows = Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One kind of waiting matter. ``age`` is the field with the moment since which it waits;
    ``is_news``: worth knowing, nobody is waiting; ``is_deadline``: the moment lies ahead;
    ``within``: the list shows rows that are no older than this; ``page``: a page of its own in
    place of the model's list."""

    code: str
    label: str | Promise
    hint: str | Promise
    model: type[Model]
    rows: Rows
    age: str
    filters: dict[str, str]
    roles: tuple[str, ...] = (Role.STAFF,)
    is_news: bool = False
    is_deadline: bool = False
    within: timedelta | None = None
    page: str = ""


def filters_of(queue: Queue, now: datetime) -> dict[str, str]:
    """The admin's query string that shows this queue's rows."""
    if queue.within is None:
        return queue.filters
    return {f"{queue.age}__gte": (now - queue.within).isoformat(timespec="minutes")}


def with_own_page(kind: Kind | files.Trouble, page: str) -> Queue:
    """A kind of matter that one page lists with others, narrowed by ``?kind=``."""
    return Queue(
        code=kind.code,
        label=kind.label,
        hint=kind.hint,
        model=kind.model,
        rows=kind.rows,
        age=kind.age,
        filters={"kind": kind.code},
        is_deadline=kind.is_deadline,
        page=page,
    )


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="applications",
        label=gettext_lazy("Applications to decide"),
        hint=gettext_lazy("Sent, and waiting for an answer."),
        model=Application,
        rows=lambda _now: Application.objects.in_queue(),
        age="submitted_at",
        filters={"state__exact": "submitted"},
    ),
    Queue(
        code="evidence",
        label=gettext_lazy("Documents to verify"),
        hint=gettext_lazy("Licences, MSC, insurance, practice."),
        model=Prerequisite,
        rows=lambda _now: Prerequisite.objects.waiting_for_staff(),
        age="submitted_at",
        filters={"state__exact": "submitted"},
    ),
    Queue(
        code="supervisors",
        label=gettext_lazy("Supervisors to decide"),
        hint=gettext_lazy("Applied, or said yes to an invitation."),
        model=SupervisorApplication,
        rows=lambda _now: SupervisorApplication.objects.filter(
            state=SupervisorApplication.State.SUBMITTED
        ),
        age="submitted_at",
        filters={"state__exact": "submitted"},
    ),
    Queue(
        code="questions",
        label=gettext_lazy("Questions without an answer"),
        hint=gettext_lazy("Asked more than a week ago; perhaps a kind reminder."),
        model=Application,
        rows=lambda now: Application.objects.filter(
            state=Application.State.INFO_NEEDED,
            info_needed_at__lt=now - timedelta(days=QUESTION_DAYS),
        ),
        age="info_needed_at",
        filters={"state__exact": "info_needed"},
    ),
    Queue(
        code="offers",
        label=gettext_lazy("Offers that end soon"),
        hint=gettext_lazy("Within two days, not answered yet."),
        model=Offer,
        rows=lambda now: Offer.objects.filter(
            state=Offer.State.OPEN, expires_at__lt=now + timedelta(hours=OFFER_HOURS)
        ),
        age="expires_at",
        filters={"state__exact": "offered"},
        is_deadline=True,
    ),
    Queue(
        code="exceptions",
        label=gettext_lazy("Exceptions to decide"),
        hint=gettext_lazy("A missed session that may count after all."),
        model=AbsenceException,
        rows=lambda _now: AbsenceException.objects.filter(
            state__in=[AbsenceException.State.REQUESTED, AbsenceException.State.MADE_UP]
        ),
        age="requested_at",
        filters={"state__in": "requested,made_up"},
    ),
    Queue(
        code="transfers",
        label=gettext_lazy("Wishes to move to decide"),
        hint=gettext_lazy("To another group, or to a later cohort."),
        model=Transfer,
        rows=lambda _now: Transfer.objects.waiting(),
        age="requested_at",
        filters={
            "state__exact": "requested",
            "enrolment__state__in": ",".join(Enrolment.HELD),
        },
    ),
    *(with_own_page(kind, "admin:payments_charge_waiting") for kind in KINDS),
    Queue(
        code="groups",
        label=gettext_lazy("Groups with too few people"),
        hint=gettext_lazy("Decide whether they run; cancelling tells everybody."),
        model=Group,
        rows=lambda now: Group.objects.to_decide(now.date()),
        age="decides_on",
        filters={"people": "few"},
        is_deadline=True,
    ),
    Queue(
        code="rounds",
        label=gettext_lazy("Rounds that wait for a proposal"),
        hint=gettext_lazy("The time for wishes is over, and people wait for their places."),
        model=Round,
        rows=Round.objects.waiting_for_proposal,
        age="closes_at",
        filters={"waiting": "proposal"},
    ),
    Queue(
        code="reports",
        label=gettext_lazy("Reported posts"),
        hint=gettext_lazy("Somebody in a group asks you to look at one post."),
        model=Report,
        rows=lambda _now: Report.objects.waiting(),
        age="reported_at",
        filters={"state__exact": "open"},
    ),
    Queue(
        code="sessions",
        label=gettext_lazy("Supervision sessions to settle"),
        hint=gettext_lazy("Two people remember one differently; talk with both."),
        model=SupervisionSession,
        rows=lambda _now: SupervisionSession.objects.filter(
            state=SupervisionSession.State.DISPUTED
        ),
        age="disputed_at",
        filters={"state__exact": "disputed"},
    ),
    Queue(
        code="unanswered",
        label=gettext_lazy("Supervision sessions without an answer"),
        hint=gettext_lazy("The supervisor is lost or silent; answer with the candidate’s word."),
        model=SupervisionSession,
        rows=SupervisionSession.objects.left_unanswered,
        age="logged_at",
        filters={"unanswered": "yes"},
    ),
    Queue(
        code="recommendations",
        label=gettext_lazy("Completed, no letter to the committee"),
        hint=gettext_lazy(
            "The supervisor was reminded and is silent, or may not write; talk with both."
        ),
        model=Agreement,
        rows=letters_left,
        age="completed_at",
        filters={"letter": "left"},
    ),
    Queue(
        code="retreats",
        label=gettext_lazy("Retreats to verify"),
        hint=gettext_lazy("Somebody prepares their registration for certification."),
        model=Retreat,
        rows=lambda _now: Retreat.objects.filter(state=Retreat.State.SUBMITTED),
        age="submitted_at",
        filters={"state__exact": "submitted"},
    ),
    Queue(
        code="equivalency",
        label=gettext_lazy("Requests for credit"),
        hint=gettext_lazy("Earlier formats of the programme, item by item."),
        model=EquivalencyCase,
        rows=lambda _now: EquivalencyCase.objects.waiting(),
        age="submitted_at",
        filters={"state__exact": "submitted"},
    ),
    Queue(
        code="submissions",
        label=gettext_lazy("Submissions without their readers"),
        hint=gettext_lazy("Paid and frozen; a seat is empty. Ask the suggested people in one act."),
        model=Submission,
        rows=committee.without_readers,
        age="submitted_at",
        filters={"waits": "readers"},
    ),
    Queue(
        code="readers",
        label=gettext_lazy("Readers whose answer is overdue"),
        hint=gettext_lazy("Asked to read, and silent after a reminder."),
        model=Assignment,
        rows=committee.answers_overdue,
        age="answer_due_at",
        filters={"overdue": "answer"},
    ),
    Queue(
        code="ties",
        label=gettext_lazy("Ties to look at"),
        hint=gettext_lazy("Declared, or come to light since; the chair or you may allow them."),
        model=Assignment,
        rows=committee.ties_to_allow,
        age="declared_at",
        filters={"overdue": "tie"},
    ),
    Queue(
        code="views",
        label=gettext_lazy("Views and decisions overdue"),
        hint=gettext_lazy("Somebody reads, and their day has passed."),
        model=Assignment,
        rows=committee.parts_overdue,
        age="due_at",
        filters={"overdue": "part"},
    ),
    Queue(
        code="reader_questions",
        label=gettext_lazy("Questions with the chair"),
        hint=gettext_lazy("A reader asks the candidate something; the chair passes it on."),
        model=Submission,
        rows=committee.questions_with_chair,
        age="assignments__questions__asked_at",
        filters={"waits": "question"},
    ),
    Queue(
        code="seconds",
        label=gettext_lazy("Decisions without a second reader"),
        hint=gettext_lazy("Whoever was asked does not read it. Ask somebody else for the seat."),
        model=Submission,
        rows=committee.without_second,
        age="decision__proposed_at",
        filters={"waits": "second"},
    ),
    Queue(
        code="letters_back",
        label=gettext_lazy("Letters that came back"),
        hint=gettext_lazy(
            "The second reader gave the answer back, and nobody is in the chair. Write it down "
            "anew, or ask somebody to take the chair."
        ),
        model=Submission,
        rows=committee.came_back,
        age="decision__saved_at",
        filters={"waits": "came_back"},
    ),
    Queue(
        code="decisions",
        label=gettext_lazy("Decisions to send"),
        hint=gettext_lazy("Written, read by a second member, and not sent yet."),
        model=Submission,
        rows=committee.letters_to_send,
        age="decision__approved_at",
        filters={"waits": "letter"},
    ),
    Queue(
        code="appeals",
        label=gettext_lazy("Appeals that wait for you"),
        hint=gettext_lazy("A seat on the panel is empty, or the promised day has passed."),
        model=Appeal,
        rows=with_the_office,
        age="filed_at",
        filters={"waits": "office"},
    ),
    Queue(
        code="second_looks",
        label=gettext_lazy("Letters that a panel sent back"),
        hint=gettext_lazy("Their supervisor is waited for; talk with them if it takes long."),
        model=Appeal,
        rows=with_the_author,
        age="decided_at",
        filters={"waits": "supervisor"},
    ),
    Queue(
        code="dossiers",
        label=gettext_lazy("Dossiers to draw anew"),
        hint=gettext_lazy("Not drawn, or not to be opened; the submission’s page mends it."),
        model=Submission,
        rows=lambda _now: Submission.objects.with_lost_dossier(),
        age="submitted_at",
        filters={"dossier": "lost"},
    ),
    *(with_own_page(kind, "admin:files") for kind in files.KINDS),
    Queue(
        code="certificates",
        label=gettext_lazy("Certificates not made"),
        hint=gettext_lazy("Asked for more than ten minutes ago, or with a problem."),
        model=Certificate,
        rows=lambda now: Certificate.objects.filter(made_at=None).filter(
            ~Q(problem="") | Q(requested_at__lt=now - timedelta(minutes=CERTIFICATE_MINUTES))
        ),
        age="requested_at",
        filters={"made_at__isnull": "True"},
    ),
    Queue(
        code="letters",
        label=gettext_lazy("Letters given up"),
        hint=gettext_lazy("Tried for three days; the address may be wrong."),
        model=Letter,
        rows=lambda _now: Letter.objects.filter(given_up_at__isnull=False, sent_at=None),
        age="given_up_at",
        filters={"given_up_at__isnull": "False", "sent_at__isnull": "True"},
    ),
    Queue(
        code="listings",
        label=gettext_lazy("Reported listings"),
        hint=gettext_lazy("A visitor of the directory noticed something."),
        model=ListingReport,
        rows=lambda _now: ListingReport.objects.waiting(),
        age="reported_at",
        filters={"state__exact": "open"},
    ),
    Queue(
        code="messages",
        label=gettext_lazy("Messages to answer"),
        hint=gettext_lazy("Written through the contact form."),
        model=ContactMessage,
        rows=lambda _now: ContactMessage.objects.waiting(),
        age="created_at",
        filters={"state__exact": "new"},
    ),
    Queue(
        code="interest",
        label=gettext_lazy("New on the interest list"),
        hint=gettext_lazy("In the last seven days."),
        model=InterestEntry,
        rows=lambda now: InterestEntry.objects.filter(
            created_at__gte=now - timedelta(days=INTEREST_DAYS)
        ),
        age="created_at",
        filters={},
        within=timedelta(days=INTEREST_DAYS),
        is_news=True,
    ),
    Queue(
        code="registrations",
        label=gettext_lazy("New registrations for certification"),
        hint=gettext_lazy("In the last seven days."),
        model=Candidacy,
        rows=lambda now: Candidacy.objects.filter(
            active_at__gte=now - timedelta(days=REGISTRATION_DAYS)
        ),
        age="active_at",
        filters={},
        within=timedelta(days=REGISTRATION_DAYS),
        is_news=True,
    ),
    Queue(
        code="aid",
        label=gettext_lazy("Aid requests to decide"),
        hint=gettext_lazy("Each with a short statement that only you can read."),
        model=AidRequest,
        rows=lambda _now: AidRequest.objects.filter(state=AidRequest.State.REQUESTED),
        age="requested_at",
        filters={"state__exact": "requested"},
        roles=(Role.AID,),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queue as the first page shows it. ``note`` says how old, or how near the end."""

    code: str
    label: str
    hint: str
    count: Count
    note: str
    url: str
    is_late: bool
    is_news: bool


def waiting_for(user: User, *, now: datetime) -> list[Waiting]:
    """The queues this person works on, in one query; full ones first, each kind in its order."""
    mine = [queue for queue in QUEUES if user.has_role(*queue.roles)]
    counts = count_all({queue.code: (queue.rows(now), queue.age) for queue in mine})
    found = [shown(queue, counts[queue.code], now) for queue in mine]
    return sorted(found, key=lambda item: (item.is_news, not item.count.number))


def shown(queue: Queue, count: Count, now: datetime) -> Waiting:
    return Waiting(
        code=queue.code,
        label=str(queue.label),
        hint=str(queue.hint),
        count=count,
        note=note_of(queue, count, now),
        url=url_of(queue, now),
        is_late=bool(count.oldest) and not queue.is_news and is_late(queue, count, now),
        is_news=queue.is_news,
    )


def url_of(queue: Queue, now: datetime) -> str:
    """Where the queue's rows are listed."""
    if queue.page:
        return f"{reverse(queue.page)}?{urlencode(queue.filters)}"
    return list_url(queue.model, filters_of(queue, now))


def is_late(queue: Queue, count: Count, now: datetime) -> bool:
    """Older than a week, or over within the day."""
    if count.oldest is None:
        return False
    if queue.is_deadline:
        return count.oldest - now < timedelta(days=1)
    return now - count.oldest > timedelta(days=7)


def note_of(queue: Queue, count: Count, now: datetime) -> str:
    """``oldest 12 days``, ``first ends in 5 hours``, or nothing for an empty queue."""
    if count.oldest is None or queue.is_news:
        return ""
    if queue.is_deadline:
        return _("first ends in {span}").format(span=span(count.oldest - now))
    return _("oldest {span}").format(span=span(now - count.oldest))


def span(length: timedelta) -> str:
    """A length of time in one unit: minutes, hours or days."""
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < 60:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    if minutes < 48 * 60:
        return ngettext("{count} hour", "{count} hours", minutes // 60).format(count=minutes // 60)
    days = minutes // (24 * 60)
    return ngettext("{count} day", "{count} days", days).format(count=days)


def list_url(model: type[Model], filters: dict[str, str]) -> str:
    """The admin's list of a model with these filters; for offers the applications they belong
    to; empty if no admin page shows the model."""
    for shown_in in (model, Application if model is Offer else model):
        if admin.site.is_registered(shown_in):
            name = f"admin:{shown_in._meta.app_label}_{shown_in._meta.model_name}_changelist"
            own = {"state__exact": "open"} if shown_in is Offer else filters
            return f"{reverse(name)}?{urlencode(own)}"
    return ""
