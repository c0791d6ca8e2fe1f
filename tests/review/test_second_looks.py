"""A letter that a panel sent back has a day, reminders, and open to its author what it is about."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.models import Appeal
from certification.review.services import appealing
from certification.review.services.appeal_clock import close_ended, close_overtaken
from scip.accounts.models import User
from scip.formats import day, deadline
from scip.mail.models import Letter
from scip.schedule import SCHEDULE
from supervision.models import Agreement, Approval, CaseMaterial, MaterialOpening, Recommendation
from supervision.queries.recommendations import second_looks
from supervision.services import notes
from supervision.services.agreements import end_agreement
from supervision.services.recommendations import remind_of_second_looks
from supervision.tasks import remind_of_letters
from tests import world
from tests.architecture.candidacies import file_of
from tests.pathway.test_supervision import home
from tests.review.hearings import Appellant, gives, make_appellant, make_panel
from tests.review.test_remanded import writes
from tests.review.test_who_hears import text
from tests.supervision.pair import Pair
from tests.supervision.test_completion import next_pair
from tests.supervision.test_recommendations import LETTER
from tests.vault.samples import simple_pdf

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OFFICE = "office"


def sent_back(carla: Appellant) -> Appellant:
    for seat in carla.heard_by(*make_panel(2)):
        gives(seat, "remanded")
    return carla


@pytest.fixture
def carla() -> Appellant:
    """Two of the panel answered, and both sent the letter back."""
    return sent_back(make_appellant())


@pytest.fixture
def due(carla):
    """Until when the next letter is hoped for."""
    return second_looks().get(pk=carla.letter.pk).due_at


def stages():
    """The letters that the clock wrote, in their order: by stage, the office's marked."""
    rows = Letter.objects.filter(dedupe_key__contains=":again:").order_by("pk")
    keys = [row.dedupe_key.split(":") for row in rows]
    return [OFFICE if key[-1] == OFFICE else key[3] for key in keys]


def test_it_is_due_after_the_days_that_the_edition_calls_silence(carla, due):
    assert due == carla.letter.remanded_at + 21 * DAY
    letter = Letter.objects.get(dedupe_key=f"appeal:{carla.appeal.pk}:decided:supervisor")
    assert f"We hope for it by {deadline(due)}." in letter.text


def test_one_word_before_the_day_one_after_it_then_the_office_hears(carla, due):
    expected = {-3: [], -2: ["soon"], 0.9: ["soon"], 1: ["soon", "late"]}
    for days, letters in expected.items():
        for _twice in range(2):
            remind_of_second_looks(due + days * DAY)
        assert stages() == letters
    for days in (2, 5, 13):
        remind_of_second_looks(due + days * DAY)
    assert stages() == ["soon", "late", OFFICE]
    soon, late, office = Letter.objects.filter(dedupe_key__contains=":again:").order_by("pk")
    assert (soon.to_address, late.to_address) == (carla.guide.email, carla.guide.email)
    assert f"We hope for your next letter by {deadline(due)}" in soon.text
    assert f"We hoped for your next letter by {deadline(due)}" in late.text
    assert "Look at session 7." not in soon.text + late.text + office.text
    assert "Gita 1 was asked by an appeal panel to look again" in office.text


def test_what_is_long_past_is_the_offices(carla, due):
    remind_of_second_looks(due + 14 * DAY)
    assert stages() == [OFFICE]


def test_beat_asks_for_it(carla):
    Recommendation.objects.update(remanded_at=timezone.now() - 20 * DAY)
    assert SCHEDULE["supervision: letters that are awaited"][0] == remind_of_letters.name
    remind_of_letters()
    assert stages() == ["soon"]


@pytest.mark.parametrize(
    "ends",
    [lambda carla: writes(carla, LETTER), lambda carla: next_pair(carla.pair)],
    ids=["written", "gone on with somebody else"],
)
def test_nobody_is_reminded_once_it_waits_no_more(carla, due, ends):
    ends(carla)
    remind_of_second_looks(due + 3 * DAY)
    assert stages() == []


def test_whoever_may_not_write_is_not_asked_to_and_the_office_is(carla, due):
    Approval.objects.update(until_on=timezone.now().date())
    remind_of_second_looks(due - DAY)
    assert stages() == []
    remind_of_second_looks(due + 2 * DAY)
    assert stages() == [OFFICE]


