"""A listing through its life: consent line by line, and gone with its certification at once."""

import contextlib
import io
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from scip.accounts.models import Role
from scip.audit.models import Entry
from scip.credentials import services
from scip.credentials.models import Credential
from scip.directory.models import Listing, ListingReport, takes_clients
from scip.directory.queries.facets import facets_of, remembered
from scip.directory.queries.searching import Asked, look
from scip.directory.services import listings, questions
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move
from tests import world
from tests.directory.people import EVERYTHING, SAID, certify, graduate, listed

# What each choice covers, with words and values that stand nowhere else.
CANARIES = {
    "suffix": ({}, ["QRSUFFIX"]),
    "place": ({"country": "VU", "region": "Qrregion", "city": "Qrcity"}, ["Qrregion", "Qrcity", "Vanuatu"]),
    "languages": ({"languages": ["bi"], }, ["Bislama"]),
    "topics": ({"topics": ["borderline"]}, ["Borderline"]),
    "populations": ({"populations": ["refugees"]}, ["refugees"]),
    "meeting": ({"is_online": True, "is_in_person": True}, ["<dt>Meeting</dt>"]),
    "accepting": ({"accepting": "no"}, ["no room at the moment"]),
    "website": ({"website": "https://qrhost.example.org/"}, ["qrhost"]),
    "licence": ({}, ["Licence last confirmed"]),
}  # fmt: skip


@pytest.fixture
def person():
    user = graduate("Quiet Person", credentials_suffix="QRSUFFIX")
    world.verify_prerequisites(user)
    return user


def public_pages(client, listing) -> str:
    """Everything that strangers can read of somebody: their page, the list, searches."""
    addresses = [
        f"/directory/{listing.slug}/",
        "/directory/",
        "/directory/sitemap.xml",
        f"/directory/{listing.slug}/write/",
        f"/directory/{listing.slug}/report/",
        f"/directory/photo/{listing.key}/",
    ]
    return "".join(client.get(address).content.decode() for address in addresses)


FOUND_BY = {
    "place": [Asked(q="qrcity"), Asked(q="Qrregoin"), Asked(q="vanuatu"), Asked(country="VU")],
    "languages": [Asked(q="bislama"), Asked(language="bi")],
    "topics": [Asked(q="borderline"), Asked(topic="borderline")],
    "populations": [Asked(q="refugees")],
    "meeting": [Asked(online=True), Asked(in_person=True)],
    "suffix": [Asked(q="qrsuffix")],
    "website": [],
    "accepting": [],
    "licence": [],
}


def said_of(person) -> dict:
    """A listing in which each line has words of its own."""
    return {name: value for fields, _words in CANARIES.values() for name, value in fields.items()}


@pytest.fixture
def bislama(monkeypatch):
    from scip.accounts import languages
    from scip.directory.queries import wording

    monkeypatch.setitem(languages.NAMES, "bi", "Bislama")
    wording.names_in.cache_clear()


def test_what_is_not_shown_stands_nowhere(client, person, bislama):
    """Each line alone is kept back while all others are shown, then the other way round."""
    listing = listings.save_listing(person, fields=said_of(person), shows=EVERYTHING)
    listings.publish(listing, by=person)
    for choice, (_fields, words) in CANARIES.items():
        for shows, is_there in ((EVERYTHING - {choice}, False), (frozenset({choice}), True)):
            listing = listings.save_listing(person, fields=said_of(person), shows=shows)
            remembered.cache_clear()
            # The form's own choices name every country; the listing's lines are what is asked about.
            body = public_pages(client, listing).replace("Vanuatu (0)", "")
            assert [word in body for word in words] == [is_there] * len(words), choice
            found = [len(look(asked).rows) for asked in FOUND_BY[choice]]
            assert found == [int(is_there)] * len(found), (choice, found)
            counts = facets_of(Asked()).counts
            there = {
                "place": "VU" in counts.get("country", {}),
                "languages": "bi" in counts.get("language", {}),
                "topics": "borderline" in counts.get("topic", {}),
                "meeting": bool(counts["online"].get("")),
            }
            assert there.get(choice, is_there) == is_there, choice


