"""Pages of a round: choosing, the office's desk, and how many questions they ask the database."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.admin import site
from django.urls import reverse
from django.utils import timezone

from cohorts.models import Offer
from consultations.models import Apart, Placement, Preference, Proposal, Rank, Round
from consultations.services import placing, proposals, rounds
from tests import world
from tests.cohorts.admission import sent
from tests.consultations.season import close, make_group, make_round, make_wisher, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def trauma():
    return make_group("Trauma")


@pytest.fixture
def couples():
    return make_group("Couples")


@pytest.fixture
def season(trauma, couples, staff):
    return make_round(trauma, couples, by=staff)


def address(round_: Round) -> str:
    return reverse("consultations:wishes", args=[round_.pk])


def places(round_: Round) -> str:
    return reverse("admin:consultations_round_places", args=[round_.pk])


def act(client, round_, verb):
    return client.post(reverse("admin:consultations_round_act", args=[round_.pk, verb]))


# --- A person's page --------------------------------------------------------------------------


def test_wishing_and_changing_them(season, trauma, couples, as_user):
    user = make_wisher()
    client = as_user(user)
    page = client.get(address(season)).content.decode()
    assert "15:00–17:00" in page
    assert "night for you" not in page
    data = {"version": "0", f"group_{trauma.pk}": "2", "attends_live": "on", "apart_1": "Ruth"}
    assert client.post(address(season), data).status_code == 302
    assert "Your wishes count" in client.get(address(season)).content.decode()
    data |= {"version": "1", f"group_{couples.pk}": "1", "apart_1": ""}
    client.post(address(season), data)
    assert list(Rank.objects.values_list("group", "rank")) == [(couples.pk, 1), (trauma.pk, 2)]
    assert not Apart.objects.exists()


def test_the_page_saves_by_itself_and_sees_a_second_window(season, trauma, as_user):
    client = as_user(make_wisher())
    data = {"version": "0", f"group_{trauma.pk}": "1"}
    saved = client.post(address(season), data, headers={"X-Autosave": "1"})
    assert saved.json() == {"version": 1}
    other = data | {"note": "another window"}
    assert client.post(address(season), other, headers={"X-Autosave": "1"}).status_code == 409
    both = client.post(address(season), data | {"note": "typed here"})
    assert both.status_code == 409
    assert "changed in another window" in both.content.decode()
    assert "typed here" in both.content.decode()
    odd = client.post(address(season), data | {f"group_{trauma.pk}": "99"})
    assert odd.status_code == 422


def test_nights_are_on_the_person_s_own_clock(season, as_user):
    page = as_user(make_wisher(time_zone="Asia/Tokyo")).get(address(season)).content.decode()
    assert "00:00–02:00" in page or "23:00–01:00" in page
    assert "15:00–17:00" not in page
    assert "night for you" in page


def test_without_level_a_the_page_says_what_comes_first(season, trauma, as_user, stranger):
    client = as_user(stranger)
    page = client.get(address(season)).content.decode()
    assert "What comes before this" in page
    assert "There is no completed Level A on record" in page
    assert f"group_{trauma.pk}" not in page
    client.post(address(season), {"version": "0", f"group_{trauma.pk}": "1"})
    assert not Preference.objects.exists()


def test_after_the_end_wishes_are_read_and_then_what_came_of_them(
    season, trauma, couples, as_user, staff
):
    user, alone = make_wisher(), make_wisher(time_zone="Asia/Tokyo")
    client = as_user(user)
    wish(season, user, couples)
    wish(season, alone, trauma)
    close(season, staff)
    page = client.get(address(season)).content.decode()
    assert "What you wished" in page
    client.post(address(season), {"version": "1", f"group_{trauma.pk}": "1"})
    assert Rank.objects.get(preference__user=user).group == couples
    season.refresh_from_db()
    proposal = proposals.propose(season, by=staff)
    assert "Your first choice" not in client.get(address(season)).content.decode()
    proposals.publish(proposal, revision=0, by=staff)
    placing.carry_out(proposal)
    page = client.get(address(season)).content.decode()
    assert "Your first choice" in page
    detail = reverse("applications:detail", args=[Offer.objects.get().application_id])
    assert detail in page
    other = as_user(alone).get(address(season)).content.decode()
    assert "No group for you this time" in other
    assert "at night on your clock" in other


def test_the_named_person_reads_nothing_of_it(season, trauma, couples, as_user, staff):
    writer, named = make_wisher("Wanda Writer"), make_wisher("Nadia Named")
    season.groups.add(make_group("Third", capacity=1))
    wish(season, writer, trauma, aparts=["Nadia Named"])
    wish(season, named, trauma, couples)
    close(season, staff)
    season.refresh_from_db()
    proposal = proposals.propose(season, by=staff)
    proposals.publish(proposal, revision=0, by=staff)
    placing.carry_out(proposal)
    page = as_user(named).get(address(season)).content.decode()
    assert "could not be brought together with everybody’s wishes" in page
    assert "Wanda" not in page
    assert "kept apart" not in page


def test_later_rounds_are_for_whoever_wished(season, trauma, as_user, staff, stranger):
    user = make_wisher()
    wish(season, user, trauma)
    act(as_user(staff), season, "cancel")
    assert as_user(user).get(address(season)).status_code == 200
    assert as_user(stranger).get(address(season)).status_code == 404


def test_the_public_page_shows_an_open_round(season, client):
    page = client.get(reverse("consultations:list")).content.decode()
    assert "Spring groups" in page
    assert client.get(address(season)).status_code == 302


@pytest.mark.parametrize("count", [1, 3])
def test_choosing_costs_the_same_for_any_number_of_groups(
    as_user, staff, count, django_assert_num_queries
):
    season = make_round(*[make_group(f"Group{n}") for n in range(count)], by=staff)
    user = make_wisher()
    wish(season, user, *season.groups.all())
    client = as_user(user)
    client.get(address(season))
    with django_assert_num_queries(QUERIES_OF_A_PERSON):
        client.get(address(season))


QUERIES_OF_A_PERSON = 17


# --- The office's desk ------------------------------------------------------------------------


@pytest.fixture
def office(as_user, staff):
    return as_user(staff)


def test_saving_the_form_keeps_what_a_colleague_did_meanwhile(trauma, staff, rf):
    stale = make_round(trauma)
    rounds.open_round(Round.objects.get(), by=staff)
    stale.words = "Welcome"
    request = rf.post("/")
    request.user = staff
    form = SimpleNamespace(changed_data=["words", "groups"])
    site.get_model_admin(Round).save_model(request, stale, form, change=True)
    kept = Round.objects.get()
    assert (kept.state, kept.words) == ("open", "Welcome")


def round_form(office, round_):
    """The page as a browser would send it back."""
    answer = office.get(reverse("admin:consultations_round_change", args=[round_.pk]))
    found = parsed(answer.content.decode())
    return answer.request["PATH_INFO"], found


def parsed(html):
    """Names and values of every filled field of the change form."""
    inside = html[html.index('id="round_form"') :]
    given = {}
    for tag in re.findall(r"<input[^>]*>", inside):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and not ("checkbox" in tag and " checked" not in tag) and "submit" not in tag:
            given.setdefault(name[1], []).append(value[1] if value else "")
    words = re.search(r'<textarea name="words"[^>]*>\s*(.*?)</textarea>', inside, re.DOTALL)
    return given | {"words": words[1] if words else ""}


def test_a_stale_page_never_opens_the_time_for_wishes_again(trauma, office, staff):
    round_ = make_round(trauma, by=staff)
    path, given = round_form(office, round_)
    rounds.close_round(round_, by=staff)
    closed = Round.objects.get().closes_at
    answer = office.post(path, given | {"words": "Welcome"})
    assert answer.status_code == 302, answer.context["adminform"].errors
    kept = Round.objects.get()
    assert (kept.words, kept.closes_at) == ("Welcome", closed)


def test_groups_ticked_by_a_colleague_stay_and_an_opened_round_keeps_its_own(
    trauma, couples, office, staff
):
    round_ = make_round(trauma)
    path, given = round_form(office, round_)
    round_.groups.set([trauma, couples])
    office.post(path, given | {"words": "Welcome"})
    assert set(round_.groups.all()) == {trauma, couples}
    path, given = round_form(office, round_)
    given["groups"] = [trauma.pk]
    rounds.open_round(Round.objects.get(), by=staff)
    office.post(path, given)
    assert set(round_.groups.all()) == {trauma, couples}


def test_from_a_draft_to_offers_in_the_office(trauma, couples, office, staff):
    now = timezone.localtime()
    added = office.post(
        reverse("admin:consultations_round_add"),
        {
            "name": "Autumn groups",
            "words": "",
            "groups": [trauma.pk, couples.pk],
            "opens_at_0": f"{now:%Y-%m-%d}",
            "opens_at_1": "00:00",
            "closes_at_0": f"{now.year + 1}-01-01",
            "closes_at_1": "00:00",
            "choices": 3,
            "apart_names": 2,
            "night_from": "22:00",
            "night_until": "07:00",
        },
    )
    assert added.status_code == 302, added.context["adminform"].errors
    round_ = Round.objects.get()
    assert "Open the round" in office.get(places(round_)).content.decode()
    act(office, round_, "open")
    user = make_wisher("Ursula Wishes")
    wish(round_, user, trauma, couples, aparts=["Somebody Unknown"])
    page = office.get(places(round_)).content.decode()
    assert "Somebody Unknown" in page
    assert "Propose" not in page
    apart = Apart.objects.get()
    settle = reverse("admin:consultations_round_apart", args=[apart.pk])
    office.post(settle, {f"apart-{apart.pk}-person": "nobody"})
    assert "Somebody Unknown" not in office.get(places(round_)).content.decode()
    act(office, round_, "close")
    act(office, round_, "propose")
    page = office.get(places(round_)).content.decode()
    assert "1 of 1 people have a place" in page
    placement = Placement.objects.get()
    move = reverse("admin:consultations_round_move", args=[placement.pk])
    assert "Ursula Wishes" in office.get(move).content.decode()
    assert office.post(move, {"group": couples.pk, "reason": ""}).status_code == 302
    publish = reverse("admin:consultations_round_publish", args=[round_.pk])
    assert "This is done once" in office.get(publish).content.decode()
    data = {"proposal": Proposal.objects.get().pk, "revision": 1}
    office.post(publish, data)
    placing.carry_out(Proposal.objects.get())
    assert Offer.objects.get().application.cohort == couples.cohort
    assert "Published by Stella Staff" in office.get(places(round_)).content.decode()
    again = office.post(publish, data, follow=True)
    assert "has published this round already" in again.content.decode()
    assert office.get(reverse("admin:consultations_round_changelist")).status_code == 200
    assert (
        office.get(reverse("admin:consultations_round_change", args=[round_.pk])).status_code == 200
    )


def test_an_offer_that_could_not_be_made_is_named_and_tried_again(season, trauma, office, staff):
    user = make_wisher("Ursula Wishes")
    wish(season, user, trauma)
    close(season, staff)
    season.refresh_from_db()
    proposal = proposals.propose(season, by=staff)
    proposals.publish(proposal, revision=0, by=staff)
    insurance = user.prerequisites.filter(kind="insurance")
    insurance.update(expires_on="2020-01-01")
    placing.carry_out(proposal)
    page = office.get(places(season)).content.decode()
    assert "Offers that could not be made" in page
    insurance.update(expires_on="2099-01-01")
    office.post(reverse("admin:consultations_round_retry", args=[proposal.placements.get().pk]))
    placing.carry_out(proposal)
    assert Offer.objects.exists()
    assert "could not be made" not in office.get(places(season)).content.decode()


def test_before_publishing_whoever_may_not_enter_any_more_is_named(trauma, couples, office, staff):
    round_ = make_round(trauma, couples, by=staff)
    away, still = make_wisher("Away Ada"), make_wisher("Still Sam")
    for user in (away, still):
        wish(round_, user, trauma)
    close(round_, staff)
    proposals.propose(Round.objects.get(), by=staff)
    sent(couples.cohort, away)
    page = office.get(reverse("admin:consultations_round_publish", args=[round_.pk]))
    html = page.content.decode()
    assert "no offer is made to them" in html
    assert "Away Ada" in html
    assert "Still Sam" not in html
    assert "One person gets an application and an offer" in html


def test_nobody_else_reaches_the_desk(season, trauma, as_user, facilitator, aid_decider, stranger):
    wish(season, make_wisher(), trauma, aparts=["Ruth"])
    trauma.cohort.facilitators.add(facilitator)
    for user in (facilitator, aid_decider, stranger):
        answer = as_user(user).get(places(season))
        assert answer.status_code in {302, 403}
        if answer.status_code == 302:
            assert "login" in answer.url


def test_the_list_s_spreadsheet_has_no_wishes_in_it(season, trauma, office):
    wish(season, make_wisher("Wanda"), trauma, aparts=["Ruth Private"])
    csv = office.post(
        reverse("admin:consultations_round_changelist"),
        {"action": "export_csv", "_selected_action": [season.pk]},
    )
    text = b"".join(csv).decode()
    assert "Spring groups" in text
    assert "Ruth" not in text


def test_the_queue_knows_a_round_that_waits(season, trauma, office, staff):
    label = "Rounds that wait for a proposal"
    close(season, staff)
    listed = office.get(reverse("admin:consultations_round_changelist"), {"waiting": "proposal"})
    assert "Spring groups" in listed.content.decode()
    assert label in office.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_desk_costs_the_same_for_any_number_of_people(
    trauma, couples, staff, office, count, django_assert_num_queries
):
    third = make_group("Third")
    season = make_round(trauma, couples, third, by=staff)
    for number in range(count):
        wish(season, make_wisher(), trauma, couples, aparts=[f"Unknown {number}"])
    wish(season, make_wisher(), trauma, attends_live=False)
    close(season, staff)
    season.refresh_from_db()
    proposals.propose(season, by=staff)
    office.get(places(season))
    with django_assert_num_queries(QUERIES_OF_THE_DESK):
        office.get(places(season))


QUERIES_OF_THE_DESK = 18


def test_a_round_of_somebody_s_colleague_keeps_promised_facts(season, office):
    page = office.get(reverse("admin:consultations_round_change", args=[season.pk]))
    assert page.status_code == 200
    assert 'name="closes_at_0"' in page.content.decode()
    assert 'name="choices"' not in page.content.decode()


def test_people_without_a_second_factor_stay_outside(season, as_user):
    bare = world.make_user("bare@example.com", "staff")
    bare.authenticator_set.all().delete()
    assert as_user(bare).get(places(season)).status_code == 302