def test_a_leave_rests_it(carla, due):
    Candidacy.objects.update(state="on_leave")
    assert second_looks().get().due_at is None
    remind_of_second_looks(due + 3 * DAY)
    assert stages() == []


def test_what_two_of_the_panel_agree_on_stands_once(carla):
    assert carla.letter.instructions == "Look at session 7."


def test_the_page_of_the_appeal_says_that_it_was_answered(carla, due, as_user, staff):
    address = reverse("admin:review_appeal_change", args=[carla.appeal.pk])
    shown = text(as_user(staff).get(address))
    assert f"The panel gave its answer on {day(carla.appeal.decided_at)}." in shown
    assert f"Another letter is waited for. We hope for it by {deadline(due)}." in shown
    assert "is promised for" not in shown
    assert "Waited for: Gita 1" in shown
    writes(carla, LETTER)
    assert "Waited for" not in text(as_user(staff).get(address))


def test_the_page_of_an_appeal_that_was_closed_calls_it_closed(as_user, staff):
    carla = make_appellant()
    carla.files()
    writes(carla, LETTER)
    close_overtaken(timezone.now())
    shown = text(as_user(staff).get(reverse("admin:review_appeal_change", args=[carla.appeal.pk])))
    assert "It was closed without an answer, so none is waited for." in shown
    assert "It was taken back" not in shown


def registration_ends(carla):
    Candidacy.objects.filter(pk=carla.candidacy.pk).update(
        state="closed", closed_at=timezone.now(), close_reason="Moved on."
    )
    close_ended(timezone.now())


def another_letter_comes(carla):
    writes(carla, LETTER)
    close_overtaken(timezone.now())


def is_taken_back(carla):
    appealing.withdraw(carla.appeal, by=carla.user)


@pytest.mark.parametrize(
    ("close", "said"),
    [
        (is_taken_back, "taken back by the candidate"),
        (another_letter_comes, "closed: a later letter took the place of the one in question"),
        (registration_ends, "closed: the registration had come to an end"),
    ],
)
def test_the_office_reads_how_an_appeal_was_closed(as_user, staff, close, said):
    carla = make_appellant()
    carla.files()
    close(carla)
    client, all_said = as_user(staff), ("taken back", "closed:")
    for address in (
        reverse("admin:review_appeal_changelist"),
        reverse("admin:review_appeal_change", args=[carla.appeal.pk]),
        reverse("admin:review_recourse_change", args=[carla.candidacy.pk]),
    ):
        shown = text(client.get(address))
        assert said in shown
        assert sum(shown.count(words) for words in all_said) == 1


def test_the_pages_name_the_day(carla, due, as_user, staff):
    step = home(as_user, carla.user)["step"]
    assert f"We hope for it by {deadline(due)}." in step.text
    address = reverse("supervision:recommendation", args=[carla.pair.agreement.pk])
    assert f"We hope for it by {deadline(due)}." in text(as_user(carla.guide).get(address))
    assert "Write your next letter" in text(as_user(carla.guide).get(address))
    outcome = reverse("supervision:outcome", args=[carla.pair.agreement.pk])
    assert f"We hope for it by {deadline(due)}." in text(as_user(carla.user).get(outcome))
    listed = as_user(staff).get(reverse("admin:review_appeal_changelist"))
    assert deadline(due) in text(listed)


@pytest.fixture
def vault(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "vault": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        }
    }


@pytest.fixture
def material(vault):
    """Something that was handed over before the letter of "not yet"."""
    carla = make_appellant()
    return CaseMaterial.objects.create(
        agreement=carla.pair.agreement,
        title="Transcript, third session",
        document=file_of(carla.user, "case-material"),
        is_deidentified=True,
        handed_by=carla.user,
    )


def opens(client, material):
    """The document as it is opened, or the status of the refusal."""
    opened = client.post(reverse("supervision:material_open", args=[material.pk]))
    if opened.status_code != 302:
        return opened.status_code
    return b"".join(client.get(opened["Location"]).streaming_content)


