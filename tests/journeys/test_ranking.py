"""Groups put in order by somebody, with and without scripts; places given by the office."""

from typing import Any

from consultations.models import Proposal, Rank, Round
from consultations.services import placing
from tests import world
from tests.consultations.season import make_group, make_round, make_wisher, wish
from tests.journeys.visitor import Visitor


def a_season() -> tuple[Round, Any]:
    """Three groups on two clocks, a round that takes wishes, and the office."""
    office = world.make_user("office@example.com", "staff", name="Olga Office")
    groups = [
        make_group("Trauma", title="Trauma, spring 2027, Lisbon afternoons", capacity=2),
        make_group("Couples", title="Couples, spring 2027, Lisbon afternoons"),
        make_group("Depression", title="Depression, Tokyo evenings", time_zone="Asia/Tokyo"),
    ]
    return make_round(*groups, by=office, words="Groups begin in spring. Take your time."), office


def choose(visitor: Visitor, group: str, number: str) -> None:
    visitor.page.get_by_label(f"Your number: {group}").select_option(number)


def test_ranking_placing_and_reading_why(someone: Any, worker: Any) -> None:
    season, office = a_season()
    trauma, couples, _tokyo = season.groups.order_by("pk")
    ana = someone(make_wisher("Ana Wishes"))
    ana.go("/consultations/")
    ana.follow("Say what suits you")
    ana.at(f"/consultations/rounds/{season.pk}/")
    ana.reads("So that your wishes count")
    choose(ana, str(trauma), "1")
    ana.reads("Saved at")
    choose(ana, str(couples), "2")
    ana.field("I have looked at the times").check()
    ana.page.get_by_label("Person 1").fill("Nora Never")
    ana.press("Save my wishes")
    ana.reads("Your wishes count")
    ana.look(closely=True)
    assert set(Rank.objects.values_list("group", "rank")) == {(trauma.pk, 1), (couples.pk, 2)}
    for name in ("Bela", "Carla"):
        wish(season, make_wisher(name), trauma)
    wish(season, make_wisher("Late Lee"), trauma, attends_live=False)

    olga = someone(office)
    olga.go(f"/admin/consultations/round/{season.pk}/places/")
    olga.reads("Whom do these names mean?")
    olga.page.get_by_label("“Nora Never”").select_option("nobody")
    olga.press("Note it")
    olga.press("End the time for wishes now")
    olga.press("Propose places")
    olga.reads("3 of 3 people have a place")
    olga.follow("Move Ana Wishes")
    olga.page.get_by_label("Group").select_option(label="Depression, Tokyo evenings")
    olga.press("Move")
    olga.reads("is not among the wishes of Ana Wishes")
    olga.follow("Go back")
    olga.follow("Publish this proposal")
    olga.press("Publish and send")
    placing.carry_out(Proposal.objects.get())
    worker()
    olga.go(f"/admin/consultations/round/{season.pk}/places/")
    olga.reads("Published by Olga Office")

    ana.go(f"/consultations/rounds/{season.pk}/")
    ana.reads("Your second choice")
    ana.reads("its 2 free places are taken")
    ana.follow("See your place and its offer")
    ana.reads("Couples, spring 2027")


def test_ranking_on_a_phone_without_scripts(someone: Any) -> None:
    season, _office = a_season()
    trauma = season.groups.order_by("pk")[0]
    kenji = someone(
        make_wisher("Kenji", time_zone="Asia/Tokyo"),
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    kenji.go(f"/consultations/rounds/{season.pk}/")
    kenji.reads("night for you")
    choose(kenji, str(trauma), "1")
    kenji.field("I have looked at the times").check()
    kenji.field("I can also meet at night").check()
    kenji.press("Save my wishes")
    kenji.reads("Your wishes count")
    rank = Rank.objects.get()
    assert (rank.group, rank.preference.may_meet_at_night) == (trauma, True)


def test_ranking_by_keyboard_alone(someone: Any) -> None:
    season, _office = a_season()
    ana = someone(make_wisher("Ana"))
    ana.go(f"/consultations/rounds/{season.pk}/")
    first = ana.page.locator(".wish-number select").first
    while not first.evaluate("(item) => item === document.activeElement"):
        ana.page.keyboard.press("Tab")
    ana.page.keyboard.type("1")
    while not ana.button("Save my wishes").evaluate("(item) => item === document.activeElement"):
        ana.page.keyboard.press("Tab")
        if ana.page.evaluate("document.activeElement.id") == "id_attends_live":
            ana.page.keyboard.press("Space")
    with ana.page.expect_navigation():
        ana.page.keyboard.press("Enter")
    ana.reads("Your wishes count")
