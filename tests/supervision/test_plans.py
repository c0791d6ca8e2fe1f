"""The supervision plan: agreed by both, amended with history, its agreement tells CMSC."""

import pytest
from django.urls import reverse

from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from supervision.models import Competency, Plan
from supervision.queries.agreements import text_hash
from supervision.queries.sessions import evidence_of
from supervision.services import agreements, plans, sessions
from tests import world
from tests.supervision.pair import START, Kind, at, confirmed, log, make_pair, walk


@pytest.fixture
def pair(db):
    """Two whose plan meeting is in the ledger; the final version is signed."""
    pair = make_pair(plan_at=None)
    log(pair, Kind.PLAN_MEETING, at(15))
    return pair


def propose(pair, by=None, **fields):
    return plans.propose_plan(
        pair.agreement,
        by=by or pair.guide,
        **{"objectives": "Slow down.", "focus": list(Competency.objects.all()[:2])} | fields,
    )


def office_letters(settings) -> list[str]:
    rows = Letter.objects.filter(to_address=settings.STAFF_EMAIL).order_by("pk")
    return [row.text for row in rows]


def complete_letters(settings) -> int:
    return sum("the assessment is complete" in text for text in office_letters(settings))


def test_both_agree_and_the_assessment_ends(db, settings):
    pair = make_pair(plan_at=None)
    walk(pair, 3)
    plan = propose(pair)
    assert not plan.is_agreed
    assert evidence_of(pair.candidacy).agreed_on is None
    plan = plans.agree_plan(plan, by=pair.candidate, now=at(21))
    assert plan.is_agreed
    assert evidence_of(pair.candidacy).plan_on is not None
    assert "the assessment is complete" in office_letters(settings)[-1]
    again = plans.agree_plan(plan, by=pair.candidate)
    assert again.candidate_agreed_at == plan.candidate_agreed_at
    assert complete_letters(settings) == 1


def test_cmsc_hears_that_it_is_complete_only_when_it_is(db, settings):
    """Whatever comes last: here the confirmation of the first session."""
    pair = make_pair(plan_at=None)
    first = log(pair, Kind.ORIENTATION, at(1))
    for place, kind in enumerate((Kind.CASE_REVIEW, Kind.PLAN_MEETING)):
        confirmed(pair, kind, at(8 + 7 * place))
    plans.agree_plan(propose(pair), by=pair.candidate, now=at(21))
    assert "there is still: the session “Orientation”" in office_letters(settings)[-1]
    theirs = Letter.objects.filter(to_address=pair.candidate.email).latest("pk").text
    assert "Before supervision begins there is still: the session “Orientation”." in theirs
    assert complete_letters(settings) == 0
    sessions.confirm_session(first, by=pair.candidate, now=at(22))
    assert complete_letters(settings) == 1


def test_a_first_plan_that_was_amended_before_it_was_agreed_is_still_the_first(db, settings):
    pair = make_pair(plan_at=None)
    walk(pair, 3)
    propose(pair)
    second = propose(pair, by=pair.candidate, amend_reason="Said more clearly.")
    plans.agree_plan(second, by=pair.guide, now=at(21))
    assert complete_letters(settings) == 1
    assert not any(
        "a change of their supervision plan" in text for text in office_letters(settings)
    )


def test_the_first_plan_with_another_supervisor_is_no_first_one(db, settings):
    pair = make_pair()
    walk(pair, 3)
    assert complete_letters(settings) == 1
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(30))
    guide = world.make_supervisor(world.make_user("later@example.com", name="Lea"))
    pair.agreement = world.make_agreement(pair.candidacy, guide, signed_at=at(31))
    plan = propose(pair, by=guide.user)
    plans.agree_plan(plan, by=pair.candidate, now=at(32))
    assert complete_letters(settings) == 1
    assert "a change of their supervision plan" in "".join(office_letters(settings)[-2:])


