"""Evidence as rows: sent, verified, returned, replaced, taken back, announced."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scip.accounts import services
from scip.accounts.models import Prerequisite, User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.services.prerequisites import day_of
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from scip.vault import services as vault
from scip.vault.errors import Refused
from scip.vault.models import StoredFile
from tests import world
from tests.accounts.conftest import FACTS, pdf

State = Prerequisite.State
Submit = Callable[..., Prerequisite]

pytestmark = pytest.mark.django_db


def act(verb: str, row: Prerequisite, *, by: User) -> None:
    """One of the verbs on a record."""
    match verb:
        case "verify":
            services.verify_prerequisite(row, by=by)
        case "return":
            services.return_prerequisite(row, by=by, reason="x")
        case "withdraw":
            services.withdraw_prerequisite(row, by=by)


def test_submit_seals_the_document(applicant: User, submit: Submit) -> None:
    row = submit(applicant)
    assert row.state == State.SUBMITTED
    assert row.document is not None
    assert vault.read(row.document).startswith(b"%PDF-")
    entry = Entry.objects.get(action="prerequisite.submitted")
    assert (entry.actor_id, entry.subject_id, entry.data) == (
        applicant.pk,
        applicant.pk,
        {"kind": "standing"},
    )


def test_sending_again_replaces_what_waits(applicant: User, submit: Submit) -> None:
    first, second = submit(applicant), submit(applicant)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.REPLACED, State.SUBMITTED)


def test_correcting_keeps_the_document(applicant: User, staff: User, submit: Submit) -> None:
    row = submit(applicant)
    services.return_prerequisite(row, by=staff, reason="number missing")
    again = services.submit_prerequisite(
        applicant, kind="standing", fields=FACTS["standing"], document=row.document
    )
    row.refresh_from_db()
    assert row.state == State.REPLACED
    assert again.document_id == row.document_id


def test_a_file_of_somebody_else_is_refused(
    applicant: User, stranger: User, submit: Submit
) -> None:
    theirs = submit(stranger).document
    with pytest.raises(Refusal):
        services.submit_prerequisite(
            applicant, kind="standing", fields=FACTS["standing"], document=theirs
        )
    assert not Prerequisite.objects.filter(user=applicant).exists()


def test_an_unknown_fact_is_a_mistake(applicant: User) -> None:
    with pytest.raises(ValueError, match="insurance has no teacher"):
        services.submit_prerequisite(
            applicant, kind="insurance", fields={"teacher": "x"}, document=pdf()
        )


def test_evidence_that_ended_is_refused(applicant: User, submit: Submit) -> None:
    yesterday = day_of(applicant, datetime.now(UTC)) - timedelta(days=1)
    with pytest.raises(Refusal, match="ended on"):
        submit(applicant, "insurance", expires_on=yesterday)


def test_a_hostile_file_leaves_no_row(applicant: User) -> None:
    with pytest.raises(Refused):
        services.submit_prerequisite(
            applicant, kind="practice", fields=FACTS["practice"], document=pdf("a.exe")
        )
    assert not Prerequisite.objects.exists()


def test_verify_tells_the_person(applicant: User, staff: User, submit: Submit) -> None:
    row = services.verify_prerequisite(submit(applicant, "insurance"), by=staff)
    assert (row.state, row.verified_by) == (State.VERIFIED, staff)
    letter = Letter.objects.get(dedupe_key=f"prerequisite:{row.pk}:verified")
    assert letter.to_user == applicant
    assert "Thursday 31 December 2099" in letter.text
    assert Entry.objects.filter(action="prerequisite.verified", actor_id=staff.pk).count() == 1


def test_verify_asks_for_the_person_once_and_locks_them(
    applicant: User, staff: User, submit: Submit
) -> None:
    row = Prerequisite.objects.get(pk=submit(applicant, "insurance").pk)
    with CaptureQueriesContext(connection) as seen:
        services.verify_prerequisite(row, by=staff)
    asked = [query["sql"] for query in seen if 'FROM "accounts_user"' in query["sql"]]
    assert ["FOR NO KEY UPDATE" in sql for sql in asked] == [False, True]


def test_a_renewal_leaves_no_gap(applicant: User, staff: User, submit: Submit) -> None:
    old = services.verify_prerequisite(submit(applicant), by=staff)
    new = submit(applicant)
    old.refresh_from_db()
    assert old.state == State.VERIFIED
    services.verify_prerequisite(new, by=staff)
    old.refresh_from_db()
    assert old.state == State.REPLACED


def test_return_needs_a_reason_and_carries_it(applicant: User, staff: User, submit: Submit) -> None:
    row = submit(applicant)
    with pytest.raises(Refusal):
        services.return_prerequisite(row, by=staff, reason="  ")
    services.return_prerequisite(row, by=staff, reason="Please add <page 2> & the stamp.")
    letter = Letter.objects.get(dedupe_key=f"prerequisite:{row.pk}:returned")
    assert "Please add <page 2> & the stamp." in letter.text
    assert "&lt;page 2&gt; &amp; the stamp" in letter.html
    assert "<page 2>" not in letter.html


@pytest.mark.parametrize("verb", ["verify", "return"])
def test_nobody_decides_on_their_own(staff: User, submit: Submit, verb: str) -> None:
    row = submit(staff)
    with pytest.raises(Refusal, match="your own record"):
        act(verb, row, by=staff)
    row.refresh_from_db()
    assert row.state == State.SUBMITTED


def test_withdraw_destroys_the_document(applicant: User, submit: Submit) -> None:
    row = services.withdraw_prerequisite(submit(applicant), by=applicant)
    assert row.document is not None
    row.document.refresh_from_db()
    assert (row.state, row.document.is_destroyed) == (State.WITHDRAWN, True)


def test_withdraw_keeps_a_document_that_another_record_uses(
    applicant: User, staff: User, submit: Submit
) -> None:
    kept = services.verify_prerequisite(submit(applicant), by=staff)
    again = services.submit_prerequisite(
        applicant, kind="standing", fields=FACTS["standing"], document=kept.document
    )
    services.withdraw_prerequisite(again, by=applicant)
    assert kept.document is not None
    kept.document.refresh_from_db()
    assert not kept.document.is_destroyed


def test_a_document_destroyed_in_another_tab_is_not_kept(applicant: User, submit: Submit) -> None:
    """The form of this tab still knows the file as it was before it was taken back."""
    row = submit(applicant)
    assert row.document is not None
    seen_before = StoredFile.objects.get(pk=row.document.pk)
    services.withdraw_prerequisite(row, by=applicant)
    with pytest.raises(Refusal, match="once more"):
        services.submit_prerequisite(
            applicant, kind="standing", fields=FACTS["standing"], document=seen_before
        )


def test_only_the_owner_takes_back(applicant: User, staff: User, submit: Submit) -> None:
    with pytest.raises(Refusal):
        services.withdraw_prerequisite(submit(applicant), by=staff)


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (State.VERIFIED, "verify"),
        (State.VERIFIED, "withdraw"),
        (State.RETURNED, "verify"),
        (State.RETURNED, "return"),
        (State.REPLACED, "verify"),
        (State.REPLACED, "return"),
        (State.REPLACED, "withdraw"),
        (State.WITHDRAWN, "verify"),
        (State.WITHDRAWN, "return"),
        (State.WITHDRAWN, "withdraw"),
    ],
)
def test_illegal_moves(applicant: User, staff: User, state: str, verb: str) -> None:
    row = Prerequisite.objects.create(
        user=applicant, kind="practice", state=state, return_reason="because"
    )
    with pytest.raises(IllegalMove):
        act(verb, row, by=applicant if verb == "withdraw" else staff)
    row.refresh_from_db()
    assert row.state == state
    assert not Letter.objects.exists()


def test_the_table_of_moves() -> None:
    assert {k.value: {v.value for v in vs} for k, vs in Prerequisite.TRANSITIONS.items()} == {
        "submitted": {"verified", "returned", "withdrawn", "replaced"},
        "returned": {"replaced", "withdrawn"},
        "verified": {"replaced", "returned"},
    }


def test_evidence_in_one_query(
    django_assert_num_queries: Callable, applicant: User, stranger: User, participant: User
) -> None:
    for person in (applicant, stranger, participant):
        world.verify_prerequisites(person)
    with django_assert_num_queries(1):
        alone = prerequisite_evidence([applicant.pk])
    with django_assert_num_queries(1):
        three = prerequisite_evidence([applicant.pk, stranger.pk, participant.pk])
    assert alone[applicant.pk] == three[applicant.pk]
    assert alone[applicant.pk].verified["msc"].description.startswith("8-week programme, A. Teac")


def test_evidence_of_somebody_without_rows(applicant: User) -> None:
    assert prerequisite_evidence([applicant.pk])[applicant.pk].verified == {}


def test_erasing_a_person_takes_rows_and_keys(applicant: User, submit: Submit) -> None:
    submit(applicant)
    applicant.delete()
    assert not Prerequisite.objects.exists()


@pytest.mark.usefixtures("edition")
class TestAnnouncements:
    NOW = datetime(2027, 3, 2, 12, tzinfo=UTC)

    def keys(self) -> list[str]:
        return list(Letter.objects.order_by("pk").values_list("dedupe_key", flat=True))

    def verified(self, user: User, ends: date) -> Prerequisite:
        return Prerequisite.objects.create(
            user=user, kind="insurance", insurer="x", expires_on=ends, state=State.VERIFIED
        )

    def test_three_letters_once_each(self, applicant: User) -> None:
        row = self.verified(applicant, date(2027, 4, 1))
        for day in range(-5, 40):
            for _twice in range(2):
                services.announce_expiries(self.NOW + timedelta(days=day))
        prefix = f"prerequisite:{row.pk}:expires:"
        assert self.keys() == [f"{prefix}first", f"{prefix}last", f"{prefix}ended"]

    @pytest.mark.parametrize(
        ("days", "stage"),
        [(31, None), (30, "first"), (8, "first"), (7, "last"), (0, "last"), (-1, "ended")],
    )
    def test_borders(self, applicant: User, days: int, stage: str | None) -> None:
        row = self.verified(applicant, self.NOW.date() + timedelta(days=days))
        services.announce_expiries(self.NOW)
        assert self.keys() == ([f"prerequisite:{row.pk}:expires:{stage}"] if stage else [])

    @pytest.mark.parametrize(
        ("zone", "hour", "stage"),
        [
            ("Pacific/Honolulu", 5, "last"),  # still 1 March there
            ("Pacific/Honolulu", 11, "ended"),
            ("Pacific/Auckland", 5, "ended"),
        ],
    )
    def test_a_document_ends_at_midnight_where_the_person_is(
        self, zone: str, hour: int, stage: str
    ) -> None:
        row = self.verified(world.make_user("z@example.com", time_zone=zone), date(2027, 3, 1))
        services.announce_expiries(self.NOW.replace(hour=hour))
        assert self.keys() == [f"prerequisite:{row.pk}:expires:{stage}"]

    def test_the_east_is_told_by_its_own_day(self) -> None:
        east = world.make_user("z@example.com", time_zone="Pacific/Auckland")
        self.verified(east, self.NOW.date() + timedelta(days=31))  # 30 days left there
        assert services.announce_expiries(self.NOW) == 1

    def test_the_edition_says_how_early(self, applicant: User, edition) -> None:
        edition.evidence_reminder_days = 60
        edition.save()
        self.verified(applicant, self.NOW.date() + timedelta(days=60))
        assert services.announce_expiries(self.NOW) == 1

    def test_silence_while_a_renewal_is_with_the_office(
        self, applicant: User, submit: Submit
    ) -> None:
        self.verified(applicant, self.NOW.date() + timedelta(days=5))
        submit(applicant, "insurance")
        assert services.announce_expiries(self.NOW) == 0

    def test_silence_about_what_ended_long_ago(self, applicant: User) -> None:
        self.verified(applicant, self.NOW.date() - timedelta(days=61))
        assert services.announce_expiries(self.NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_two_people_of_the_office_decide_at_once() -> None:
    applicant = world.make_user("a@example.com")
    row = Prerequisite.objects.create(user=applicant, kind="practice")
    from scip.accounts.models import Role

    office = [world.make_user(f"s{n}@example.com", Role.STAFF) for n in range(2)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def decide(number: int) -> None:
        start.wait()
        try:
            if number:
                services.verify_prerequisite(row, by=office[number])
            else:
                services.return_prerequisite(row, by=office[number], reason="page 2")
            outcomes.append("done")
        except IllegalMove:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row.refresh_from_db()
    # Verified may still be returned; whichever came first, one letter went for each step taken.
    assert row.state in {State.VERIFIED, State.RETURNED}
    assert Letter.objects.count() == outcomes.count("done")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_leaves_one_waiting_record() -> None:
    applicant = world.make_user("a@example.com")
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def send() -> None:
        start.wait()
        try:
            services.submit_prerequisite(
                applicant, kind="practice", fields=FACTS["practice"], document=pdf()
            )
        except Refusal as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Prerequisite.objects.filter(state=State.SUBMITTED).count() == 1
    assert Prerequisite.objects.count() == 4
