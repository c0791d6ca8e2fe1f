"""The public directory: who stands there, search in spite of slips, portraits, hostile files."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from supervision.models import Approval, Supervisor
from supervision.queries.supervisors import PAGE, Asked, directory
from tests import world
from tests.vault import samples

pytestmark = pytest.mark.django_db
VISITOR = type("Visitor", (), {"is_authenticated": False, "pk": None})()


@pytest.fixture(autouse=True)
def figures(edition, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        }
    }


def make(name: str, *, country="PT", languages=("pt", "en"), **fields) -> Supervisor:
    number = Supervisor.objects.count()
    user = world.make_user(
        f"s{number}@example.com", name=name, country=country, languages=list(languages)
    )
    return world.make_supervisor(user, **fields)


@pytest.fixture
def three(db):
    return [
        make(
            "Tomasz Wiśniewski",
            country="PL",
            languages=["pl", "en"],
            orientation="Compassion focused therapy, anxiety",
            place="Kraków",
            is_in_person=True,
        ),
        make(
            "Zoë Brontë-Nuñez",
            country="ES",
            languages=["es"],
            orientation="Schema therapy, eating disorders",
            place="Sevilla",
            has_sliding_scale=True,
        ),
        make(
            "Aiko Tanaka",
            country="JP",
            languages=["ja", "en"],
            orientation="Internal Family Systems, trauma",
            place="Kyoto",
            is_accepting=False,
            bio="Once a student of Wisniewski in Warsaw.",
        ),
    ]


def names(**asked) -> list[str]:
    return [row.user.name.split()[0] for row in directory(VISITOR, Asked(**asked))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Tomasz", "Zoë", "Aiko"]),
        ("wisniewski", ["Tomasz", "Aiko"]),
        ("WIŚNIEWSKI", ["Tomasz", "Aiko"]),
        ("wisnewski", ["Tomasz"]),
        ("zoe nunez", ["Zoë"]),
        ("bronte", ["Zoë"]),
        ("krakow", ["Tomasz"]),
        ("anxity", ["Tomasz"]),
        ("trauma kyoto", ["Aiko"]),
        ("trauma krakow", []),
        ("poland", ["Tomasz"]),
        ("spanish", ["Zoë"]),
        ("japan", ["Aiko"]),
        ("family sistems", ["Aiko"]),
        ("brnote", ["Zoë"]),
        ("aikO", ["Aiko"]),
        ("koyto", ["Aiko"]),
        ("tmoasz", ["Tomasz"]),
        ("q%_x", []),
        ("xyzzy", []),
    ],
)
def test_search_finds_in_spite_of_slips_and_puts_the_best_first(three, words, found):
    assert names(q=words) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"language": "en"}, ["Tomasz", "Aiko"]),
        ({"country": "ES"}, ["Zoë"]),
        ({"in_person": True}, ["Tomasz"]),
        ({"online": True}, ["Tomasz", "Zoë", "Aiko"]),
        ({"accepting": True}, ["Tomasz", "Zoë"]),
        ({"sliding_scale": True}, ["Zoë"]),
        ({"orientation": "shema"}, ["Zoë"]),
        ({"orientation": "Kyoto"}, []),
        ({"language": "en", "accepting": True, "q": "anxiety"}, ["Tomasz"]),
    ],
)
def test_filters_narrow_and_go_together(three, asked, found):
    assert names(**asked) == found


def test_only_who_wishes_and_is_approved_today_is_there(client, staff, as_user):
    today = timezone.localdate()
    make("Listed Lia")
    hidden = [
        make("Unlisted Uma", is_listed=False),
        make("Past Pia", until_on=today),
        make("Future Fay", from_on=today + timedelta(days=1)),
    ]
    for visitor in (client, as_user(staff)):
        page = visitor.get("/supervisors/").content.decode()
        assert "Listed Lia" in page
        for row in hidden:
            assert row.user.name not in page
    for row in hidden:
        assert client.get(f"/supervisors/{row.pk}/").status_code == 404
        assert client.get(f"/supervisors/{row.pk}/photo/").status_code == 404
        assert as_user(row.user).get("/supervision/profile/preview/").status_code == 200
    sitemap = client.get("/sitemap.xml").content.decode()
    listed = Supervisor.objects.get(user__name="Listed Lia")
    assert f"/supervisors/{listed.pk}/" in sitemap
    assert all(f"/supervisors/{row.pk}/" not in sitemap for row in hidden)


def test_the_page_says_what_people_need_and_keeps_contacts(client):
    row = make("Lia Lopes", rate_cents=15_000, has_sliding_scale=True, place="Porto")
    type(row.user).objects.filter(pk=row.user_id).update(phone="+351 999")
    page = client.get(f"/supervisors/{row.pk}/").content.decode()
    for words in (
        "Lia Lopes",
        "USD 150",
        "Porto",
        "Portugal",
        "Portuguese",
        "Lisbon time",
        "possible",
    ):
        assert words in page
    assert row.user.email not in page
    assert "+351 999" not in page
    assert '"@type": "Person"' in page
    Supervisor.objects.update(rate_cents=None)
    page = client.get(f"/supervisors/{row.pk}/").content.decode()
    assert "USD 180" in page
    assert "the standard rate" in page


def test_what_people_write_is_shown_as_words(client):
    row = make("Lia", headline="<script>alert(1)</script>", bio="</script><b>x</b>")
    for path in ("/supervisors/", f"/supervisors/{row.pk}/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page


def test_pages_of_twenty_keep_the_question(client):
    for number in range(PAGE + 3):
        make(f"Person {number:02}")
    first = client.get("/supervisors/?language=pt&page=1").content.decode()
    assert first.count("supervisor-row") == PAGE
    assert "23 supervisors" in first
    assert "?language=pt&amp;page=2" in first
    second = client.get("/supervisors/?language=pt&page=2").content.decode()
    assert second.count("supervisor-row") == 3
    assert client.get("/supervisors/?page=99").content.decode().count("supervisor-row") == 3
    assert client.get("/supervisors/?page=x&country=ZZ&q=%00").status_code == 200


def test_the_list_takes_the_same_queries_for_one_and_three(client, django_assert_num_queries):
    make("One")
    with django_assert_num_queries(3):
        client.get("/supervisors/?language=pt")
    make("Two")
    make("Three")
    with django_assert_num_queries(3):
        client.get("/supervisors/?language=pt")


def test_an_empty_directory_and_an_empty_search_say_what_to_do(client):
    assert (
        "The first supervisors will stand here soon" in client.get("/supervisors/").content.decode()
    )
    make("Lia")
    page = client.get("/supervisors/?q=nobodyatall").content.decode()
    assert "Nobody fits all of this yet" in page
    assert 'value="nobodyatall"' in page


# --- The profile and the portrait ----------------------------------------------------------------

PROFILE = {
    "headline": "Presence first",
    "orientation": "CFT",
    "bio": "About me",
    "is_online": "on",
    "is_accepting": "on",
}


def save(client, **fields):
    return client.post("/supervision/profile/", PROFILE | fields)


def test_a_profile_is_kept_and_being_listed_is_a_choice(as_user):
    row = make("Lia", is_listed=False)
    client = as_user(row.user)
    assert save(client, rate_cents="150").status_code == 302
    row.refresh_from_db()
    assert (row.headline, row.rate_cents, row.is_listed) == ("Presence first", 15_000, False)
    save(client, is_listed="on")
    row.refresh_from_db()
    assert row.is_listed
    save(client)
    row.refresh_from_db()
    assert not row.is_listed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_online": ""}, "at least one way of meeting"),
        ({"is_listed": "on", "bio": ""}, "A page in the directory needs a few words here"),
        ({"rate_cents": "a lot"}, "Please give a number"),
        ({"bio": "x" * 3001}, "3,000 characters fit here"),
    ],
)
def test_what_needs_another_look_keeps_the_typed_words(as_user, changes, said):
    row = make("Lia", headline="Before")
    page = save(as_user(row.user), **{"approach": "My long words"} | changes).content.decode()
    assert said in page
    assert "My long words" in page
    row.refresh_from_db()
    assert row.headline == "Before"


def photo(data: bytes, name: str = "me.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_portrait_becomes_a_bare_square(as_user, client, kind):
    row = make("Lia")
    data = samples.image(kind, (900, 500))
    done = save(as_user(row.user), is_listed="on", photo=photo(data, f"me.{kind.lower()}"))
    assert done.status_code == 302
    response = client.get(f"/supervisors/{row.pk}/photo/")
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "private" in response["Cache-Control"]
    served = b"".join(response.streaming_content)
    with Image.open(io.BytesIO(served)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (480, 480))
    page = client.get(f"/supervisors/{row.pk}/").content.decode()
    assert f'src="/supervisors/{row.pk}/photo/?v=' in page
    assert 'alt="Lia"' in page


def test_place_and_camera_do_not_survive(as_user, tmp_path):
    row = make("Lia")
    save(as_user(row.user), photo=photo(samples.photo_with_place()))
    row.refresh_from_db()
    with row.photo.open("rb") as file:
        data = file.read()
    assert b"Canary" not in data
    assert b"Exif" not in data
    assert row.user.name.lower() not in row.photo.name


HOSTILE = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "me.svg"),
    "svg as png": (b"<svg onload='alert(1)'/>", "me.png"),
    "empty": (b"", "me.jpg"),
    "page": (b"<html><script>alert(1)</script></html>", "me.jpg"),
    "pdf": (samples.simple_pdf(), "me.pdf"),
    "gif": (b"GIF89a" + b"\0" * 40, "me.gif"),
    "polyglot": (samples.image("JPEG") + samples.archive(), "me.jpg"),
    "script behind": (samples.image("PNG") + b"<script>alert(1)</script>", "me.png"),
    "bomb": (samples.png_claiming(29_000, 29_000), "me.png"),
    "cut": (samples.image("JPEG", (400, 400))[:600], "me.jpg"),
    "liar": (samples.image("PNG"), "me.jpg"),
    "two endings": (samples.image("JPEG"), "me.php.jpg\0.exe"),
    "too large": (samples.image("JPEG") + b"\0" * (5 * 1024 * 1024), "me.jpg"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_left_out_and_the_words_stay(as_user, name):
    data, filename = HOSTILE[name]
    row = make("Lia", headline="Before")
    page = save(as_user(row.user), photo=photo(data, filename), approach="My long words")
    assert page.status_code == 200, name
    assert page.context["form"].errors.keys() == {"photo"}
    assert "My long words" in page.content.decode()
    row.refresh_from_db()
    assert not row.photo


def test_a_new_portrait_takes_the_old_ones_place_and_can_go(
    as_user, client, tmp_path, django_capture_on_commit_callbacks
):
    row = make("Lia")
    lia = as_user(row.user)
    for size in ((600, 600), (500, 700)):
        with django_capture_on_commit_callbacks(execute=True):
            save(lia, photo=photo(samples.image("JPEG", size)))
        assert len(list(tmp_path.rglob("*.webp"))) == 1
    both = save(lia, photo=photo(samples.image("JPEG")), remove_photo="on").content.decode()
    assert "not both" in both
    with django_capture_on_commit_callbacks(execute=True):
        save(lia, remove_photo="on")
    assert not list(tmp_path.rglob("*.webp"))
    assert client.get(f"/supervisors/{row.pk}/photo/").status_code == 404


def test_a_portrait_goes_out_of_sight_with_its_page(as_user, client):
    row = make("Lia")
    save(as_user(row.user), is_listed="on", photo=photo(samples.image("JPEG")))
    assert client.get(f"/supervisors/{row.pk}/photo/").status_code == 200
    save(as_user(row.user))
    assert client.get(f"/supervisors/{row.pk}/photo/").status_code == 404
    assert as_user(row.user).get(f"/supervisors/{row.pk}/photo/").status_code == 200


@pytest.mark.parametrize("persona", ["stranger", "staff", "facilitator", "supervisor", "reviewer"])
def test_nobody_without_a_page_of_their_own_has_one_to_edit(as_user, persona, request):
    make("Lia")
    client = as_user(request.getfixturevalue(persona))
    assert client.get("/supervision/profile/").status_code == 404
    assert client.get("/supervision/profile/preview/").status_code == 404


def test_an_ended_supervisor_can_still_take_the_page_back(as_user):
    row = make("Lia", from_on=date(2020, 1, 1), until_on=date(2021, 1, 1))
    client = as_user(row.user)
    assert "isn’t in force" in client.get("/supervision/profile/").content.decode()
    save(client)
    row.refresh_from_db()
    assert not row.is_listed
    assert Approval.objects.filter(supervisor=row).count() == 1
