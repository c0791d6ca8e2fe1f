"""Django's own pages in our dress: a form with rows below it, a list with filters."""

from typing import Any

from scip.accounts.models import Role, User
from tests import world


def test_a_cohort_is_drafted_with_its_prices(someone: Any, staff: User) -> None:
    leader = world.make_user("leads@example.com", Role.FACILITATOR, name="Farid Facilitator")
    cohort = world.make_cohort(state="draft", title="Autumn in Lisbon")
    office = someone(staff)
    office.go(f"/admin/cohorts/cohort/{cohort.pk}/change/")
    office.field("Farid Facilitator").check()
    tier = cohort.tiers.get(kind="standard")
    prices = office.page.locator("#tiers-group")
    prices.get_by_label("Amount").nth(1).fill("2900")
    prices.get_by_text("Add another Price tier").click()
    added = office.page.locator("#tiers-3")
    added.get_by_label("Kind").wait_for()
    added.get_by_text("Remove").last.click()
    office.press("Save and continue editing")
    assert list(cohort.facilitators.all()) == [leader]
    tier.refresh_from_db()
    assert tier.amount_cents == 290_000


def test_a_published_cohort_and_the_list_of_all(someone: Any, staff: User) -> None:
    cohort = world.make_cohort(title="Autumn in Lisbon")
    office = someone(staff)
    office.go("/admin/cohorts/cohort/?state__exact=open")
    office.follow("Autumn in Lisbon")
    office.at(f"/admin/cohorts/cohort/{cohort.pk}/change/")
