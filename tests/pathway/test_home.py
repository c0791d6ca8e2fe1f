"""The page itself: what stands there for whom, and how little it asks of the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments.services import agree_instalments
from scip.accounts.models import Prerequisite
from scip.pathway.models import CalendarFeed
from scip.pathway.queries import charges_of
from tests import world
from tests.pathway import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]
HOME = "/pathway/"


def page(client):
    response = client.get(HOME)
    assert response.status_code == 200
    return response, response.content.decode()


def complete_profile(user):
    user.profession, user.country = "Psychologist", "PT"
    user.save()


@pytest.mark.parametrize("count", [1, 3])
def test_nine_queries_with_one_and_with_three_of_everything(as_user, participant, count):
    complete_profile(participant)
    world.verify_prerequisites(participant)
    CalendarFeed.objects.create(user=participant)
    for _round in range(count):
        rows.one_of_everything(participant)
    rows.make_credential(participant)
    client = as_user(participant)
    client.get(HOME)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(client)
    assert len(queries) == 9, "\n".join(query["sql"][:200] for query in queries)


def test_it_writes_nothing(as_user, participant):
    rows.one_of_everything(participant)
    client = as_user(participant)
    client.get(HOME)
    with CaptureQueriesContext(connection) as queries:
        page(client)
    written = [item["sql"] for item in queries if not item["sql"].startswith("SELECT")]
    assert written == []
    assert not CalendarFeed.objects.exists()


def test_a_new_account_is_taught(as_user):
    client = as_user(world.make_user("new@example.com", name=""))
    response, html = page(client)
    assert response.context["step"].code == "profile_first"
    assert "How the way goes" in html
    assert "You show what you bring." in html


def test_a_stranger_is_led_to_sign_in(client):
    response = client.get(HOME)
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/pathway/")


def test_nothing_of_others_is_shown(as_user, participant, stranger, staff):
    rows.one_of_everything(participant)
    rows.make_credential(participant)
    for other in (stranger, staff):
        response, _html = page(as_user(other))
        found = response.context["evidence"]
        assert (found.applications, found.places, found.charges) == ((), (), ())
        assert (found.recognitions, found.completed) == ((), {})


@pytest.mark.parametrize(
    ("persona", "doors"),
    [("facilitator", ["/facilitate/"]), ("staff", ["/admin/"]), ("aid_decider", ["/admin/"])],
)
def test_people_who_work_here_find_their_doors(as_user, request, persona, doors):
    response, html = page(as_user(request.getfixturevalue(persona)))
    assert response.context["step"] is None
    for door in doors:
        assert f'<a class="card stack-s" href="{door}"' in html


def test_a_facilitator_who_walks_the_pathway_sees_it(as_user, facilitator):
    rows.make_place(facilitator)
    response, _html = page(as_user(facilitator))
    assert response.context["step"] is not None


def test_join_links_only_once_the_place_is_sure(as_user, participant):
    complete_profile(participant)
    waiting = rows.make_place(participant, "awaiting_payment")
    client = as_user(participant)
    _response, html = page(client)
    assert waiting.cohort.join_url not in html
    type(waiting).objects.filter(pk=waiting.pk).update(state="confirmed")
    _response, html = page(client)
    assert waiting.cohort.join_url in html


def test_requirements_stand_as_findings(as_user, participant):
    complete_profile(participant)
    world.verify_prerequisites(participant, msc=None)
    Prerequisite.objects.create(
        user=participant,
        kind="msc",
        msc_format="eight_week",
        completed_on=timezone.localdate(),
        state="returned",
        return_reason="Which teacher was it?",
    )
    rows.make_application(participant, "draft")
    response, html = page(as_user(participant))
    assert response.context["step"].code == "evidence_returned"
    assert "Which teacher was it?" in html
    by_code = {group.code.split("-")[0]: group for group in response.context["groups"]}
    assert [item.status.value for item in by_code["brings"].findings] == [
        "met",
        "open",
        "met",
        "met",
    ]
    codes = [item.code.rsplit("-", 1)[0] for item in by_code["application"].findings]
    assert codes == ["profile", "words", "live", "price", "window"]


def test_a_deferred_msc_is_owed_later_not_now(as_user, participant):
    complete_profile(participant)
    world.verify_prerequisites(participant, msc=None)
    due = timezone.localdate() + timedelta(days=200)
    cohort = world.make_cohort(msc_required_for="level_b", msc_due_on=due)
    rows.pay(rows.make_place(participant, cohort=cohort).charge)
    response, _html = page(as_user(participant))
    msc = response.context["evidence"].prerequisites[1]
    assert (msc.code, msc.status.value) == ("msc", "later")
    assert response.context["step"].code == "coming_session"


def test_a_refused_exception_asked_again_counts_as_the_newer_one(as_user, participant):
    complete_profile(participant)
    world.verify_prerequisites(participant)
    rows.one_of_everything(participant)
    response, _html = page(as_user(participant))
    place = response.context["evidence"].places[0]
    assert [number for number, _since in place.with_office] == [1, 2]
    assert (place.counted, place.needed, place.total) == (0, 3, 3)


def test_what_is_paid_owed_and_to_come(as_user, participant):
    place = rows.make_place(participant, "awaiting_payment")
    rows.pay(place.charge, 100_000)
    _response, html = page(as_user(participant))
    for text in ("USD 1,000", "USD 1,895", "Level C: to your supervisor, directly", "USD 1,800"):
        assert text in html
    assert reverse("payments:pay", args=[place.charge_id]) in html
    assert "Level A, standard price" not in html


def test_certificates_stand_with_their_verify_link(as_user, participant):
    complete_profile(participant)
    credential = rows.make_credential(participant)
    response, html = page(as_user(participant))
    assert response.context["step"].code == "certificate"
    assert reverse("credentials:verify", args=[credential.code]) in html
    assert reverse("credentials:certificate", args=[credential.code]) in html


def test_a_revoked_certificate_is_not_offered(as_user, participant):
    credential = rows.make_credential(participant)
    type(credential).objects.update(
        state="revoked", revoked_at=timezone.now(), revocation_reason="Mistaken."
    )
    _response, html = page(as_user(participant))
    assert reverse("credentials:verify", args=[credential.code]) in html
    assert reverse("credentials:certificate", args=[credential.code]) not in html


def test_what_people_type_is_text(as_user, participant):
    participant.name = "<script>alert(1)</script>"
    participant.save()
    _response, html = page(as_user(participant))
    assert "<script>alert" not in html


def test_instalments_stand_in_the_order_in_which_they_are_paid(participant):
    older = rows.make_charge(participant, amount_cents=30_000)
    newer = rows.make_charge(participant, amount_cents=30_000)
    whens = [newer.due_at + timedelta(days=days) for days in (30, 60)]
    parts = agree_instalments(newer, later=[(10_000, when) for when in whens], by=None)
    found = [item.pk for item in charges_of(participant)]
    assert found == [*[part.pk for part in parts], older.pk]
