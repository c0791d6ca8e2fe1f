"""The office's one way in to a frozen submission: a fresh factor, a reason, minutes, everybody told."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from certification.portfolio.models import OfficeAccess
from certification.review.models import Dossier, FrozenAccess, NotToRead, Snapshot
from certification.review.services.dossiers import make_dossier
from certification.review.services.emergencies import open_frozen, open_on_paper
from scip.accounts.models import Role, RoleGrant, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from tests import world
from tests.portfolio.test_office import fresh
from tests.review.desk import Walker, make_ready

pytestmark = pytest.mark.django_db
REASON = "A complaint about this work has to be answered by Friday."


@pytest.fixture
def walker() -> Walker:
    walker = make_ready()
    walker.hands_in()
    return walker


@pytest.fixture
def snapshot(walker: Walker) -> Snapshot:
    return Snapshot.objects.select_related("submission__candidacy__user").get()


@pytest.fixture
def office() -> User:
    return world.make_user("office2@example.com", Role.STAFF, name="Olga Office")


def read(client: Client, snapshot: Snapshot) -> int:
    return client.get(reverse("submission:frozen", args=[snapshot.submission_id])).status_code


def test_the_whole_way(walker, snapshot, office):
    colleague = world.make_user("office3@example.com", Role.STAFF)
    client = fresh(office)
    page = reverse("submission:office", args=[snapshot.submission_id])
    assert read(client, snapshot) == 404
    refused = client.post(page, {"reason": "because", "is_meant": "on"})
    assert refused.status_code == 200
    assert not OfficeAccess.objects.exists()
    answer = client.post(page, {"reason": REASON, "is_meant": "on"})
    assert answer.url == reverse("submission:frozen", args=[snapshot.submission_id])
    shown = client.get(answer.url).content.decode()
    assert "You opened this for the office" in shown
    assert "From the first cohort to this page." in shown
    assert "Presence before practice" not in shown
    access = OfficeAccess.objects.get()
    assert access.until_at - access.opened_at == timedelta(minutes=60)
    mine = Letter.objects.get(to_user=walker.user, dedupe_key__contains="office-access")
    assert REASON in mine.text
    assert "Submission 1 as it was handed in" in mine.text
    assert Letter.objects.filter(to_user=colleague, dedupe_key__contains="office-access").exists()
    acts = Entry.objects.filter(actor_id=office.pk, subject_id=walker.user.pk)
    assert list(acts.values_list("action", flat=True)) == ["portfolio.opened_by_office"]
    candidate = Client()
    candidate.force_login(walker.user)
    for address in (reverse("portfolio:openings"), answer.url):
        body = candidate.get(address).content.decode()
        assert REASON in body
        assert "Olga Office" in body
    # Nobody else of the office is inside, and nothing else is open.
    assert read(fresh(colleague), snapshot) == 404
    OfficeAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
    )
    assert read(client, snapshot) == 404


def test_the_dossier_opens_by_the_same_act_and_is_told(walker, snapshot, office):
    make_dossier(Dossier.objects.get(audience="candidate").pk)
    make_dossier(Dossier.objects.get(audience="committee").pk)
    colleague = world.make_user("office3@example.com", Role.STAFF)
    client, page = fresh(office), reverse("submission:frozen", args=[snapshot.submission_id])
    opens = reverse("submission:dossier_open", args=[snapshot.submission_id])
    assert client.post(opens).status_code == 404
    open_frozen(snapshot, by=office, reason=REASON)
    shown = client.get(page).content.decode()
    assert "Open the dossier and tell them" in shown
    letters = Letter.objects.filter(to_user=walker.user, dedupe_key__endswith=":dossier")
    assert not letters.exists()  # looking opens nothing
    answer = client.post(opens)
    file = client.get(answer.url)
    words = " ".join(
        leaf.extract_text() for leaf in PdfReader(BytesIO(b"".join(file.streaming_content))).pages
    )
    assert "From the first cohort to this page." in words
    assert "Presence before practice" not in words
    entry = Entry.objects.get(action="document.opened")
    assert (entry.actor_id, entry.subject_id) == (office.pk, walker.user.pk)
    letter = letters.get()
    assert "Olga Office of the office" in letter.text
    assert REASON in letter.text
    client.post(opens)
    assert letters.count() == 1
    assert Entry.objects.filter(action="document.opened").count() == 2
    # Nobody else of the office is inside, and the act's end stops the file itself.
    progress = reverse("submission:progress", args=[snapshot.submission_id])
    assert fresh(colleague).post(opens).status_code == 404
    assert fresh(colleague).get(answer.url).status_code == 404
    assert client.get(progress).status_code == 404
    OfficeAccess.objects.update(
        opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
    )
    assert client.get(answer.url).status_code == 404
    assert client.post(opens).status_code == 404
    with pytest.raises(Refusal, match="time for which you opened it is over"):
        open_on_paper(Dossier.objects.get(audience="candidate"), by=office)
    own = Client()
    own.force_login(walker.user)
    assert "Download the dossier" in own.get(page).content.decode()
    assert own.post(opens).status_code == 302
    assert letters.count() == 1


def test_without_a_fresh_factor_nothing_is_asked(snapshot, office):
    client = fresh(office, method="password")
    page = client.get(reverse("submission:office", args=[snapshot.submission_id]))
    assert page.status_code == 302
    assert "reauthenticate" in page.url


def test_whoever_leaves_the_office_is_out_in_the_same_moment(snapshot, office):
    open_frozen(snapshot, by=office, reason=REASON)
    assert Snapshot.objects.visible_to(office).get() == snapshot
    RoleGrant.objects.filter(user=office).delete()
    assert not Snapshot.objects.visible_to(User.objects.get(pk=office.pk)).exists()


def test_never_ones_own_nor_by_somebody_tied_or_outside(walker, snapshot, office):
    at_the_office = walker.user
    RoleGrant.objects.create(user=at_the_office, role=Role.STAFF)
    guide = walker.pair.guide
    RoleGrant.objects.create(user=guide, role=Role.STAFF)
    for person, words in (
        (User.objects.get(pk=at_the_office.pk), "nobody about themselves"),
        (User.objects.get(pk=guide.pk), "A colleague at the office"),
        (world.make_user("reader9@example.org", Role.REVIEWER), "Only the office"),
    ):
        with pytest.raises(Refusal, match=words):
            open_frozen(snapshot, by=person, reason=REASON)
    with pytest.raises(Refusal, match="in a sentence"):
        open_frozen(snapshot, by=office, reason="to see it")
    assert not OfficeAccess.objects.exists()
    assert not Letter.objects.filter(dedupe_key__contains="office-access").exists()


def test_a_colleague_whom_the_candidate_named_learns_nothing_of_it(snapshot, office):
    NotToRead.objects.create(
        submission=snapshot.submission, name=office.name, tie=NotToRead.Tie.FAMILY
    )
    with pytest.raises(Refusal) as refused:
        open_frozen(snapshot, by=office, reason=REASON)
    sentence = str(refused.value.sentence)
    assert sentence.startswith("A colleague at the office has to do it.")
    assert "tie" not in sentence


def test_what_runs_out_while_the_page_is_made_shows_nothing(walker, snapshot, office):
    client = fresh(office)
    open_frozen(snapshot, by=office, reason=REASON)
    assert read(client, snapshot) == 200
    found = []

    def runs_out(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not found and sql.startswith("SELECT") and 'FROM "review_snapshot"' in sql:
            found.append(sql)
            OfficeAccess.objects.update(
                opened_at=timezone.now() - timedelta(hours=2), until_at=timezone.now()
            )
        return answer

    with connection.execute_wrapper(runs_out):
        assert read(client, snapshot) == 404
    assert found


def test_the_same_act_again_changes_nothing_and_an_excerpt_is_another_act(snapshot, office):
    first = open_frozen(snapshot, by=office, reason=REASON)
    assert open_frozen(snapshot, by=office, reason=REASON) == first
    assert FrozenAccess.objects.count() == 1
    Snapshot.objects.filter(pk=snapshot.pk).update(
        content="", recommendation="", erased_at=timezone.now()
    )
    snapshot.refresh_from_db()
    with pytest.raises(Refusal, match="nothing to open"):
        open_frozen(snapshot, by=office, reason=REASON)
