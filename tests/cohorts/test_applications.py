"""Applications: drafts in two tabs, sending, questions, the waiting list, stepping back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cohorts.models import Application, PriceTier, Seat
from cohorts.services.applications import (
    StaleDraft,
    answer_question,
    ask_for_information,
    decline_application,
    move_to_standard_price,
    put_on_waiting_list,
    save_draft,
    start_application,
    submit_application,
    withdraw_application,
)
from cohorts.services.cancellation import release_place
from cohorts.services.offers import offer_place
from payments.models import Payment, Settlement
from payments.services import dispatch_settlement
from scip.accounts.models import Prerequisite
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db
State = Application.State


@pytest.fixture
def cohort(edition):
    return world.make_cohort(capacity=1)


def test_two_clicks_on_apply_find_one_draft(cohort):
    user = make.make_applicant()
    assert start_application(user, cohort).pk == start_application(user, cohort).pk
    assert Application.objects.count() == 1


def test_a_cohort_outside_its_window_takes_no_application(edition):
    cohort = world.make_cohort(
        applications_open_at=timezone.now() + timedelta(days=1),
        applications_close_at=timezone.now() + timedelta(days=2),
    )
    with pytest.raises(Refusal, match="takes no applications now"):
        start_application(make.make_applicant(), cohort)


def test_the_second_of_two_tabs_is_told_and_loses_nothing(cohort):
    application = make.draft(cohort)
    save_draft(application, revision=application.revision, fields={"motivation": "first tab"})
    with pytest.raises(StaleDraft) as refused:
        save_draft(application, revision=application.revision, fields={"motivation": "second"})
    assert refused.value.stored.motivation == "first tab"
    application.refresh_from_db()
    assert (application.motivation, application.revision) == ("first tab", 2)


def test_a_sent_application_is_not_a_draft_any_more(cohort):
    application = make.sent(cohort)
    with pytest.raises(Refusal, match="was sent already"):
        save_draft(application, revision=application.revision, fields={"motivation": "later"})


def test_an_incomplete_application_names_what_is_open(cohort):
    user = world.make_user("new@example.com")
    application = start_application(user, cohort)
    with pytest.raises(Refusal) as refused:
        submit_application(application)
    assert [finding.code for finding in refused.value.findings] == [
        "profile",
        "standing",
        "msc",
        "insurance",
        "practice",
        "words",
        "live",
        "price",
    ]
    assert Letter.objects.count() == 0


def test_evidence_that_the_office_has_not_seen_yet_holds_nothing_up(cohort):
    user = make.make_applicant()
    Prerequisite.objects.filter(user=user, kind="msc").update(state="submitted")
    assert make.sent(cohort, user).state == State.SUBMITTED


def test_expired_insurance_holds_up_sending(cohort):
    user = make.make_applicant()
    Prerequisite.objects.filter(kind="insurance").update(
        expires_on=timezone.localdate() - timedelta(days=2)
    )
    with pytest.raises(Refusal) as refused:
        make.sent(cohort, user)
    assert [finding.code for finding in refused.value.findings] == ["insurance"]


def test_msc_may_follow_where_the_cohort_allows_it(edition):
    cohort = world.make_cohort(
        msc_required_for="level_b", msc_due_on=timezone.localdate() + timedelta(days=200)
    )
    user = world.make_user("later@example.com", profession="Psychologist", country="PT")
    world.verify_prerequisites(user, msc=None)
    assert make.sent(cohort, user).state == State.SUBMITTED


def test_sending_twice_is_one_application_and_one_letter(cohort):
    application = make.draft(cohort)
    first = submit_application(application)
    again = submit_application(application)
    assert (first.submitted_at, again.state) == (again.submitted_at, State.SUBMITTED)
    assert list(Letter.objects.values_list("dedupe_key", flat=True)) == [
        f"application:{application.pk}:received"
    ]
    assert Entry.objects.filter(action="application.submitted").count() == 1


def test_early_bird_is_moved_to_standard_before_anything_is_sent(cohort):
    application = make.draft(cohort, tier="early_bird")
    PriceTier.objects.filter(kind="early_bird").update(
        until=timezone.localdate() - timedelta(days=2)
    )
    with pytest.raises(Refusal):
        submit_application(application)
    assert move_to_standard_price(application) is True
    assert move_to_standard_price(application) is False
    assert submit_application(application).tier == "standard"


def test_early_bird_holds_through_its_last_day_in_the_cohorts_zone(edition):
    cohort = world.make_cohort(time_zone="Pacific/Auckland")
    tier = PriceTier.objects.get(cohort=cohort, kind="early_bird")
    last_minute = world.utc(2027, 3, 1, 10, 59)  # 23:59 in Auckland (UTC+13)
    tier.until = world.utc(2027, 3, 1).date()
    assert tier.holds(last_minute)
    assert not tier.holds(last_minute + timedelta(minutes=1))


def test_a_question_and_its_answer_keep_the_first_sending(cohort, staff):
    application = make.sent(cohort)
    first_sent = application.submitted_at
    ask_for_information(application, question="Where do you practise?", by=staff)
    answer_question(application, answer="In Porto.")
    answered = answer_question(application, answer="In Porto.")
    assert (answered.state, answered.submitted_at) == (State.SUBMITTED, first_sent)
    ask_for_information(application, question="And since when?", by=staff)
    application.refresh_from_db()
    assert application.earlier_rounds == [
        {"question": "Where do you practise?", "answer": "In Porto."}
    ]
    assert (application.question, application.answer) == ("And since when?", "")
    assert Letter.objects.filter(dedupe_key__contains=":question:").count() == 2


def test_free_text_never_enters_the_log(cohort, staff):
    application = make.sent(cohort)
    ask_for_information(application, question="SECRET-QUESTION", by=staff)
    answer_question(application, answer="SECRET-ANSWER")
    decline_application(application, note="SECRET-NOTE", by=staff)
    assert not [entry for entry in Entry.objects.all() if "SECRET" in str(entry.data)]


def test_nobody_decides_about_themselves(cohort):
    user = make.make_applicant("self@example.com")
    application = make.sent(cohort, user)
    for act in (
        lambda: decline_application(application, note="no", by=user),
        lambda: ask_for_information(application, question="?", by=user),
        lambda: put_on_waiting_list(application, by=user),
        lambda: offer_place(application, tier="standard", by=user),
    ):
        with pytest.raises(Refusal, match="your own application"):
            act()


@pytest.mark.parametrize("state", ["draft", "withdrawn", "declined", "accepted", "offered"])
def test_moves_that_the_table_forbids_change_nothing(cohort, staff, state):
    application = make.sent(cohort)
    Application.objects.filter(pk=application.pk).update(state=state)
    with pytest.raises(IllegalMove):
        ask_for_information(application, question="One more?", by=staff)
    application.refresh_from_db()
    assert (application.state, application.question) == (state, "")


def test_a_kind_no_needs_its_words(cohort, staff):
    application = make.sent(cohort)
    with pytest.raises(Refusal, match="few words"):
        decline_application(application, note="  ", by=staff)
    decline_application(application, note="This cohort is about trauma work.", by=staff)
    application.refresh_from_db()
    assert application.state == State.DECLINED
    assert "trauma work" in Letter.objects.get(dedupe_key__contains="declined").text


def waiting_people(cohort, staff, count):
    """One person holds the only seat; ``count`` others wait, in order."""
    make.offered(cohort, staff)
    return [put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(count)]


def order(cohort):
    rows = Application.objects.waiting_list().filter(cohort=cohort)
    return list(rows.values_list("pk", flat=True))


def test_the_waiting_list_keeps_its_order(cohort, staff):
    people = waiting_people(cohort, staff, 3)
    assert order(cohort) == [person.pk for person in people]


def test_changing_the_order_needs_a_reason_and_keeps_every_rank_once(cohort, staff):
    first, second, third = waiting_people(cohort, staff, 3)
    newcomer = make.sent(cohort)
    with pytest.raises(Refusal, match="order of the waiting list"):
        put_on_waiting_list(newcomer, by=staff, rank=2)
    put_on_waiting_list(newcomer, by=staff, rank=2, reason="Moved over from the spring cohort")
    assert order(cohort) == [first.pk, newcomer.pk, second.pk, third.pk]
    newcomer.refresh_from_db()
    assert newcomer.waiting_reason == "Moved over from the spring cohort"


def test_nobody_waits_while_a_place_is_free(cohort, staff):
    with pytest.raises(Refusal, match="places free"):
        put_on_waiting_list(make.sent(cohort), by=staff)


def test_stepping_back_passes_the_seat_on_in_order(cohort, staff):
    holder = make.offered(cohort, staff).application
    waiting = [put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(2)]
    withdraw_application(holder)
    withdraw_application(holder)
    for row in (holder, *waiting):
        row.refresh_from_db()
    assert [row.state for row in (holder, *waiting)] == ["withdrawn", "offered", "waiting_list"]
    assert Seat.objects.get().application_id == waiting[0].pk
    offer = waiting[0].offers.get()
    assert offer.is_from_waiting_list
    assert offer.expires_at - offer.made_at == timedelta(hours=72)
    assert Letter.objects.filter(dedupe_key=f"application:{holder.pk}:withdrawn").count() == 1


def test_a_draft_is_dropped_without_a_letter(cohort):
    application = make.draft(cohort)
    withdraw_application(application)
    assert Letter.objects.count() == 0


def test_a_confirmed_place_is_not_withdrawn_by_a_click(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    with pytest.raises(Refusal, match="Money has arrived"):
        withdraw_application(enrolment.application)


def test_an_answer_is_no_way_around_what_a_draft_still_needs(cohort):
    application = start_application(world.make_user("new@example.com"), cohort)
    with pytest.raises(IllegalMove):
        answer_question(application, answer="Please take me.")
    application.refresh_from_db()
    assert (application.state, application.submitted_at) == (State.DRAFT, None)


@pytest.mark.parametrize(
    "act", [submit_application, lambda row: answer_question(row, answer="From an old tab.")]
)
def test_an_old_tab_never_pulls_back_an_offer(cohort, staff, act):
    offer = make.offered(cohort, staff)
    with pytest.raises(IllegalMove):
        act(offer.application)
    application = Application.objects.get()
    offer.refresh_from_db()
    assert (application.state, offer.state, Seat.objects.count()) == ("offered", "open", 1)


def test_a_question_is_answered_not_sent_past(cohort, staff):
    application = ask_for_information(make.sent(cohort), question="Where?", by=staff)
    with pytest.raises(IllegalMove):
        submit_application(application)
    assert Application.objects.get().state == State.INFO_NEEDED


def test_two_people_of_the_office_at_once_never_put_an_offer_on_the_waiting_list(edition, staff):
    cohort = world.make_cohort(capacity=2)
    first, second = make.sent(cohort), make.sent(cohort)
    for row in (first, second):
        offer_place(row, tier="standard", by=staff)
    with pytest.raises(IllegalMove):
        put_on_waiting_list(first, by=staff)
    assert Application.objects.get(pk=first.pk).state == State.OFFERED


def test_the_office_frees_a_paid_place_and_the_next_in_line_is_offered_it(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    dispatch_settlement(Settlement.objects.get(charge=enrolment.charge).pk)
    waiting = put_on_waiting_list(make.sent(cohort), by=staff)
    application = enrolment.application
    with pytest.raises(Refusal, match="why the place is freed"):
        release_place(application, reason=" ", by=staff)
    release_place(application, reason="Asked for it by letter", by=staff)
    with pytest.raises(IllegalMove):
        release_place(application, reason="Again", by=staff)
    for row in (application, enrolment, waiting):
        row.refresh_from_db()
    assert (application.state, enrolment.state) == ("withdrawn", "withdrawn")
    assert (waiting.state, Seat.objects.get().application_id) == ("offered", waiting.pk)
    payment = Payment.objects.get(charge=enrolment.charge)
    assert (payment.amount_cents, payment.refunds.get().amount_cents) == (289_500, 289_500)
    letter = Letter.objects.get(dedupe_key=f"enrolment:{enrolment.pk}:cancelled")
    assert "USD 2,895 of the USD 2,895 that you paid" in letter.text