def test_what_the_letter_is_about_is_open_while_it_is_waited_for_and_each_opening_seen(
    material, as_user
):
    carla = appellant_of(material)
    client, listed = (
        as_user(carla.guide),
        reverse("supervision:material", args=[material.agreement_id]),
    )
    assert opens(client, material) == 404
    assert "is closed to you" in text(client.get(listed))
    notes.write_own(carla.pair.agreement, "She waits well.", by=carla.guide)
    sent_back(carla)
    letter = reverse("supervision:recommendation", args=[material.agreement_id])
    assert listed in client.get(letter).content.decode()
    shown = text(client.get(listed))
    assert "what was handed over to you is open again" in shown
    assert "Transcript, third session" in shown
    assert opens(client, material) == simple_pdf()
    assert MaterialOpening.objects.get().opened_by == carla.guide
    assert "Opened: Gita 1" in text(as_user(carla.user).get(listed))
    words = reverse("supervision:words", args=[material.agreement_id])
    assert "She waits well." in text(client.get(words))
    outcome = as_user(carla.user).get(reverse("supervision:outcome", args=[material.agreement_id]))
    assert "Gita 1 can open again what you handed over" in text(outcome)
    writes(carla, LETTER)
    assert opens(client, material) == 404
    assert "is closed to you" in text(client.get(listed))
    assert MaterialOpening.objects.count() == 1


def test_nothing_else_of_the_candidate_opens_with_it(material, as_user):
    carla = sent_back(appellant_of(material))
    growth = as_user(carla.guide).get(reverse("supervision:growth", args=[material.agreement_id]))
    assert growth.context["is_former"]
    assert not Agreement.objects.accompanied_by(carla.guide).exists()
    panel = User.objects.get(email="panel1@example.org")
    for stranger in (panel, carla.office):
        assert opens(as_user(stranger), material) == 404


def test_it_closes_once_the_candidate_has_gone_on_with_somebody_else(material, as_user):
    carla = sent_back(appellant_of(material))
    next_pair(carla.pair)
    assert opens(as_user(carla.guide), material) == 404


def test_it_stays_closed_to_whoever_may_write_no_letter(material, as_user):
    carla = sent_back(appellant_of(material))
    Approval.objects.update(until_on=timezone.now().date())
    assert opens(as_user(carla.guide), material) == 404
    listed = reverse("supervision:material", args=[material.agreement_id])
    assert "is closed to you" in text(as_user(carla.guide).get(listed))


def test_what_the_two_began_after_that_letter_stays_closed(material, as_user):
    carla = appellant_of(material)
    carla.files()
    later_on = timezone.now() + DAY
    after = world.make_agreement(carla.candidacy, carla.pair.supervisor, signed_at=later_on)
    CaseMaterial.objects.filter(pk=material.pk).update(agreement=after)
    end_agreement(after, by=carla.user, reason="We quarrelled.", now=later_on)
    sent_back(carla)
    assert second_looks().exists()
    assert opens(as_user(carla.guide), material) == 404
    listed = reverse("supervision:material", args=[carla.pair.agreement.pk])
    assert "is open again" in text(as_user(carla.guide).get(listed))


def appellant_of(material):
    """The candidate of a material with everything around them."""
    agreement = Agreement.objects.select_related("candidacy__user", "candidacy__edition").get(
        pk=material.agreement_id
    )
    pair = Pair(
        agreement=agreement,
        candidacy=agreement.candidacy,
        candidate=agreement.candidacy.user,
        supervisor=agreement.supervisor,
        guide=agreement.supervisor.user,
    )
    office = User.objects.get(email="office@example.com")
    return Appellant(pair, pair.candidate, agreement.candidacy, office)


def test_the_office_reads_what_is_due_first(staff, as_user):
    """What a panel or a supervisor owes stands by its day, what is over below."""
    names = {1: "panel late", 2: "panel soon", 3: "sent back", 4: "withdrawn", 5: "upheld"}
    people = {number: make_appellant(number) for number in names}
    panel = make_panel(2)
    for number in (3, 5):
        for seat in people[number].heard_by(*panel):
            gives(seat, "remanded" if number == 3 else "upheld")
    for number in (1, 2, 4):
        people[number].files()
    appealing.withdraw(people[4].appeal, by=people[4].user)
    now = timezone.now()
    for number, days in ((1, 40), (2, 3)):
        Appeal.objects.filter(pk=people[number].appeal.pk).update(answer_by_at=now + days * DAY)
    listed = as_user(staff).get(reverse("admin:review_appeal_changelist"))
    order = [row.user.name for row in listed.context["cl"].result_list]
    assert order[:3] == ["Carla 2", "Carla 3", "Carla 1"]
    assert order[3:] == ["Carla 4", "Carla 5"]
