"""The office's pages about credentials: found, taken back in two steps, tried again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scip.credentials.models import Certificate, Credential
from scip.mail.models import Letter
from tests import world
from tests.pathway import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]
LIST = "/admin/credentials/credential/"
WHY = {"ground": "error", "reason": "Issued to the wrong person.", "appeal_contact": "Ada Office"}


@pytest.fixture
def credential(participant):
    return rows.make_credential(participant)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", ["credential", "certificate", "completion"])
def test_lists_ask_the_same_with_one_and_three_rows(as_user, staff, count, name):
    for number in range(count):
        rows.make_credential(world.make_user(f"p{number}@example.com"))
    client = as_user(staff)
    page = reverse(f"admin:credentials_{name}_changelist")
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    assert len(queries) == 7, [query["sql"][:120] for query in queries]


@pytest.mark.parametrize("words", ["PSCT-2027", "Paulo", "participant@example.com"])
def test_credentials_are_found(as_user, staff, credential, words):
    response = as_user(staff).get(LIST, {"q": words})
    assert list(response.context["cl"].result_list) == [credential]


def test_standing_is_a_filter(as_user, staff, credential):
    client = as_user(staff)
    Credential.objects.update(expires_on=timezone.localdate())
    yesterday = timezone.localdate() - timedelta(days=1)

    def found(standing):
        return list(client.get(LIST, {"standing": standing}).context["cl"].result_list)

    assert (found("active"), found("expired"), found("revoked")) == ([credential], [], [])
    Credential.objects.update(expires_on=yesterday)
    assert (found("active"), found("expired"), found("revoked")) == ([], [credential], [])


@pytest.mark.parametrize(("days", "stands"), [(0, "active"), (-1, "expired")])
def test_what_has_run_out_is_not_called_active(as_user, staff, credential, days, stands):
    Credential.objects.update(expires_on=timezone.now().date() + timedelta(days=days))
    client = as_user(staff)
    listed = client.get(LIST).content.decode()
    assert f'<td class="field-stands">{stands}</td>' in listed
    page = client.get(reverse("admin:credentials_credential_change", args=[credential.pk]))
    assert f'<div class="readonly">{stands}</div>' in page.content.decode()


def test_revoking_takes_two_steps_and_shows_the_letter_first(as_user, staff, credential):
    client = as_user(staff)
    page = reverse("admin:credentials_credential_decide", args=[credential.pk, "revoke"])
    assert client.post(page, WHY | {"reason": " "}).context["draft"] is None
    shown = client.post(page, WHY)
    assert "Issued to the wrong person." in shown.context["draft"].text
    credential.refresh_from_db()
    assert (credential.state, Letter.objects.count()) == ("active", 0)
    done = client.post(page, WHY | {"send": "1"})
    assert done.status_code == 302
    credential.refresh_from_db()
    assert (credential.state, credential.revoked_by) == ("revoked", staff)
    assert Letter.objects.get().text == shown.context["draft"].text


def test_revoking_twice_is_answered_kindly(as_user, staff, credential):
    client = as_user(staff)
    page = reverse("admin:credentials_credential_decide", args=[credential.pk, "revoke"])
    for _i in range(2):
        response = client.post(page, WHY | {"send": "1"}, follow=True)
    assert "not possible any more" in response.content.decode()
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("persona", ["aid_decider", "participant", "facilitator"])
def test_only_the_office_revokes(as_user, request, credential, persona):
    client = as_user(request.getfixturevalue(persona))
    page = reverse("admin:credentials_credential_decide", args=[credential.pk, "revoke"])
    response = client.post(page, WHY | {"send": "1"})
    assert response.status_code in {302, 403, 404}
    credential.refresh_from_db()
    assert credential.state == "active"


def test_a_problem_is_tried_again(as_user, staff, credential):
    Certificate.objects.filter(paper="a4").update(made_at=None, problem="No font")
    stuck = Certificate.objects.get(paper="a4")
    as_user(staff).post(
        "/admin/credentials/certificate/",
        {
            "action": "try_again",
            "_selected_action": list(Certificate.objects.values_list("pk", flat=True)),
        },
    )
    stuck.refresh_from_db()
    assert stuck.problem == ""


def test_completions_are_read_only(as_user, staff, credential):
    client = as_user(staff)
    page = reverse("admin:credentials_completion_change", args=[credential.completion_id])
    assert client.get(page).status_code == 200
    assert client.post(page, {"level": "B"}).status_code == 403
    assert client.get("/admin/credentials/completion/add/").status_code == 403
