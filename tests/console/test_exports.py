"""Tables leave as CSV: what the list shows, nothing a spreadsheet would run, nothing secret."""

import csv
import io

import pytest
from django.contrib import admin
from django.urls import reverse

from scip.accounts.models import User
from scip.audit.models import Entry
from scip.console.exports import CONFIDENTIAL, cell_of, columns_of
from scip.spreadsheets import csv_response, safe_cell
from tests import world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("-12.50", "-12.50"),
        (-3, "-3"),
        ("Amara", "Amara"),
        ("a\x00b", "ab"),
    ],
)
def test_no_cell_is_a_formula(value, cell):
    assert safe_cell(value) == cell


def read(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_file_is_named_by_its_day_and_not_kept():
    response = csv_response([["a"], ["b, c\nd"]], "things")
    assert read(response) == [["a"], ["b, c\nd"]]
    assert response["Content-Disposition"].startswith('attachment; filename="things-20')
    assert response["Cache-Control"] == "private, no-store"


def test_the_chosen_rows_leave_with_the_lists_columns_and_a_trace(as_user, staff):
    evil = world.make_user("evil@example.com", name="=HYPERLINK(1)")
    world.make_user("other@example.com")
    response = as_user(staff).post(
        reverse("admin:accounts_user_changelist"),
        {"action": "export_csv", "_selected_action": [evil.pk]},
    )
    head, row = read(response)
    assert (
        len(head)
        == len(row)
        == len(columns_of(admin.site.get_model_admin(type(evil)), response.wsgi_request))
    )
    assert row[:2] == ["'=HYPERLINK(1)", "evil@example.com"]
    entry = Entry.objects.get(action="table.exported")
    assert (entry.actor_id, entry.data) == (staff.pk, {"table": "accounts.user", "rows": 1})


def test_no_list_of_the_office_can_export_something_confidential(rf, staff):
    request = rf.get("/")
    request.user = staff
    for modeladmin in admin.site._registry.values():
        if modeladmin.has_view_permission(request):
            assert CONFIDENTIAL.isdisjoint(columns_of(modeladmin, request))
            assert "statement" not in columns_of(modeladmin, request)


def test_people_without_the_list_have_no_export(as_user, aid_decider, participant):
    for user, status in ((aid_decider, 403), (participant, 302)):
        response = as_user(user).post(
            reverse("admin:accounts_user_changelist"),
            {"action": "export_csv", "_selected_action": [participant.pk]},
        )
        assert response.status_code == status


def test_every_list_of_the_office_can_be_exported(rf, staff):
    request = rf.get("/")
    request.user = staff
    lists = [item for item in admin.site._registry.values() if item.has_view_permission(request)]
    assert len(lists) > 5
    for modeladmin in lists:
        assert "export_csv" in modeladmin.get_actions(request), modeladmin


def test_moments_leave_in_a_shape_that_a_spreadsheet_sorts() -> None:
    person = world.make_user("ada@example.org", joined_at=world.utc(2026, 3, 1, 12))
    assert cell_of("joined_at", person, admin.site.get_model_admin(User)) == (
        "2026-03-01 12:00+00:00"
    )
