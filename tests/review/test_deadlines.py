"""A day until which somebody has time is one and the same day for everybody, wherever they read."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.review.emails import appeals, committee
from certification.review.models import Assignment, PanelSeat, Submission
from certification.review.requirements.submission import answer_day, end_of
from certification.review.services import assigning
from scip.accounts.models import Role, User
from scip.formats import day, deadline
from scip.mail.models import Letter
from scip.pathway.queries import home_of
from scip.pathway.submission import final_submission
from tests import world
from tests.review.committee import development, make_committee
from tests.review.desk import make_ready
from tests.review.hearings import make_appellant, make_panel
from tests.review.test_who_hears import text

pytestmark = pytest.mark.django_db

# The first lives a day ahead of the last for most of the day.
ZONES = ["Pacific/Auckland", "Asia/Tokyo", "UTC", "America/Los_Angeles", "Pacific/Honolulu"]


def lives_in(user, zone):
    User.objects.filter(pk=user.pk).update(time_zone=zone)
    user.time_zone = zone


@pytest.mark.parametrize("at", [(0, 5), (12, 0), (23, 55)])
def test_what_is_due_on_a_day_is_due_on_the_whole_of_it(at):
    given = datetime(2027, 3, 3, *at, tzinfo=UTC)
    assert end_of(given) == datetime(2027, 3, 3, 23, 59, tzinfo=UTC)
    for zone in ZONES:
        with timezone.override(zone):
            assert deadline(end_of(given)) == "Wednesday 3 March 2027 (UTC)"
    assert deadline(given.date()) == "Wednesday 3 March 2027 (UTC)"


@pytest.mark.parametrize("zone", ZONES)
def test_a_seat_on_the_committee_names_one_day_in_letters_and_on_pages(zone, as_user):
    walker = make_ready()
    walker.hands_in()
    reader = world.make_user("reader@example.org", Role.REVIEWER, name="Rea Anyone")
    lives_in(reader, zone)
    office = User.objects.get(email="office@example.com")
    row = assigning.ask(walker.submission, reader, seat="reviewer", by=office)
    answer, part = deadline(row.answer_due_at), deadline(row.due_at)
    letter = committee.asked(row).text
    assert f"say yes or no until {answer}." in letter
    assert f"Your part is due by {part}." in letter
    for stage in (committee.ANSWER_SOON, committee.ANSWER_LATE):
        assert answer in committee.reminder(row, stage).text
    for stage in (committee.PART_SOON, committee.PART_LATE):
        assert part in committee.reminder(row, stage).text
    client = as_user(reader)
    assert f"Please answer by {answer}; to be read by {part}." in text(client.get("/review/"))
    asked = text(client.get(reverse("review:room", args=[row.pk])))
    assert (answer in asked, part in asked) == (True, True)
    assigning.answer(row, ties=[], words="", by=reader)
    assert f"Waits for you, due by {part}." in text(client.get("/review/"))
    assert f"by {part}." in text(client.get(reverse("review:room", args=[row.pk])))


@pytest.mark.parametrize("zone", ZONES)
def test_a_seat_on_a_panel_names_one_day_in_letters_and_on_pages(zone, as_user):
    carla = make_appellant()
    (member,) = make_panel(1)
    lives_in(member, zone)
    lives_in(carla.user, zone)
    carla.files()
    (seat,) = carla.asks(member)
    answer, panel = deadline(seat.answer_due_at), deadline(carla.appeal.answer_by_at)
    letter = appeals.asked(seat).text
    assert f"Please tell us by {answer} whether you can. The panel answers by {panel}." in letter
    assert f"with its reasons by {panel}." in appeals.filed_for_candidate(carla.appeal).text
    client = as_user(member)
    assert f"Please say by {answer} whether you can." in text(client.get(reverse("hearing:desk")))
    shown = text(client.get(reverse("hearing:seat", args=[seat.pk])))
    assert (answer in shown, panel in shown) == (True, True)
    standing = text(as_user(carla.user).get(reverse("appeal:home")))
    assert standing.count(panel) == 2  # the lead, and the line of what comes


@pytest.mark.parametrize("zone", ZONES)
def test_the_office_reads_the_same_days(zone, staff, as_user):
    carla = make_appellant()
    carla.files()
    carla.asks(*make_panel(1))
    lives_in(staff, zone)
    client = as_user(staff)
    panel = deadline(carla.appeal.answer_by_at)
    assert panel in text(client.get(reverse("admin:review_appeal_changelist")))
    page = text(client.get(reverse("admin:review_appeal_change", args=[carla.appeal.pk])))
    assert f"The panel’s answer is promised for {panel}." in page
    assert deadline(PanelSeat.objects.get().answer_due_at) in page


@pytest.mark.parametrize("zone", ZONES)
def test_the_office_reads_the_same_days_of_a_seat(zone, staff, as_user):
    walker = make_ready()
    walker.hands_in()
    reader = world.make_user("reader@example.org", Role.REVIEWER, name="Rea Anyone")
    row = assigning.ask(walker.submission, reader, seat="reviewer", by=staff)
    # As it was kept before days were whole.
    noon = datetime.combine(row.due_at.date(), datetime.min.time(), UTC) + timedelta(hours=12)
    Assignment.objects.update(due_at=noon)
    lives_in(staff, zone)
    listed = text(as_user(staff).get(reverse("admin:review_assignment_changelist")))
    assert deadline(row.answer_due_at) in listed
    assert f"{day(row.due_at.date())} (UTC)" in listed


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu"])
def test_the_committees_own_day_is_the_same_in_letters_and_on_pages(zone, staff, as_user):
    walker = make_ready()
    walker.hands_in()
    lives_in(walker.user, zone)
    lives_in(staff, zone)
    row = Submission.objects.get()
    answer = deadline(answer_day(row.submitted_at, row.edition))
    letters = [" ".join(letter.text.split()) for letter in Letter.objects.all()]
    for words in (
        f"You get their answer by {answer}",
        f"The committee answers within {row.edition.review_days} days: by {answer}.",
    ):
        assert any(words in letter for letter in letters), words
    client = as_user(walker.user)
    shown = text(client.get(reverse("submission:home")))
    assert shown.count(answer) == 2  # what comes, and in short
    now = timezone.now()
    step = final_submission(home_of(walker.user, now=now).evidence, now)
    assert step is not None
    assert f"You get their answer by {answer}." in step.text
    office = as_user(staff)
    assert answer in text(office.get(reverse("admin:review_submission_changelist")))
    page = text(office.get(reverse("admin:review_submission_change", args=[row.pk])))
    assert f"The committee answers by {answer}." in page


def test_the_day_that_a_letter_suggests_is_named_as_other_days_are(as_user):
    around = make_committee()
    lives_in(around.walker.user, "Pacific/Auckland")
    around.sends(development())
    suggested = f"The committee suggests: by {deadline(around.decision.by_when)}."
    letter = Letter.objects.get(dedupe_key__startswith="decision:", to_user=around.walker.user)
    client = as_user(around.walker.user)
    submission = around.submission.pk
    paper = client.get(reverse("submission:answer_pdf", args=[submission])).content
    printed = " ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)
    for shown in (letter.text, letter.html, printed):
        assert suggested in " ".join(shown.split())
    assert suggested in text(client.get(reverse("submission:answer", args=[submission])))


def test_the_office_reads_first_who_is_waited_for_and_last_what_is_over(staff, as_user):
    walker = make_ready()
    walker.hands_in()
    now, days = timezone.now(), timedelta(days=1)
    # By name: where the seat stands, and its two days from now.
    rows = {
        "given long ago": ("given", -60, -40),
        "given": ("given", -30, -10),
        "reads, due late": ("accepted", -20, 20),
        "reads, overdue": ("accepted", -25, -1),
        "asked": ("asked", 5, 30),
        "tied": ("declared", 2, 30),
        "declined": ("declined", -9, 30),
    }
    for number, (name, (state, answer, part)) in enumerate(rows.items()):
        Assignment.objects.create(
            submission=walker.submission,
            member=world.make_user(f"r{number}@example.org", Role.REVIEWER, name=name),
            seat="reviewer",
            state=state,
            declared_at=now,
            answer_due_at=now + answer * days,
            due_at=now + part * days,
        )
    address = reverse("admin:review_assignment_changelist")

    def listed() -> list[str]:
        found = as_user(staff).get(address).context["cl"].result_list
        return [row.member.name for row in found]

    waiting = ["reads, overdue", "tied", "asked", "reads, due late"]
    assert listed() == [*waiting, "declined", "given", "given long ago"]
    # Once the committee has answered nobody is waited for: the latest stands first.
    Submission.objects.update(state="development")
    assert listed()[-3:] == ["reads, overdue", "given", "given long ago"]
