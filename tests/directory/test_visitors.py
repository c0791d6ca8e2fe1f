"""Writing to somebody: the words travel once, no address is shown, nothing is kept, no machine sends."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from scip.accounts.models import Role
from scip.directory.models import ListingReport
from scip.directory.services import visitors
from scip.mail.models import Letter
from scip.mail.services import deliver
from scip.pages.traps import opened_stamp
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.directory.people import listed

SAID = {"name": "Vera Visitor", "email": "vera@example.net", "message": "Do you have room in May?"}


@pytest.fixture
def listing():
    cache.clear()
    return listed("Written To", email="hidden-address@example.com")


def stamped(form: str, **said) -> dict:
    opened = opened_stamp(form, timezone.now() - timedelta(minutes=1))
    return {"opened": opened, "homepage": "", **said}


def write(client, listing, **said):
    return client.post(
        f"/directory/{listing.slug}/write/", stamped("directory-message", **SAID | said)
    )


def test_a_message_travels_as_a_letter_and_is_forgotten(client, listing):
    response = write(client, listing)
    assert response["Location"] == f"/directory/{listing.slug}/write/thanks/"
    letter = Letter.objects.get(dedupe_key__startswith="directory-message:")
    assert (letter.to_user, letter.reply_to) == (listing.user, "vera@example.net")
    assert "Do you have room in May?" in letter.text
    assert deliver(letter.dedupe_key)
    (sent,) = mail.outbox
    assert sent.to == ["hidden-address@example.com"]
    assert sent.reply_to == ["vera@example.net"]
    assert "Do you have room in May?" in sent.body
    letter.refresh_from_db()
    assert (letter.text, letter.html, letter.reply_to, letter.to_address) == ("", "", "", "")
    assert "vera" not in str(vars(letter)).lower()


def test_the_visitor_is_not_written_to(client, listing):
    """An address that nobody proved may be a third person's."""
    write(client, listing)
    assert not Letter.objects.filter(to_address="vera@example.net").exists()


def test_no_page_shows_an_address(client, listing):
    for rest in ("", "write/", "write/thanks/", "report/"):
        body = client.get(f"/directory/{listing.slug}/{rest}").content.decode()
        assert "hidden-address" not in body
        assert "mailto:" not in body


def test_the_same_form_sent_twice_is_one_letter(client, listing):
    said = stamped("directory-message", **SAID)
    for _twice in range(2):
        client.post(f"/directory/{listing.slug}/write/", said)
    assert Letter.objects.filter(dedupe_key__startswith="directory-message:").count() == 1


@pytest.mark.parametrize(
    "trap",
    [
        {"homepage": "https://spam.example"},
        {"opened": ""},
        {"opened": opened_stamp("contact", timezone.now() - timedelta(minutes=1))},
        {"opened": opened_stamp("directory-message", timezone.now() + timedelta(hours=1))},
    ],
)
def test_machines_are_asked_once_more_and_nothing_is_sent(client, listing, trap):
    said = stamped("directory-message", **SAID) | trap
    response = client.post(f"/directory/{listing.slug}/write/", said)
    assert response.status_code == 200
    assert "Do you have room in May?" in response.content.decode()
    assert not Letter.objects.filter(dedupe_key__startswith="directory-message:").exists()


def test_a_sender_has_five_an_hour_and_a_listing_ten(client, listing):
    for number in range(5):
        assert write(client, listing, message=f"Number {number}").status_code == 302
    assert write(client, listing, message="One more").status_code == 429
    for number in range(4):
        write(client, listing, email=f"v{number}@example.net")
    assert write(client, listing, email="eleventh@example.net").status_code == 429
    other = listed("Somebody Else")
    assert write(client, other, email="v1@example.net").status_code == 302


def test_headers_can_not_be_typed(client, listing):
    """Nothing typed ends a line of the letter's head."""
    write(client, listing, name="A\r\nBcc: all@example.net")
    letter = Letter.objects.get(dedupe_key__startswith="directory-message:")
    deliver(letter.dedupe_key)
    (sent,) = mail.outbox
    head = sent.message().as_string().split("\n\n")[0]
    assert not re.search(r"(?m)^Bcc:", head)
    assert client.post(
        f"/directory/{listing.slug}/write/",
        stamped("directory-message", **SAID | {"email": "a@example.net\r\nBcc: b@example.net"}),
    ).status_code in {200, 302}
    assert not Letter.objects.filter(reply_to__contains="\n").exists()


def test_nothing_is_passed_on_to_somebody_who_left(listing):
    from scip.directory.services import listings

    listings.hide(listing, by=listing.user)
    with pytest.raises(Refusal, match="not in the directory any more"):
        visitors.pass_on(listing, **SAID, stamp="x")


def test_a_report_reaches_the_office_and_is_settled_once(client, listing, settings):
    response = client.post(
        f"/directory/{listing.slug}/report/",
        stamped("directory-report", words="The website is another person’s.", email=""),
    )
    assert "the office has it" in response.content.decode()
    report = ListingReport.objects.get()
    letter = Letter.objects.latest("pk")
    assert letter.to_address == settings.STAFF_EMAIL
    assert "another person’s" in letter.text
    staff = world.make_user("staff@example.com", Role.STAFF)
    assert not ListingReport.objects.visible_to(listing.user).exists()
    client.force_login(staff)
    assert (
        "another person’s"
        in client.get(f"/admin/directory/listingreport/{report.pk}/change/").content.decode()
    )
    client.post(
        "/admin/directory/listingreport/", {"action": "settle", "_selected_action": [report.pk]}
    )
    report.refresh_from_db()
    assert (report.state, report.settled_by) == ("settled", staff)
    with pytest.raises(IllegalMove):
        visitors.settle_report(report, by=staff)


def test_the_office_sees_the_letter_before_a_listing_is_hidden(client, listing):
    client.force_login(world.make_user("staff@example.com", Role.STAFF))
    page = f"/admin/directory/listing/{listing.pk}/change/"
    assert "Hide it, with a reason" in client.get(page).content.decode()
    act = f"/admin/directory/listing/{listing.pk}/decide/hide/"
    shown = client.post(act, {"reason": "The photo shows somebody else."})
    assert "The photo shows somebody else." in shown.content.decode()
    listing.refresh_from_db()
    assert listing.is_published
    client.post(act, {"reason": "The photo shows somebody else.", "send": "1"})
    listing.refresh_from_db()
    assert listing.is_held
    assert client.get(act)["Location"] == page
    again = client.post(act, {"reason": "Again", "send": "1"})
    assert "was done already" in again.content.decode()
    client.post(f"/admin/directory/listing/{listing.pk}/decide/release/", {"send": "1"})
    listing.refresh_from_db()
    assert not listing.is_held
