"""Case material: for the two alone, every opening seen by the candidate."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from scip.accounts.models import Role
from scip.mail.models import Letter
from scip.requirements import Refusal
from supervision.models import CaseMaterial, MaterialOpening
from supervision.queries.appointments import to_log
from supervision.queries.records import record_of, scope_of
from supervision.services import agreements
from supervision.services import material as services
from supervision.services.appointments import plan_appointment
from supervision.services.sessions import (
    confirm_session,
    correct_session,
    dispute_session,
    settle_dispute,
    withdraw_session,
)
from tests import world
from tests.supervision.pair import Kind, at, held, log, make_pair
from tests.vault.samples import simple_pdf


@pytest.fixture
def pair(db, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "vault": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        }
    }
    return make_pair()


def hand_over(pair, client, **fields):
    data = {
        "title": "Transcript, third session",
        "is_shown_in_person": "",
        "is_deidentified": "on",
        "document": SimpleUploadedFile("case.pdf", simple_pdf(), "application/pdf"),
    } | fields
    return client.post(
        reverse("supervision:material", args=[pair.agreement.pk]),
        {name: value for name, value in data.items() if value is not None},
    )


def test_a_document_is_handed_over_opened_and_seen(pair, as_user):
    candidate, guide = as_user(pair.candidate), as_user(pair.guide)
    assert hand_over(pair, candidate).status_code == 302
    row = CaseMaterial.objects.get()
    letter = Letter.objects.latest("pk")
    assert letter.to_address == pair.guide.email
    assert "Transcript" not in letter.subject + letter.text + letter.html
    opened = guide.post(reverse("supervision:material_open", args=[row.pk]))
    answer = guide.get(opened["Location"])
    assert b"".join(answer.streaming_content) == simple_pdf()
    assert MaterialOpening.objects.get().opened_by == pair.guide
    page = candidate.get(reverse("supervision:material", args=[pair.agreement.pk]))
    assert "Opened:" in page.content.decode()


def test_it_can_be_for_a_planned_session_and_comes_along_when_that_is_logged(pair, as_user):
    appointment = plan_appointment(
        pair.agreement, by=pair.guide, starts_at=at(8), minutes=60, now=at(7)
    )
    client = as_user(pair.candidate)
    hand_over(pair, client, occasion=f"appointment-{appointment.pk}")
    row = CaseMaterial.objects.get()
    assert (row.appointment, row.session) == (appointment, None)
    url = reverse("supervision:material", args=[pair.agreement.pk])
    assert "for the session planned on Wednesday 11 March 2026" in client.get(url).content.decode()
    session = log(pair, Kind.CASE_REVIEW, at(8), appointment=appointment)
    row.refresh_from_db()
    assert row.session == session
    assert "for Case &amp; practice review" in client.get(url).content.decode()
    page = as_user(pair.guide).get(reverse("supervision:session", args=[session.pk]))
    assert list(page.context["material"]) == [row]
    assert "Transcript, third session" in page.content.decode()


def test_it_can_be_for_a_session_and_follows_its_correction_into_the_record(pair, as_user):
    session = log(pair, Kind.CASE_REVIEW, at(8))
    hand_over(pair, as_user(pair.candidate), occasion=f"session-{session.pk}")
    correction = correct_session(
        session, held(Kind.CASE_REVIEW, at(8), 50), by=pair.guide, reason="Shorter.", now=at(9)
    )
    confirm_session(correction, by=pair.candidate, now=at(9))
    assert CaseMaterial.objects.get().session == correction

    def columns(user):
        record = record_of(scope_of(pair.candidacy, user))
        part = next(part for part in record.sections if "Assessment" in part.title)
        return part.columns, part.rows

    for user in (pair.candidate, pair.guide):
        names, rows = columns(user)
        assert names[-1] == "Case material"
        assert sorted(row[-1] for row in rows) == ["", "1"]
    office = world.make_user("office@example.com", Role.STAFF)
    assert "Case material" not in columns(office)[0]


def test_what_was_logged_while_the_form_stood_open_is_the_session(pair):
    appointment = plan_appointment(
        pair.agreement, by=pair.guide, starts_at=at(8), minutes=60, now=at(7)
    )
    session = log(pair, Kind.CASE_REVIEW, at(8), appointment=appointment)
    row = services.hand_over(
        pair.agreement, by=pair.candidate, title="Film", appointment=appointment
    )
    assert row.session == session


def test_a_session_of_other_people_is_no_choice(pair, as_user):
    other = make_pair(2)
    foreign = log(other, Kind.CASE_REVIEW, at(8))
    log(pair, Kind.CASE_REVIEW, at(9))
    answer = hand_over(pair, as_user(pair.candidate), occasion=f"session-{foreign.pk}")
    assert "occasion" in answer.context["form"].errors
    with pytest.raises(Refusal, match="another agreement"):
        services.hand_over(pair.agreement, by=pair.candidate, title="X", session=foreign)
    assert not CaseMaterial.objects.exists()


def test_a_link_is_for_whoever_opened_it(pair, as_user):
    hand_over(pair, as_user(pair.candidate))
    row = CaseMaterial.objects.get()
    opened = as_user(pair.guide).post(reverse("supervision:material_open", args=[row.pk]))
    assert as_user(pair.candidate).get(opened["Location"]).status_code in {403, 404}


def test_nobody_else_reaches_it(pair, as_user, staff, stranger, facilitator, reviewer):
    hand_over(pair, as_user(pair.candidate))
    row = CaseMaterial.objects.get()
    opened = as_user(pair.guide).post(reverse("supervision:material_open", args=[row.pk]))
    second = make_pair(2)
    for person in (staff, stranger, facilitator, reviewer, second.candidate, second.guide):
        client = as_user(person)
        assert not CaseMaterial.objects.visible_to(person).exists()
        assert client.get(opened["Location"]).status_code == 404
        for name in ("material_open", "material_back"):
            assert client.post(reverse(f"supervision:{name}", args=[row.pk])).status_code == 404
        url = reverse("supervision:material", args=[pair.agreement.pk])
        assert client.get(url).status_code == 404
    assert MaterialOpening.objects.count() == 1
    row.refresh_from_db()
    assert row.taken_back_at is None


def test_taken_back_means_destroyed(pair, as_user):
    hand_over(pair, as_user(pair.candidate))
    row = CaseMaterial.objects.select_related("document").get()
    back = reverse("supervision:material_back", args=[row.pk])
    with pytest.raises(Refusal, match="Only the one"):
        services.take_back(row, by=pair.guide)
    as_user(pair.candidate).post(back)
    row.document.refresh_from_db()
    assert row.document.is_destroyed
    open_url = reverse("supervision:material_open", args=[row.pk])
    assert as_user(pair.guide).post(open_url).status_code == 404
    services.take_back(row, by=pair.candidate)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"document": None}, "Please choose a file"),
        ({"is_deidentified": None}, "say so with the tick"),
        (
            {"document": SimpleUploadedFile("song.mp3", b"ID3" + b"\0" * 99, "audio/mpeg")},
            "",
        ),
    ],
)
def test_what_is_missing_is_said_at_its_field(pair, as_user, fields, missing):
    page = hand_over(pair, as_user(pair.candidate), **fields)
    assert page.status_code == 200
    assert missing in page.content.decode()
    assert page.context["form"].errors
    assert not CaseMaterial.objects.exists()


def test_shown_in_person_is_only_named(pair, as_user):
    hand_over(
        pair, as_user(pair.candidate), document=None, is_shown_in_person="1", is_deidentified=None
    )
    row = CaseMaterial.objects.get()
    assert row.is_shown_in_person
    assert row.document is None
    url = reverse("supervision:material_open", args=[row.pk])
    assert as_user(pair.guide).post(url).status_code == 404


def test_only_the_candidate_and_only_while_it_is_active(pair, as_user):
    assert hand_over(pair, as_user(pair.guide)).status_code == 404
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Ends.")
    assert hand_over(pair, as_user(pair.candidate)).status_code == 404
    with pytest.raises(Refusal, match="while the agreement is active"):
        services.hand_over(
            pair.again().agreement, by=pair.candidate, title="X", is_deidentified=True
        )


def planned_with_material(pair, client):
    appointment = plan_appointment(
        pair.agreement, by=pair.guide, starts_at=at(8), minutes=60, now=at(7)
    )
    hand_over(pair, client, occasion=f"appointment-{appointment.pk}")
    first = log(pair, Kind.CASE_REVIEW, at(8), appointment=appointment)
    return appointment, first


@pytest.mark.parametrize("how", ["withdrawn", "disputed and withdrawn", "set aside"])
def test_an_entry_that_goes_gives_planned_session_and_material_to_the_next(
    pair, as_user, staff, how
):
    appointment, first = planned_with_material(pair, as_user(pair.candidate))
    on_entry = services.hand_over(
        pair.agreement, by=pair.candidate, title="A page more", session=first
    )
    if how != "withdrawn":
        dispute_session(first, by=pair.candidate, reason="Another day.", now=at(9))
    Letter.objects.all().delete()
    if how == "set aside":
        settle_dispute(first, by=staff, is_held=False, reason="So it was.", now=at(10))
    else:
        withdraw_session(first, by=pair.guide, now=at(10))
        withdraw_session(first, by=pair.guide, now=at(11))
    planned_at, planned_by = appointment.planned_at, appointment.planned_by
    appointment.refresh_from_db()
    assert (appointment.state, appointment.held_at) == ("planned", None)
    assert (appointment.planned_at, appointment.planned_by) == (planned_at, planned_by)
    assert to_log(pair.agreement, now=at(11)) == appointment
    rows = CaseMaterial.objects.all()
    assert {(row.session, row.appointment) for row in rows} == {(None, appointment)}
    if how != "set aside":
        told = {letter.to_address for letter in Letter.objects.all()}
        office = {settings.STAFF_EMAIL} if how == "disputed and withdrawn" else set()
        assert told == {pair.candidate.email} | office
    second = log(pair, Kind.CASE_REVIEW, at(8, 12), appointment=appointment, now=at(11))
    appointment.refresh_from_db()
    assert (appointment.state, appointment.session) == ("held", second)
    assert set(second.material.all()) == set(rows) > {on_entry}


def test_material_of_an_unplanned_entry_goes_to_the_next_and_of_a_correction_back(pair):
    first = log(pair, Kind.CASE_REVIEW, at(8))
    row = services.hand_over(pair.agreement, by=pair.candidate, title="Shown", session=first)
    withdraw_session(first, by=pair.guide, now=at(9))
    log(pair, Kind.ORIENTATION, at(1))
    row.refresh_from_db()
    assert row.session == first, "another session of another day does not take it"
    second = log(pair, Kind.CASE_REVIEW, at(8, 12))
    row.refresh_from_db()
    assert row.session == second
    confirm_session(second, by=pair.candidate, now=at(9))
    correction = correct_session(
        second, held(Kind.CASE_REVIEW, at(8, 13)), by=pair.guide, reason="Later.", now=at(10)
    )
    more = services.hand_over(pair.agreement, by=pair.candidate, title="More", session=correction)
    withdraw_session(correction, by=pair.guide, now=at(11))
    more.refresh_from_db()
    assert more.session == second
