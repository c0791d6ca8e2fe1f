"""The office's page of editions."""

from datetime import date

import pytest
from django.forms import model_to_dict

from scip.audit.models import Entry
from scip.policy.admin import EditionAdmin
from scip.policy.models import Edition


def posted(edition: Edition, **changes: object) -> dict[str, object]:
    """As the page shows it: amounts, while the database keeps cents."""
    data = {key: "" if value is None else value for key, value in model_to_dict(edition).items()}
    amounts = {key: value // 100 for key, value in data.items() if key.endswith("_cents")}
    return data | amounts | changes


def test_a_changed_fee_is_logged_with_both_figures(as_user, staff, edition) -> None:
    data = posted(edition, review_fee_cents="800", signatory_name="Ada Lind")
    response = as_user(staff).post(f"/admin/policy/edition/{edition.pk}/change/", data)
    assert response.status_code == 302
    edition.refresh_from_db()
    assert edition.review_fee_cents == 80_000
    entry = Entry.objects.get(action="edition.changed")
    assert entry.data == {"review_fee_cents": "75000 → 80000", "signatory_name": "changed"}


def test_the_page_speaks_of_amounts_and_never_of_cents(as_user, staff, edition) -> None:
    page = as_user(staff).get(f"/admin/policy/edition/{edition.pk}/change/").content.decode()
    assert 'name="review_fee_cents" value="750"' in page
    assert ">Review fee:" in page


@pytest.mark.parametrize("typed", ["800.505", "-1", "eight hundred"])
def test_an_amount_that_is_none_changes_nothing(as_user, staff, edition, typed) -> None:
    data = posted(edition, review_fee_cents=typed)
    response = as_user(staff).post(f"/admin/policy/edition/{edition.pk}/change/", data)
    assert response.status_code == 200
    edition.refresh_from_db()
    assert edition.review_fee_cents == 75_000


def test_the_next_edition_is_prepared_from_this_one(as_user, staff, edition) -> None:
    data = posted(edition, name="Next", in_force_from="2999-01-01", _saveasnew="1")
    as_user(staff).post(f"/admin/policy/edition/{edition.pk}/change/", data)
    following = Edition.objects.get(name="Next")
    assert following.in_force_from == date(2999, 1, 1)
    assert Edition.objects.in_force() == edition


@pytest.mark.parametrize(
    "changes",
    [
        {"attendance_percent": 101},
        {"full_refund_days": 5, "half_refund_days": 10},
        {"review_fee_cents": -1},
        {"name": ""},
    ],
)
def test_figures_that_make_no_sense_are_not_taken(as_user, staff, edition, changes) -> None:
    response = as_user(staff).post(
        f"/admin/policy/edition/{edition.pk}/change/", posted(edition, **changes)
    )
    assert response.status_code == 200
    assert not Entry.objects.filter(action="edition.changed").exists()


def test_the_page_shows_every_figure_there_is() -> None:
    """A field added to the Edition must not stay out of the office's reach."""
    shown = set()
    for _title, options in EditionAdmin.fieldsets:
        for item in options["fields"]:
            shown |= {item} if isinstance(item, str) else set(item)
    assert shown == {field.name for field in Edition._meta.concrete_fields} - {"id"}


def test_only_the_office_comes_in(as_user, aid_decider, edition) -> None:
    assert as_user(aid_decider).get("/admin/policy/edition/").status_code == 403