def test_plan_and_final_version_wait_for_the_plan_meeting_and_are_kept(db, as_user):
    """Either may write them before; a refusal says when they can be agreed, and so do the pages."""
    pair = make_pair(final_at=None, plan_at=None)
    plan = propose(pair)
    version = agreements.propose_version(
        pair.agreement, by=pair.guide, goals="G", schedule="S", rate_cents=1, payment_plan="P"
    )

    def sign(by):
        return agreements.sign_version(
            version, by=by, name_typed=by.name, text_sha256=text_hash(version)
        )

    for act in (lambda: plans.agree_plan(plan, by=pair.candidate), lambda: sign(pair.candidate)):
        with pytest.raises(Refusal, match="As soon as one of you has logged that session"):
            act()
    client = as_user(pair.candidate)
    for name in ("plan", "agreement_text"):
        page = client.get(reverse(f"supervision:{name}", args=[pair.agreement.pk]))
        assert "As soon as one of you has logged that session" in page.content.decode()
    desk = client.get(reverse("supervision:home")).content.decode()
    assert "The supervision plan is agreed at the plan meeting" in desk
    log(pair, Kind.PLAN_MEETING, at(15), by=pair.candidate)
    assert plans.agree_plan(plan, by=pair.candidate).is_agreed
    assert {sign(by).side for by in (pair.candidate, pair.guide)} == {"candidate", "supervisor"}
    assert evidence_of(pair.candidacy).agreed_on is not None


def test_who_wrote_it_does_not_agree_for_the_other(pair, stranger):
    plan = propose(pair)
    assert not plans.agree_plan(plan, by=pair.guide).is_agreed
    with pytest.raises(Refusal, match="Only the two people"):
        plans.agree_plan(plan, by=stranger)


def test_an_amendment_says_why_and_the_first_one_keeps_its_day(pair):
    plans.agree_plan(propose(pair, now=START), by=pair.candidate, now=at(21))
    with pytest.raises(Refusal, match="what changed and why"):
        propose(pair)
    second = propose(pair, by=pair.candidate, amend_reason="Couples came into my practice.")
    assert (second.number, second.supervisor_agreed_at) == (2, None)
    assert evidence_of(pair.candidacy).plan_on == at(21).date()
    plans.agree_plan(second, by=pair.guide, now=at(50))
    assert evidence_of(pair.candidacy).plan_on == at(21).date()
    assert list(Plan.objects.values_list("number", flat=True)) == [1, 2]


def test_an_older_plan_and_foreign_competencies_are_refused(pair):
    first = propose(pair)
    propose(pair, amend_reason="Once more.")
    with pytest.raises(Refusal, match="newer plan"):
        plans.agree_plan(first, by=pair.candidate)
    elsewhere = Edition.objects.create(name="Later", in_force_from="2031-01-01")
    foreign = Competency.objects.create(edition=elsewhere, number=1, name="X", short_name="X")
    with pytest.raises(Refusal, match="at least one competency"):
        propose(pair, focus=[foreign], amend_reason="Other")
    with pytest.raises(Refusal, match="at least one competency"):
        propose(pair, focus=[], amend_reason="None")


def test_no_plan_without_an_active_agreement(pair):
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Ends.")
    with pytest.raises(Refusal, match="active agreement"):
        propose(pair)


def test_written_and_agreed_on_the_site(pair, as_user):
    url = reverse("supervision:plan_propose", args=[pair.agreement.pk])
    focus = Competency.objects.first()
    guide, candidate = as_user(pair.guide), as_user(pair.candidate)
    assert "amend_reason" not in guide.get(url).context["form"].fields
    guide.post(url, {"objectives": "Slow down.", "focus": [focus.pk]})
    page = candidate.get(reverse("supervision:plan", args=[pair.agreement.pk]))
    assert page.context["may_agree"]
    candidate.post(reverse("supervision:plan_agree", args=[pair.agreement.pk, 1]))
    assert Plan.objects.get().is_agreed
    assert "amend_reason" in guide.get(url).context["form"].fields
