"""Credit for an earlier format: written, sent, asked, judged, decided."""

import pytest

from certification.candidacy.models import EquivalencyCase, EquivalencyItem
from certification.candidacy.services import equivalency as services
from scip.credentials.joint import record_equivalency
from scip.credentials.models import Completion, Credential
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from tests.candidacy import walking
from tests.candidacy.walking import sent_case

pytestmark = pytest.mark.django_db
State = EquivalencyCase.State


def judge(case, by, **verdicts) -> None:
    """``a="accepted"``: a verdict for each item of that level; the rest count."""
    for item in case.items.all():
        verdict = verdicts.get(item.level.lower(), "accepted")
        services.judge_item(item, verdict=verdict, note=f"Seen {item.level}.", by=by)


def test_both_levels_credited_bring_the_joint_certificate(participant, staff, edition):
    case = sent_case(participant, "A", "B")
    judge(case, staff)
    services.decide_case(case, levels=["B", "A"], reason="36 and 20 hours.", by=staff)
    case.refresh_from_db()
    assert (case.state, case.is_level_a_granted, case.is_level_b_granted) == ("granted", True, True)
    rows = Completion.objects.order_by("level")
    assert [(row.level, row.basis) for row in rows] == [("A", "equivalency"), ("B", "equivalency")]
    assert rows[0].facts["reason"] == "SCIP 2.0: 36 and 20 hours."
    assert Credential.objects.get().kind == "informed"
    letter = Letter.objects.get(dedupe_key=f"equivalency:{case.pk}:decided")
    assert "36 and 20 hours." in letter.text
    assert "Seen A." in letter.text


def test_one_level_may_be_credited_and_the_other_not(participant, staff, edition):
    case = sent_case(participant, "A", "B")
    judge(case, staff, b="not_accepted")
    with pytest.raises(Refusal) as refusal:
        services.decide_case(case, levels=["A", "B"], reason="So.", by=staff)
    assert [item.code for item in refusal.value.findings] == ["accepted_b"]
    assert not Completion.objects.exists()
    services.decide_case(case, levels=["A"], reason="So.", by=staff)
    assert Completion.objects.get().level == "A"


def test_not_credited_is_said_kindly_and_nothing_is_recorded(participant, staff, edition):
    case = sent_case(participant)
    judge(case, staff, a="not_accepted")
    services.decide_case(case, levels=[], reason="Twelve hours of 36.", by=staff)
    letter = Letter.objects.get(dedupe_key=f"equivalency:{case.pk}:decided")
    assert "Twelve hours of 36." in letter.text
    assert not Completion.objects.exists()
    # Another request is possible.
    assert services.begin_case(participant, format="scip_2").pk != case.pk


def test_a_level_on_record_is_not_credited_again_and_the_decision_stays_open(
    participant, staff, edition
):
    case = sent_case(participant)
    judge(case, staff)
    record_equivalency(participant, level="A", reason="At the desk.", by=staff)
    with pytest.raises(Refusal):
        services.decide_case(case, levels=["A"], reason="So.", by=staff)
    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    assert services.creditable(participant) == ["B"]


def test_a_question_goes_back_and_forth(participant, staff, edition):
    case = services.ask_question(sent_case(participant), question="Which year?", by=staff)
    with pytest.raises(Refusal):
        services.submit_case(case, by=participant, answer=" ")
    case = services.submit_case(case, by=participant, answer="2019.")
    assert (case.state, case.answer) == (State.SUBMITTED, "2019.")
    case = services.ask_question(case, question="And who led it?", by=staff)
    assert case.answer == ""
    asked = Letter.objects.filter(dedupe_key__contains=":question:")
    assert asked.count() == 2


def test_what_is_missing_is_named(participant, edition):
    case = services.begin_case(participant, format="scip_1")
    with pytest.raises(Refusal) as refusal:
        services.submit_case(case, by=participant)
    assert [item.code for item in refusal.value.findings] == ["statement", "items"]


def test_with_the_office_nothing_is_changed_any_more(participant, edition):
    case = sent_case(participant)
    with pytest.raises(Refusal):
        services.save_case(case, format="scip_3", statement="Else.", by=participant)
    with pytest.raises(Refusal):
        services.remove_item(case.items.get(), by=participant)
    with pytest.raises(Refusal):
        services.add_item(case, fields={}, document=None, by=participant)