def test_public_queries_do_not_even_read_what_is_kept_back(client, person):
    listing = listings.save_listing(person, fields=SAID, shows=frozenset())
    listings.publish(listing, by=person)
    assert listing.withheld["city"] == "Porto"
    with CaptureQueriesContext(connection) as captured:
        (row,) = look(Asked()).rows
    assert (row.name, row.city) == ("Quiet Person", "")
    (statement,) = captured
    for column in ("withheld", "words", "short_text", "lexemes", "hold_reason"):
        assert f'"{column}"' not in statement["sql"]


def test_what_is_kept_back_is_there_again_when_it_is_shown(person):
    listings.save_listing(person, fields=SAID, shows=frozenset())
    listing = listings.save_listing(person, fields={}, shows=EVERYTHING)
    assert (listing.city, str(listing.country), listing.topics) == ("Porto", "PT", SAID["topics"])
    assert listing.withheld == {}
    assert (listing.suffix, listing.name) == ("QRSUFFIX", "Quiet Person")


def test_nobody_sees_a_draft_and_its_owner_does(client, person):
    listing = listings.save_listing(person, fields=SAID, shows=EVERYTHING)
    address = f"/directory/{listing.slug}/"
    assert client.get(address).status_code == 404
    assert look(Asked()).rows == ()
    client.force_login(person)
    assert "Only you and CMSC" in client.get(address).content.decode()


