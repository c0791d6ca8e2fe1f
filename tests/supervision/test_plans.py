"""The supervision plan: agreed by both, amended with history, its agreement tells CMSC."""

import pytest
from django.urls import reverse

from scip.mail.models import Letter
from scip.policy.models import Edition
from scip.requirements import Refusal
from supervision.models import Competency, Plan
from supervision.queries.sessions import evidence_of
from supervision.services import agreements, plans
from tests.supervision.pair import START, at, make_pair


@pytest.fixture
def pair(db):
    return make_pair(plan_at=None)


def propose(pair, by=None, **fields):
    return plans.propose_plan(
        pair.agreement,
        by=by or pair.guide,
        **{"objectives": "Slow down.", "focus": list(Competency.objects.all()[:2])} | fields,
    )


def test_both_agree_and_the_assessment_ends(pair, settings):
    plan = propose(pair)
    assert not plan.is_agreed
    assert evidence_of(pair.candidacy).supervision_from is None
    plan = plans.agree_plan(plan, by=pair.candidate, now=at(21))
    assert plan.is_agreed
    assert evidence_of(pair.candidacy).plan_on is not None
    office = Letter.objects.filter(to_address=settings.STAFF_EMAIL).latest("pk")
    assert "the assessment is complete" in office.text
    again = plans.agree_plan(plan, by=pair.candidate)
    assert again.candidate_agreed_at == plan.candidate_agreed_at


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