def test_everything_must_be_judged_before_the_decision(participant, staff, edition):
    case = sent_case(participant, "A", "B")
    item = case.items.first()
    services.judge_item(item, verdict="accepted", note="", by=staff)
    with pytest.raises(Refusal):
        services.decide_case(case, levels=["A"], reason="So.", by=staff)
    services.judge_item(item, verdict="open", note="", by=staff)
    item.refresh_from_db()
    assert (item.verdict, item.judged_at, item.judged_by) == ("open", None, None)


def test_nobody_decides_about_their_own(staff, edition):
    case = sent_case(staff)
    for act in (
        lambda: services.judge_item(case.items.get(), verdict="accepted", note="", by=staff),
        lambda: services.ask_question(case, question="So?", by=staff),
        lambda: services.decide_case(case, levels=["A"], reason="So.", by=staff),
    ):
        with pytest.raises(Refusal):
            act()


def test_nobody_writes_for_somebody_else(participant, stranger, edition):
    case = services.begin_case(participant, format="scip_1")
    with pytest.raises(Refusal):
        services.save_case(case, format="scip_1", statement="Mine.", by=stranger)
    with pytest.raises(Refusal):
        services.withdraw_case(case, by=stranger)


def test_taking_it_back_destroys_the_documents(participant, edition):
    case = sent_case(participant)
    services.withdraw_case(case, by=participant)
    services.withdraw_case(case, by=participant)
    assert case.items.get().document.is_destroyed


def test_an_entry_taken_out_takes_its_document_along(participant, edition):
    case = services.begin_case(participant, format="scip_2")
    fields = {"level": "A", "kind": "portfolio", "title": "P", "year": 2020, "hours": None}
    item = services.add_item(case, fields=fields, document=walking.paper(), by=participant)
    services.remove_item(item, by=participant)
    item.document.refresh_from_db()
    assert item.document.is_destroyed
    assert not EquivalencyItem.objects.exists()


def test_one_request_at_a_time_and_none_when_nothing_is_left(participant, edition):
    first = services.begin_case(participant, format="scip_1")
    assert services.begin_case(participant, format="scip_3") == first
    services.withdraw_case(first, by=participant)
    walking.complete(participant, "A", "B")
    with pytest.raises(Refusal):
        services.begin_case(participant, format="scip_1")


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_the_table_s_steps_are_walked(participant, edition, state, to):
    case = EquivalencyCase.objects.create(
        user=participant,
        format="scip_1",
        state=state,
        decision_reason="So.",
        is_level_a_granted=True,
    )
    if to in EquivalencyCase.TRANSITIONS.get(state, ()):
        move(case, to, by=participant)
        assert case.state == to
        return
    with pytest.raises(IllegalMove):
        move(case, to, by=participant)


def test_words_that_save_themselves_are_there_beside_a_new_entry(as_user, applicant, edition):
    case = services.begin_case(applicant, format="scip_2")
    client, page = as_user(applicant), f"/certification/equivalency/{case.pk}/"
    words = {"format": "scip_2", "statement": "I trained in Berlin."}
    assert client.post(page, words, headers={"X-Autosave": "1"}).status_code == 204
    # An entry that can't be taken shows the page at its own address; the words still go to theirs.
    shown = client.post(f"{page}items/", {"title": ""}).content.decode()
    assert "I trained in Berlin." in shown
    assert f'action="{page}" data-autosave="{page}"' in shown
    wrong = {"format": "none of them", "statement": "x"}
    assert client.post(page, wrong, headers={"X-Autosave": "1"}).status_code == 422
    case.refresh_from_db()
    assert case.statement == "I trained in Berlin."


def test_words_do_not_save_themselves_once_the_office_has_them(as_user, participant, edition):
    case = sent_case(participant, "A")
    page = f"/certification/equivalency/{case.pk}/"
    words = {"format": "scip_2", "statement": "Something else."}
    client = as_user(participant)
    assert client.post(page, words, headers={"X-Autosave": "1"}).status_code == 409
    case.refresh_from_db()
    assert case.statement == "I trained in Berlin."
