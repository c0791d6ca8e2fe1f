"""A candidate finds a supervisor and asks; the supervisor answers with times; one is chosen."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from scip.accounts.models import Role
from scip.mail.models import Letter
from supervision.models import Approval, Introduction, Supervisor, SupervisorApplication
from tests import world
from tests.vault.samples import image


def test_from_the_directory_to_a_call(someone: Any) -> None:
    suna = world.make_supervisor(
        world.make_user(
            "suna@example.com",
            name="Suna Çelik",
            country="TR",
            languages=["tr", "en"],
            time_zone="Europe/Istanbul",
            phone="+90 212 000",
        ),
        place="İzmir",
        has_sliding_scale=True,
    )
    world.make_supervisor(world.make_user("noor@example.com", name="Noor van Dijk"))
    cleo = world.make_user("cleo@example.com", name="Cleo Roy", time_zone="America/Toronto")
    world.make_candidacy(cleo)

    visitor = someone()
    visitor.go("/supervisors/")
    visitor.reads("2 supervisors")
    visitor.fill(Search="celik izmir")
    visitor.press("Search")
    visitor.reads("1 supervisor")
    visitor.follow("Suna Çelik")
    visitor.reads("possible; ask in your call")

    candidate = someone(cleo)
    candidate.go(f"/supervisors/{suna.pk}/")
    candidate.follow("Ask for an introduction")
    candidate.fill(Your_message="   ")
    candidate.press("Send it")
    candidate.reads("There are no words here yet.")
    candidate.fill(Your_message="I would like to learn to stay. Could we talk?")
    candidate.press("Send it")
    candidate.reads("Your message is on its way to Suna Çelik.")

    supervisor = someone(suna.user)
    supervisor.go("/supervision/introductions/")
    supervisor.follow("Cleo Roy")
    supervisor.reads("I would like to learn to stay.")
    local = (timezone.now() + timedelta(days=3)).astimezone(ZoneInfo("Europe/Istanbul"))
    supervisor.page.get_by_label("Time 1").fill(local.strftime("%Y-%m-%dT18:00"))
    supervisor.page.get_by_label("Time 2").fill(local.strftime("%Y-%m-%dT20:30"))
    supervisor.press("Send your yes")
    supervisor.reads("cleo@example.com")

    candidate.go(f"/supervision/introductions/{Introduction.objects.get().pk}/")
    candidate.reads("+90 212 000")
    candidate.page.get_by_label("20:30, Istanbul time").check()
    candidate.press("Take this time")
    candidate.reads("It is settled.")
    row = Introduction.objects.get()
    assert row.chosen_time is not None
    assert f"{row.chosen_time.astimezone(ZoneInfo('Europe/Istanbul')):%H:%M}" == "20:30"
    calls = Letter.objects.filter(subject__startswith="Your call with")
    assert calls.count() == 2
    assert all(letter.attachments[0]["name"] == "call.ics" for letter in calls)


def test_without_scripts_the_search_and_a_kind_no_work(someone: Any) -> None:
    suna = world.make_supervisor(world.make_user("suna@example.com", name="Suna Çelik"))
    candidacy = world.make_candidacy(world.make_user("cleo@example.com", name="Cleo Roy"))
    row = Introduction.objects.create(candidacy=candidacy, supervisor=suna, message="Hello")
    supervisor = someone(suna.user, java_script_enabled=False)
    supervisor.go("/supervisors/?q=suna")
    supervisor.reads("1 supervisor")
    supervisor.go(f"/supervision/introductions/{row.pk}/")
    supervisor.page.get_by_text("Say a kind no").click()
    supervisor.press("Send these words")
    supervisor.reads("Your words are on their way.")
    row.refresh_from_db()
    assert row.state == "declined"
    assert "Dear Cleo" in row.answer


def test_from_applying_to_a_page_in_the_directory(someone: Any, tmp_path: Path) -> None:
    world.make_edition()
    vera_user = world.make_user("vera@example.com", name="Vera Novak")
    vera = someone(vera_user)
    vera.go("/supervision/apply/")
    vera.fill(Your_experience_as_a_supervisor="Ten years.", Why_you_would_like_to="Joy.")
    vera.press("Send to the office")
    vera.reads("Your application is with the office")

    office = someone(world.make_user("staff@example.com", Role.STAFF, name="Stella"))
    application = SupervisorApplication.objects.get()
    office.go(f"/admin/supervision/supervisorapplication/{application.pk}/change/", look=False)
    office.follow("Approve", look=False)
    office.press("Show the letter", look=False)
    office.press("Do it and send the letter", look=False)
    assert Approval.objects.get().approved_by is not None

    world.TOTP.activate(vera_user, world.generate_totp_secret())
    vera = someone(type(vera_user).objects.get(pk=vera_user.pk))
    portrait = tmp_path / "me.png"
    portrait.write_bytes(image("PNG", (600, 800)))
    vera.go("/supervision/profile/")
    vera.page.get_by_label("Show my page in the public directory").check()
    vera.press("Save")
    vera.reads("A page in the directory needs a few words here.")
    vera.fill(In_one_line="Quiet work", Clinical_orientation="CFT", About_you="I listen.")
    vera.page.get_by_label("Portrait").set_input_files(portrait)
    vera.press("Save")
    vera.reads("Your page is in the public directory.")
    vera.follow("See how it looks")
    assert Supervisor.objects.get().photo
    visitor = someone()
    visitor.go("/supervisors/")
    visitor.follow("Vera Novak")
    visitor.reads("Quiet work")
