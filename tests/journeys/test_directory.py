"""A graduate publishes line by line; a visitor finds them in spite of a slip, verifies and writes."""

from pathlib import Path
from typing import Any

from scip.accounts.models import Role
from scip.directory.models import Listing
from scip.directory.queries.facets import remembered
from scip.mail.models import Letter
from tests import world
from tests.directory.people import graduate, listed
from tests.vault.samples import image


def test_from_the_certificate_to_a_first_message(
    someone: Any, tmp_path: Path, edition: Any
) -> None:
    remembered.cache_clear()
    listed("Anders Lindqvist", country="SE", city="Malmö", languages=["sv"])
    person = graduate("Zoë Brontë-Nuñez", "zoe@example.com", credentials_suffix="PhD", country="ES")
    world.verify_prerequisites(person)
    owner = someone(person)
    owner.go("/directory/mine/")
    owner.follow("Write your listing")
    owner.look(closely=True)
    owner.fill(City="Sevilla", Your_website="http://zoe.example.org")
    owner.page.get_by_label("Trauma").check()
    owner.page.get_by_label("Show where I work").check()
    owner.press("Save")
    owner.reads("beginning with https://")
    # The browser does not ask for the beginning of an address that we know.
    owner.fill(Your_website="zoe.example.org")
    owner.page.get_by_label("Show the letters after my name").check()
    owner.page.get_by_label("Show my themes").check()
    picture = tmp_path / "me.jpg"
    picture.write_bytes(image("JPEG", (900, 700)))
    owner.page.get_by_label("Portrait", exact=True).set_input_files(picture)
    owner.press("Save")
    owner.reads("Nobody else sees it until you publish it.")
    owner.reads("website")
    owner.follow("See how it will look")
    owner.reads("This is how your page looks")
    owner.go("/directory/mine/")
    owner.press("Publish it")
    owner.reads("In the public directory")
    owner.page.get_by_label("I would like to supervise candidates one day").check()
    owner.page.get_by_role("button", name="Save").click()
    owner.reads("Thank you. The office sees it.")

    visitor = someone()
    visitor.go("/directory/")
    visitor.look(closely=True)
    visitor.reads("2 people")
    visitor.fill(Search="bronte nunes")
    visitor.press("Search")
    visitor.reads("These come closest.")
    visitor.follow("Zoë Brontë-Nuñez")
    visitor.look(closely=True)
    assert "zoe.example.org" not in visitor.page.content()
    visitor.follow("Verify this certification")
    visitor.go(f"/directory/{Listing.objects.get(user=person).slug}/")
    visitor.follow("Write a message")
    visitor.press("Send")
    visitor.reads("Where should the answer go?")
    visitor.fill(Your_name="Vera", Your_message="Is there room?")
    visitor.page.get_by_label("Your e-mail address").fill("vera@example.net")
    visitor.page.wait_for_timeout(3200)
    visitor.press("Send")
    visitor.reads("Your message is on its way")
    letter = Letter.objects.get(dedupe_key__startswith="directory-message:")
    assert (letter.to_user, letter.reply_to) == (person, "vera@example.net")
    owner.go("/directory/mine/")
    owner.press("Take it out of the directory")
    owner.reads("Nobody sees it until you publish it again.")
    visitor.go(f"/directory/{Listing.objects.get(user=person).slug}/", status=404)


def test_without_scripts_filters_and_a_report_work(someone: Any, edition: Any) -> None:
    remembered.cache_clear()
    listed("Ana Lima", country="PT", city="Porto")
    listed("Anders Lindqvist", country="SE", city="Malmö", languages=["sv"])
    visitor = someone(java_script_enabled=False)
    visitor.go("/directory/")
    visitor.page.get_by_text("Narrow it down").click()
    visitor.page.get_by_label("Language").select_option("sv")
    visitor.press("Search")
    visitor.reads("1 person")
    visitor.follow("Anders Lindqvist")
    visitor.follow("Something is not right?")
    visitor.fill(What_is_not_right="The city is another one now.")
    visitor.page.wait_for_timeout(3200)
    visitor.press("Send")
    visitor.reads("the office has it")
    office = someone(world.make_user("office@example.com", Role.STAFF))
    office.go("/admin/directory/listing/")
    office.follow("Anders Lindqvist")
    office.follow("Hide it, with a reason")
    office.page.get_by_label("Reason").fill("Please look at your city.")
    office.press("Show the letter")
    office.reads("Please look at your city.")
    office.press("Do it and send the letter")
    office.reads("Hidden; the letter is on its way.")