ENDINGS = {
    "revoked": {"state": "revoked", "revoked_at": timezone.now(), "revocation_reason": "Because."},
    "expired": {"expires_on": timezone.now().date() - timedelta(days=2)},
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_who_is_not_certified_any_more_is_gone_at_once(client, ending):
    listing = listed("Gone Soon")
    address = f"/directory/{listing.slug}/"
    assert client.get(address).status_code == 200
    Credential.objects.filter(user=listing.user).update(**ENDINGS[ending])
    remembered.cache_clear()
    assert client.get(address).status_code == 404
    for rest in ("write/", "report/", "write/thanks/"):
        assert client.get(address + rest).status_code == 404
    assert "Gone Soon" not in client.get("/directory/").content.decode()
    assert listing.key not in client.get("/directory/sitemap.xml").content.decode()
    assert look(Asked(q="gone")).rows == ()
    assert look(Asked(q="gonne soon")).rows == ()
    assert facets_of(Asked()).total == 0
    listing.refresh_from_db()
    assert listing.state == "published"  # nothing was copied, so nothing has to be put back


def test_only_an_active_certification_is_in_the_directory():
    """Whatever states a credential has beside active: none of them is listed."""
    now = timezone.now()
    stamps = {f"{state}_at": now for state in set(Credential.State.values) - {"active"}}
    names = {field.name for field in Credential._meta.concrete_fields}
    reasons = {"revocation_reason": "x", "suspension_reason": "x", "suspension_class": "other"}
    known = {name: value for name, value in (stamps | reasons).items() if name in names}
    with connection.cursor() as cursor:  # the rules about reasons are somebody else's matter
        cursor.execute(
            "select conname from pg_constraint where contype = 'c' "
            "and conrelid = 'credentials_credential'::regclass and conname like '%reason%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'alter table credentials_credential drop constraint "{name}"')
    listing = listed("Paused")
    for state in set(Credential.State.values) - {"active"}:
        Credential.objects.filter(user=listing.user).update(state=state, **known)
        assert look(Asked()).rows == (), state
    Credential.objects.filter(user=listing.user).update(state="active")
    assert len(look(Asked()).rows) == 1


def test_a_name_that_changes_on_the_credential_changes_everywhere(client):
    listing = listed("Former Name")
    old = f"/directory/{listing.slug}/"
    credential = Credential.objects.get(user=listing.user)
    Credential.objects.filter(pk=credential.pk).update(
        facts=credential.facts | {"holder_name": "Chosen Näme"}
    )
    response = client.get(old)
    assert response.status_code == 301
    assert response["Location"] == f"/directory/chosen-name-{listing.key}/"
    assert [row.name for row in look(Asked(q="chosen name")).rows] == ["Chosen Näme"]
    assert look(Asked(q="former")).rows == ()


def test_only_the_certified_have_a_listing(person):
    other = world.make_user("nobody@example.com")
    with pytest.raises(Refusal, match="rests on a certification"):
        listings.save_listing(other, fields=SAID, shows=EVERYTHING)
    listing = listings.save_listing(person, fields=SAID, shows=EVERYTHING)
    Credential.objects.filter(user=person).update(**ENDINGS["revoked"])
    with pytest.raises(Refusal, match="rests on a certification"):
        listings.publish(listing, by=person)


def test_nobody_else_publishes_hides_or_confirms(person):
    listing = listings.save_listing(person, fields=SAID, shows=EVERYTHING)
    staff = world.make_user("staff@example.com", Role.STAFF)
    for act in (listings.publish, listings.hide, listings.confirm):
        with pytest.raises(Refusal, match="Only the person"):
            act(listing, by=staff)


def test_states_move_only_as_the_table_says(person):
    listing = listings.save_listing(person, fields=SAID, shows=EVERYTHING)
    listing = listings.publish(listing, by=person)
    first = listing.published_at
    assert listings.publish(listing, by=person).published_at == first
    with transaction.atomic(), pytest.raises(IllegalMove):
        move(lock(listing), "draft", by=person)
    listing = listings.hide(listing, by=person)
    listings.hide(listing, by=person)
    assert listings.publish(listing, by=person).is_published
    actions = Entry.objects.filter(object_type="directory.listing").values_list("action", flat=True)
    assert set(actions) == {"listing.saved", "listing.published", "listing.hidden"}


def test_the_office_hides_with_a_reason_and_lets_go(mailoutbox, person):
    listing = listed("Held Back")
    staff = world.make_user("staff@example.com", Role.STAFF)
    with pytest.raises(Refusal, match="needs to know why"):
        listings.hold(listing, reason="  ", by=staff)
    listings.hold(listing, reason="The website leads elsewhere.", by=staff)
    assert look(Asked()).rows == ()
    letter = Letter.objects.latest("pk")
    assert letter.to_user == listing.user
    assert "The website leads elsewhere." in letter.text
    with pytest.raises(Refusal, match="The website leads elsewhere"):
        listings.publish(listing, by=listing.user)
    with pytest.raises(Refusal, match="already"):
        listings.hold(listing, reason="Again.", by=staff)
    listings.release(listing, by=staff)
    assert look(Asked()).rows == (), "publishing stays its owner's decision"
    assert listings.publish(listing, by=listing.user).is_published
    with pytest.raises(Refusal, match="does not hide"):
        listings.release(listing, by=staff)


def test_is_this_still_true_is_asked_once_each_time(client):
    listing = listed("Asked Kindly")
    revoked = listed("Not Asked")
    Credential.objects.filter(user=revoked.user).update(**ENDINGS["revoked"])
    before = Letter.objects.count()
    due = timezone.now() + timedelta(days=181)
    assert questions.ask_whether_true(due - timedelta(days=2)) == 0
    assert questions.ask_whether_true(due) == 1
    assert questions.ask_whether_true(due) == 0
    assert Letter.objects.count() == before + 1
    letter = Letter.objects.latest("pk")
    assert letter.to_user == listing.user
    client.force_login(listing.user)
    assert "Is this still true?" in client.get("/directory/mine/").content.decode()
    late = due + timedelta(days=30)
    listing.refresh_from_db()
    assert not takes_clients(listing.accepting, listing.accepting_until, late)
    client.post("/directory/mine/confirm/")
    listing.refresh_from_db()
    assert "Is this still true?" not in client.get("/directory/mine/").content.decode()
    assert takes_clients(listing.accepting, listing.accepting_until, timezone.now())
    client.post("/directory/mine/confirm/", {"accepting": "no"})
    listing.refresh_from_db()
    assert listing.accepting == "no"


def test_the_page_says_when_it_was_confirmed_and_stops_believing(client):
    listing = listed("Long Ago")
    Listing.objects.filter(pk=listing.pk).update(
        accepting_until=timezone.now() - timedelta(days=1),
    )
    body = client.get(f"/directory/{listing.slug}/").content.decode()
    assert "taking on clients: not confirmed lately" in body
    assert "last confirmed on" in body


def run(job, mine, other):
    """The job, held open until the other has had its second."""
    with transaction.atomic():
        job()
        mine.set()
        other.wait(1)
    connection.close()


def after(begun, job, mine):
    begun.wait()
    run(job, mine, begun)


@pytest.mark.parametrize("take", [services.suspend_credential, services.revoke_credential])
@pytest.mark.django_db(transaction=True)
def test_publishing_while_the_certification_is_suspended_or_revoked_shows_nobody(edition, take):
    """Both orders, on two connections: whoever comes first, nobody is listed afterwards."""
    staff = world.make_user("staff@example.com", Role.STAFF)
    for first in ("take", "publish"):
        user = graduate(f"Race {first}")
        listing = listings.save_listing(user, fields=SAID, shows=EVERYTHING)
        held, gone = threading.Event(), threading.Event()

        def away(user=user):
            take(Credential.objects.get(user=user), by=staff, reason="A question.")

        def publish(listing=listing, user=user):
            with contextlib.suppress(Refusal):
                listings.publish(listing, by=user)

        jobs = [away, publish] if first == "take" else [publish, away]
        threads = [
            threading.Thread(target=run, args=(jobs[0], held, gone)),
            threading.Thread(target=after, args=(held, jobs[1], gone)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert look(Asked()).rows == ()
    assert Listing.objects.filter(state="published").count() >= 1
    held = Credential.objects.filter(state="suspended")
    for credential in held:
        services.lift_suspension(credential, by=staff)
    # What was published meanwhile is there as soon as the certification stands again.
    assert bool(look(Asked()).rows) == (take is services.suspend_credential)


def picture() -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(written, "JPEG")
    return SimpleUploadedFile("me.jpg", written.getvalue(), content_type="image/jpeg")


def test_the_form_keeps_a_portrait_and_a_safe_website_only(client, person):
    client.force_login(person)
    wrong = ["http://a.example", "javascript:alert(1)", "https://u:p@a.example", "https://10.0.0.1/",
             "https://localhost/", "ftp://a.example", "https://[::1]/"]  # fmt: skip
    for website in wrong:
        response = client.post("/directory/mine/edit/", {"website": website})
        assert "beginning with https://" in response.content.decode(), website
    assert not Listing.objects.exists()
    said = {
        "website": "a.example.org/me",
        "show_website": "on",
        "photo": picture(),
        "country": "PT",
    }
    assert client.post("/directory/mine/edit/", said)["Location"] == "/directory/mine/"
    listing = Listing.objects.get()
    assert listing.website == "https://a.example.org/me"
    assert (str(listing.country), listing.withheld) == ("", {"country": "PT"})
    client.post("/directory/mine/publish/")
    client.logout()
    response = client.get(f"/directory/photo/{listing.key}/")
    shown = Image.open(io.BytesIO(b"".join(response.streaming_content)))
    assert (shown.format, shown.size) == ("WEBP", (480, 480))
    client.force_login(person)
    client.post("/directory/mine/edit/", {"remove_photo": "on"})
    assert client.get(f"/directory/photo/{listing.key}/").status_code == 404


def test_ones_own_page_for_those_who_are_not_certified(client):
    stranger = world.make_user("stranger@example.com")
    client.force_login(stranger)
    assert "comes with certification" in client.get("/directory/mine/").content.decode()
    assert client.get("/directory/mine/edit/")["Location"] == "/directory/mine/"
    assert client.post("/directory/mine/publish/").status_code == 404
    client.post("/directory/mine/interest/", {"would_mentor": "on"})
    assert not hasattr(stranger, "graduate_interest")


def test_interest_is_a_word_that_the_office_reads(client, person):
    client.force_login(person)
    client.post("/directory/mine/interest/", {"would_mentor": "on", "note": "In two years."})
    assert person.graduate_interest.would_mentor is True
    assert "In two years." in client.get("/directory/mine/").content.decode()
    staff = world.make_user("staff@example.com", Role.STAFF)
    client.force_login(staff)
    body = client.get("/admin/directory/graduateinterest/?would_mentor__exact=1").content.decode()
    assert "Quiet Person" in body


@pytest.mark.parametrize("count", [1, 3])
def test_the_offices_lists_take_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    for number in range(count):
        listing = listed(f"Person {number}")
        ListingReport.objects.create(listing=listing, words="Look.")
    client.force_login(world.make_user("staff@example.com", Role.STAFF))
    client.get("/admin/")
    for name, queries in (("listing", 7), ("listingreport", 7)):
        with django_assert_num_queries(queries):
            client.get(f"/admin/directory/{name}/")


def test_certify_twice_is_refused_by_the_database(person):
    """The fixture's own ground: one certification in force for one person."""
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        certify(person)
