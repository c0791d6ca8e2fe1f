"""What the two pay each other: blocks from the signed text, “paid”, the other's answer."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.urls import reverse

from scip.mail.models import Letter
from scip.pathway.costs import to_supervisor
from scip.pathway.queries import home_of
from scip.requirements import Refusal
from supervision.models import FeeBlock, FeePayment
from supervision.queries.agreements import text_hash
from supervision.queries.fees import blocks_of
from supervision.services import agreements
from supervision.services.fees import (
    answer_payment,
    remind_of_fees,
    say_paid,
    want_reminders,
)
from tests import world
from tests.supervision.pair import Kind, at, confirmed, log, make_pair, walk


@pytest.fixture
def pair(db):
    return make_pair()


def blocks(pair):
    return blocks_of(pair.agreement, pair.candidate)


def amounts(pair):
    return [(item.block.phase, item.amount_cents) for item in blocks(pair)]


def first_block(pair) -> FeeBlock:
    return blocks(pair)[0].block


def paid(pair, cents=54_000, by=None, **fields):
    return say_paid(
        first_block(pair),
        by=by or pair.candidate,
        amount_cents=cents,
        paid_on=at(2).date(),
        now=at(3),
        **fields,
    )


def sign_another(pair, rate_cents):
    log(pair, Kind.PLAN_MEETING, at(20))  # a final version is signed at the plan meeting
    version = agreements.propose_version(
        pair.agreement,
        by=pair.guide,
        goals="G",
        schedule="S",
        payment_plan="P",
        rate_cents=rate_cents,
    )
    for person in (pair.candidate, pair.guide):
        agreements.sign_version(
            version, by=person, name_typed=person.name, text_sha256=text_hash(version)
        )


def test_blocks_are_the_editions_counts_at_the_agreed_rate(pair):
    assert amounts(pair) == [("assessment", 54_000), ("supervision", 90_000), ("closing", 36_000)]
    # The final version replaced those of the first one.
    assert FeeBlock.objects.count() == 6
    assert {item.block.version.number for item in blocks(pair)} == {2}


def test_nothing_stands_before_both_have_signed(db):
    assert blocks(make_pair(signed_at=None, final_at=None, plan_at=None)) == []


def test_a_new_rate_leaves_what_was_begun(pair):
    answer_payment(paid(pair), by=pair.guide, is_received=True)
    sign_another(pair, 9_000)
    assert sorted(amounts(pair)) == [
        ("assessment", 54_000),
        ("closing", 18_000),
        ("supervision", 45_000),
    ]


def test_a_second_supervisor_is_paid_for_what_is_ahead(pair):
    walk(pair, 4)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.")
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    pair.agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(40))
    assert amounts(pair) == [("supervision", 72_000), ("closing", 36_000)]


@pytest.mark.parametrize("by", ["candidate", "guide"])
def test_said_by_one_and_confirmed_by_the_other(pair, by):
    one = getattr(pair, by)
    other = pair.guide if one == pair.candidate else pair.candidate
    row = paid(pair, by=one, note="By transfer")
    standing = blocks(pair)[0]
    assert (standing.said_cents, standing.confirmed_cents, standing.open_cents) == (54_000, 0, 0)
    assert "USD 540" in Letter.objects.get(dedupe_key=f"feepayment:{row.pk}:said:{other.pk}").text
    with pytest.raises(Refusal, match="the other one of you answers"):
        answer_payment(row, by=one, is_received=True)
    row = answer_payment(row, by=other, is_received=True, now=at(4))
    assert (row.confirmed_at, row.confirmed_by) == (at(4), other)
    assert answer_payment(row, by=other, is_received=True, now=at(5)).confirmed_at == at(4)
    assert blocks(pair)[0].confirmed_cents == 54_000
    assert Letter.objects.filter(dedupe_key=f"feepayment:{row.pk}:answered:{one.pk}").count() == 1


def test_not_so_opens_the_sum_and_a_right_figure_is_another_row(pair):
    row = paid(pair)
    with pytest.raises(Refusal, match="what is different"):
        answer_payment(row, by=pair.guide, is_received=False, denial=" ")
    answer_payment(row, by=pair.guide, is_received=False, denial="It was 500.")
    assert blocks(pair)[0].open_cents == 54_000
    with pytest.raises(Refusal, match="answered already"):
        answer_payment(row, by=pair.guide, is_received=True)
    paid(pair, 50_000)
    assert list(FeePayment.objects.values_list("amount_cents", flat=True)) == [54_000, 50_000]


def test_no_more_than_is_open_and_no_day_ahead(pair):
    for cents in (0, 54_001):
        with pytest.raises(Refusal, match="USD 540 of this block is open"):
            paid(pair, cents)
    paid(pair, 40_000)
    with pytest.raises(Refusal, match="USD 140 of this block is open"):
        paid(pair, 14_001, by=pair.guide)
    with pytest.raises(Refusal, match="lies ahead"):
        say_paid(
            first_block(pair), by=pair.candidate, amount_cents=1, paid_on=at(4).date(), now=at(3)
        )


def test_a_replaced_block_and_strangers_are_refused(pair, stranger, staff):
    old = first_block(pair)
    sign_another(pair, 9_000)
    with pytest.raises(Refusal, match="newer version"):
        say_paid(old, by=pair.candidate, amount_cents=1, paid_on=at(1).date())
    for somebody in (stranger, staff):
        with pytest.raises(Refusal, match="Only the two people"):
            paid(pair, 1, by=somebody)


def test_reminders_only_if_both_want_them_and_once(pair):
    walk(pair, 1)
    assert remind_of_fees(at(9)) == 0
    want_reminders(pair.agreement, by=pair.candidate, is_wanted=True)
    assert remind_of_fees(at(9)) == 0
    want_reminders(pair.agreement, by=pair.guide, is_wanted=True)
    for _twice in range(2):
        remind_of_fees(at(9))
    letter = Letter.objects.get(dedupe_key__contains=":reminder:")
    assert letter.to_address == pair.candidate.email
    assert "USD 540" in letter.text


def test_no_reminder_on_leave_before_the_block_begins_or_when_it_is_said_paid(pair):
    for person in (pair.candidate, pair.guide):
        want_reminders(pair.agreement, by=person, is_wanted=True)
    assert remind_of_fees(at(9)) == 0
    confirmed(pair, Kind.ORIENTATION, at(1))
    type(pair.candidacy).objects.update(state="on_leave")
    assert remind_of_fees(at(9)) == 0
    type(pair.candidacy).objects.update(state="active")
    assert remind_of_fees(at(9)) == 1
    paid(pair)
    assert remind_of_fees(at(9)) == 0


def test_the_honest_total_takes_what_was_agreed(pair, as_user):
    answer_payment(paid(pair, 20_000), by=pair.guide, is_received=True)
    lines = to_supervisor(home_of(pair.candidate, now=at(9)))
    assert [(line.paid_cents, line.ahead_cents) for line in lines] == [
        (20_000, 34_000),
        (0, 90_000),
        (0, 36_000),
    ]
    page = as_user(pair.candidate).get(reverse("pathway:costs"))
    assert page.context["costs"].to_supervisor_cents == 180_000
    assert "USD 200 paid" in page.content.decode()
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.")
    paid_so_far, *rest = to_supervisor(home_of(pair.candidate, now=at(9)))
    assert (paid_so_far.paid_cents, paid_so_far.ahead_cents) == (20_000, 0)
    assert [line.ahead_cents for line in rest] == [54_000, 90_000, 36_000]


# On the site


def url(name, pk):
    return reverse(f"supervision:{name}", args=[pk])


def test_noted_and_answered_on_the_site(pair, as_user):
    guide, candidate = as_user(pair.guide), as_user(pair.candidate)
    note = url("fee_note", first_block(pair).pk)
    assert candidate.get(note).context["form"].initial["amount"] == 540
    candidate.post(note, {"amount": "540.00", "paid_on": "2026-03-05", "note": ""})
    row = FeePayment.objects.get()
    answer = url("fee_answer", row.pk)
    page = guide.post(answer, {"answer": "no", "denial": ""})
    assert page.context["problem_pk"] == row.pk
    assert "Yes, received" in guide.get(url("fees", pair.agreement.pk)).content.decode()
    guide.post(answer, {"answer": "yes"})
    row.refresh_from_db()
    assert row.confirmed_by == pair.guide
    page = candidate.get(url("fees", pair.agreement.pk))
    assert (page.context["confirmed_cents"], page.context["agreed_cents"]) == (54_000, 180_000)


def test_others_find_nothing(pair, as_user, stranger, staff, reviewer):
    row = paid(pair)
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga"))
    places = [
        url("fees", pair.agreement.pk),
        url("fee_note", row.block_id),
    ]
    for somebody in (stranger, reviewer, other.user, staff):
        client = as_user(somebody)
        assert {client.get(place).status_code for place in places} <= {302, 404}
        client.post(url("fee_answer", row.pk), {"answer": "yes"})
        client.post(url("fee_reminders", pair.agreement.pk), {"wanted": "yes"})
    row.refresh_from_db()
    assert row.confirmed_at is None
    assert not pair.again().agreement.candidate_wants_reminders


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries(pair, as_user, count, django_assert_num_queries):
    for _each in range(count):
        paid(pair, 1_000)
    client = as_user(pair.guide)
    place = url("fees", pair.agreement.pk)
    client.get(place)
    with django_assert_num_queries(7):
        client.get(place)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("question", ["said", "answered"])
def test_two_at_once_make_one(question):
    pair = make_pair()
    row = None if question == "said" else paid(pair)
    block, barrier, refused = first_block(pair), Barrier(2), []

    def act(number: int) -> None:
        barrier.wait()
        try:
            if row is None:
                by = (pair.candidate, pair.guide)[number]
                say_paid(block, by=by, amount_cents=54_000, paid_on=at(2).date(), now=at(3))
            else:
                answer_payment(row, by=pair.guide, is_received=bool(number), denial="No")
        except Refusal as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=act, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    payment = FeePayment.objects.get()
    if row is not None:
        assert (payment.confirmed_at is None) != (payment.denied_at is None)


def test_where_nothing_is_ahead_the_page_says_so_truly(pair, as_user):
    walk(pair, 10)
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(80))
    page = as_user(pair.candidate).get(reverse("supervision:fees", args=[agreement.pk]))
    text = page.content.decode()
    assert "so no block is set for you" in text
    assert "once both of you have signed" not in text


def test_a_rate_of_nothing_is_a_rate(pair, as_user):
    draft = make_pair(2, signed_at=None, final_at=None, plan_at=None)
    draft.agreement.versions.all().delete()
    url = reverse("supervision:agreement_propose", args=[draft.agreement.pk])
    for rate, shown in ((None, 180), (0, 0), (9_000, 90)):
        type(draft.supervisor).objects.filter(pk=draft.supervisor.pk).update(rate_cents=rate)
        page = as_user(draft.guide).get(url)
        assert page.context["form"].fields["rate"].initial == shown


def test_a_payment_stands_in_what_waits_for_the_other_until_it_is_answered(pair, as_user):
    payment = paid(pair)

    def waiting(person):
        return [item.text for item in as_user(person).get("/supervision/").context["matters"]]

    assert waiting(pair.candidate) == []
    assert waiting(pair.guide) == [
        "Carla 1 noted a payment, USD 540 on Thursday 5 March 2026: was it so?"
    ]
    answer_payment(payment, by=pair.guide, is_received=True, now=at(4))
    assert waiting(pair.guide) == []


def test_the_second_who_wants_reminders_reads_that_they_come(pair, as_user):
    url = reverse("supervision:fee_reminders", args=[pair.agreement.pk])
    page = as_user(pair.candidate).post(url, {"wanted": "yes"}, follow=True).content.decode()
    assert "Reminders come once both of you want them." in page
    page = as_user(pair.guide).post(url, {"wanted": "yes"}, follow=True).content.decode()
    assert "Both of you want reminders now, so they come." in page
