"""The candidate's pages, and the office's: what they say, keep and never show."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from certification.review.emails.submissions import submitted
from certification.review.models import ApplicationLetter, Dossier, NotToRead, Snapshot, Submission
from certification.review.services import dossiers
from scip.accounts.models import Role
from scip.audit.models import Entry
from scip.pathway.submission import submission_facts
from scip.vault import drawing
from tests import world
from tests.review.desk import LETTER, RECOMMENDED, Walker, make_ready, make_walker

pytestmark = pytest.mark.django_db
HOME = reverse("submission:home")
WRITE = reverse("submission:letter")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_whoever_never_registered_reads_what_it_is_for(as_user: Any, stranger: Any) -> None:
    client = as_user(stranger)
    assert "This comes at the end of Level C" in text(client.get(HOME))
    for name in ("letter", "letter_noticed"):
        assert client.get(reverse(f"submission:{name}")).status_code == 404
    assert not Submission.objects.exists()


def test_from_the_checklist_to_the_confirmation(as_user: Any) -> None:
    walker = make_walker()
    client: Client = as_user(walker.user)
    shown = text(client.get(HOME))
    assert "The button stands here as soon as nothing is open" in shown
    assert not Submission.objects.exists()  # looking writes nothing
    client.post(WRITE, LETTER | {"version": "0", "then": "home"})
    word = {"client_sessions": 40, "clients": 7, "name_typed": walker.user.name}
    assert client.post(reverse("submission:attest"), word).status_code == 302
    shown = text(client.get(HOME))
    assert "Submit, and go to the payment" in shown
    assert "USD 750" in shown
    answer = client.post(reverse("submission:confirm"))
    assert answer["Location"] == reverse("payments:pay", args=[walker.submission.charge_id])
    assert "Waiting for the fee" in text(client.get(HOME))
    client.post(reverse("submission:put_back"))
    assert "Submit, and go to the payment" in text(client.get(HOME))
    client.post(reverse("submission:confirm"))
    walker.pays()
    shown = text(client.get(HOME))
    assert "Your submission is with the committee" in shown
    assert "It is being made" in shown
    assert client.get(WRITE)["Location"] == HOME


def test_the_answer_is_promised_for_one_day_wherever_somebody_lives(as_user: Any) -> None:
    walker = make_ready()
    walker.hands_in()
    Submission.objects.update(submitted_at=world.utc(2027, 6, 1, 2))
    office = world.make_user("far-office@example.com", Role.STAFF, time_zone="Asia/Tokyo")
    walker.user.time_zone = "America/Los_Angeles"
    walker.user.save(update_fields=["time_zone"])
    row = reverse("admin:review_submission_change", args=[walker.submission.pk])
    pages = (
        text(as_user(walker.user).get(HOME)),
        text(as_user(office).get(row)),
        submitted(walker.submission).text,
    )
    for page in pages:
        assert "Thursday 1 July 2027" in page
    facts = submission_facts(walker.candidacy.pk)
    assert facts is not None
    assert facts.answer_by == date(2027, 7, 1)


def test_the_letter_saves_itself_and_tells_two_windows_apart(as_user: Any) -> None:
    walker = make_walker()
    client: Client = as_user(walker.user)
    shown = text(client.get(WRITE))
    assert "10 sessions with Gita 1" in shown
    assert "4 days, with Two teachers" in shown
    by_itself = {"HTTP_X_AUTOSAVE": "1"}
    answer = client.post(WRITE, {"path": "Days in Porto", "version": "0"}, **by_itself)  # type: ignore[arg-type]
    assert answer.json() == {"version": 1}
    assert "<mark>Porto" in text(client.get(reverse("submission:letter_noticed")))
    stale = client.post(WRITE, {"path": "Another", "version": "0"}, **by_itself)  # type: ignore[arg-type]
    assert stale.status_code == 409
    both = client.post(WRITE, {"path": "Another", "version": "0"})
    assert both.status_code == 409
    assert "Days in Porto" in text(both)
    too_long = client.post(WRITE, {"path": "x" * 400_001, "version": "1"}, **by_itself)  # type: ignore[arg-type]
    assert too_long.status_code == 422
    client.post(WRITE, {"path": "Days in Porto", "version": "1", "fine": "Porto"})
    assert "<mark>Porto" not in text(client.get(reverse("submission:letter_noticed")))
    assert ApplicationLetter.objects.get().path == "Days in Porto"


def test_wrong_figures_and_names_are_told_and_nothing_is_kept(as_user: Any) -> None:
    walker = make_walker()
    client: Client = as_user(walker.user)
    wrong = client.post(
        reverse("submission:attest"), {"client_sessions": 1, "clients": 5, "name_typed": "C"}
    )
    assert "Each client counts with at least one session" in text(wrong)
    other = {"client_sessions": 40, "clients": 7, "name_typed": "Somebody Else"}
    wrong = client.post(reverse("submission:attest"), other)
    assert f"as it stands in your profile: {walker.user.name}." in text(wrong)
    assert not walker.candidacy.attestations.filter(name_typed="Somebody Else").exists()
    wrong = client.post(reverse("submission:name_not_to_read"), {"name": "", "tie": "enemy"})
    assert wrong.status_code == 200
    assert not NotToRead.objects.exists()
    client.post(reverse("submission:name_not_to_read"), {"name": "Ines", "tie": "family"})
    assert "Take Ines off" in text(client.get(HOME))
    row = NotToRead.objects.get()
    client.post(reverse("submission:forget_not_to_read", args=[row.pk]))
    assert not NotToRead.objects.exists()


def test_nothing_is_promised_about_a_colleague_that_the_committee_may_allow(as_user: Any) -> None:
    client: Client = as_user(make_walker().user)
    name = reverse("submission:name_not_to_read")
    for tie, said in (
        ("family", "That person will not be asked to read it."),
        ("colleague", "only where the office or the chair finds that they may"),
    ):
        client.post(name, {"name": f"Ines {tie}", "tie": tie})
        assert said in text(client.get(HOME))


@pytest.mark.parametrize("count", [1, 3])
def test_the_checklist_asks_as_often_with_one_row_and_with_three(
    as_user: Any, django_assert_num_queries: Any, count: int
) -> None:
    walker = make_walker(cases=count)
    for number in range(count):
        client = as_user(walker.user)
        client.post(
            reverse("submission:name_not_to_read"), {"name": f"Ines {number}", "tie": "family"}
        )
    client.get(HOME)
    with django_assert_num_queries(13):
        client.get(HOME)


def made(walker: Walker) -> Dossier:
    for row in Dossier.objects.order_by("audience"):
        assert dossiers.make_dossier(row.pk)
    return Dossier.objects.get(audience="candidate")


def test_the_dossier_comes_by_itself_and_is_opened_on_record(as_user: Any) -> None:
    walker = make_ready()
    submission = walker.hands_in()
    client: Client = as_user(walker.user)
    progress = reverse("submission:progress", args=[submission.pk])
    assert client.get(progress)["Location"] == HOME  # without a script
    piece = client.get(progress, HTTP_HX_REQUEST="true")
    assert "in the queue" in text(piece)
    opened = client.post(reverse("submission:dossier_open", args=[submission.pk]), follow=True)
    assert "It is still being made" in text(opened)
    own = made(walker)
    assert "Download the dossier" in text(client.get(progress, HTTP_HX_REQUEST="true"))
    answer = client.post(reverse("submission:dossier_open", args=[submission.pk]), follow=True)
    assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert Entry.objects.filter(action="document.opened", object_id=str(own.document_id)).exists()


def test_what_was_frozen_is_read_without_the_recommendation(as_user: Any) -> None:
    walker = make_ready()
    submission = walker.hands_in()
    url = reverse("submission:frozen", args=[submission.pk])
    shown = text(as_user(walker.user).get(url))
    for part in LETTER.values():
        assert part in shown
    assert "Case 1: they waited together." in shown
    assert "The letter itself went to the committee alone." in shown
    for part in (RECOMMENDED["key_elements"], RECOMMENDED["reflections"]):
        assert part not in shown
    assert as_user(walker.guide).get(url).status_code == 404


def test_the_committees_copy_is_nobodys_by_these_addresses(as_user: Any, staff: Any) -> None:
    from scip.vault.serving import mint_token

    walker = make_ready()
    submission = walker.hands_in()
    made(walker)
    whole = Dossier.objects.select_related("document").get(audience="committee")
    assert whole.document is not None
    assert list(Dossier.objects.visible_to(walker.user).values_list("audience", flat=True)) == [
        "candidate"
    ]
    for user in (walker.user, walker.guide, staff):
        url = reverse("submission:dossier", args=[submission.pk, mint_token(whole.document, user)])
        assert as_user(user).get(url).status_code == 404


def test_the_office_sees_where_it_stands_and_no_clinical_word(as_user: Any, staff: Any) -> None:
    walker = make_ready()
    other = make_walker(2)
    other.writes(growth="")
    walker.hands_in()
    client: Client = as_user(staff)
    shown = text(client.get(reverse("admin:review_submission_changelist")))
    assert "Carla 1" in shown
    open_one = text(
        client.get(reverse("admin:review_submission_change", args=[other.submission.pk]))
    )
    assert "Your letter of application</th><td>still open" in open_one
    page = text(client.get(reverse("admin:review_submission_change", args=[walker.submission.pk])))
    assert Snapshot.objects.get().sha256 in page
    for words in (*LETTER.values(), "they waited together", RECOMMENDED["assessment"] + "</"):
        assert words not in shown + page


def test_the_offices_list_asks_as_often_for_three(
    as_user: Any, staff: Any, django_assert_num_queries: Any
) -> None:
    client: Client = as_user(staff)
    url = reverse("admin:review_submission_changelist")
    make_ready(1).submits()
    client.get(url)
    with django_assert_num_queries(8):
        client.get(url)
    make_ready(2).submits()
    make_ready(3)
    with django_assert_num_queries(8):
        client.get(url)


def test_the_office_takes_an_unpaid_one_back_after_its_letter(as_user: Any, staff: Any) -> None:
    walker = make_ready()
    submission = walker.submits()
    client: Client = as_user(staff)
    url = reverse("admin:review_submission_decide", args=[submission.pk, "put_back"])
    assert "back in preparation" in text(client.get(url))
    assert walker.submission.state == "awaiting_payment"
    client.post(url, {"send": "1"})
    assert walker.submission.state == "draft"


def test_a_dossier_that_cannot_be_drawn_is_the_offices(as_user: Any, staff: Any) -> None:
    walker = make_ready()
    submission = walker.hands_in()
    row = Dossier.objects.get(audience="candidate")
    drawing.give_up(row, "ForbiddenFetch")
    assert dossiers.sweep() == 0 or not Dossier.objects.to_make().filter(pk=row.pk).exists()
    assert "could not be drawn" in text(as_user(walker.user).get(HOME))
    url = reverse("admin:review_submission_dossier", args=[submission.pk, row.pk])
    client = as_user(staff)
    client.get(url)
    assert not Dossier.objects.to_make().filter(pk=row.pk).exists()
    client.post(url)
    assert Dossier.objects.to_make().filter(pk=row.pk).exists()


def test_a_home_leads_to_it_and_then_waits(as_user: Any) -> None:
    walker = make_ready()
    client: Client = as_user(walker.user)
    assert client.get(reverse("pathway:home")).context["step"].code in {"submission", "profile"}
    world.make_user("nobody@example.com")
