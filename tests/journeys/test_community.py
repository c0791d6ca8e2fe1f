"""The group's space in a real browser: talk, moderation, materials, letters, an affinity space."""

from typing import Any

from playwright.sync_api import expect

from scip.accounts.models import User
from scip.community.models import AffinityMember, Post, Report, Thread
from scip.mail.models import Letter
from tests.cohorts.meeting import enrol, lead
from tests.cohorts.test_facilitate import begun
from tests.community.rooms import make_space
from tests.world import make_user


def group() -> tuple[Any, User, list[User]]:
    """A cohort at its third session with two people who know each other by now."""
    cohort = begun(3, title="Spring cohort 2027")
    people = [
        make_user("amara@example.com", name="Amara Okonkwo-Lindqvist", profession="Counsellor"),
        make_user("yuki@example.com", name="雪 Tanaka"),
    ]
    for person in people:
        enrol(person, cohort)
    return cohort, lead(cohort), people


def test_people_of_a_group_talk_and_are_moderated(someone: Any, staff: User) -> None:
    cohort, leader, (amara, yuki) = group()
    first = someone(amara)
    first.go(f"/enrolments/{amara.enrolments.get().pk}/")
    first.follow("Your group’s space: materials, announcements, conversations")
    first.at(f"/groups/{cohort.pk}/")
    first.look(closely=True)
    first.follow("Begin a conversation")
    first.field("What is it about?").fill("When the critic is loud")
    first.field("Your words").fill("How do you begin?\n\nI read https://example.org/soft.")
    first.press("Begin it")
    thread = Thread.objects.get()
    first.at(f"/groups/threads/{thread.pk}/")
    first.look(closely=True)
    second = someone(yuki, viewport={"width": 390, "height": 800})
    second.go(f"/groups/{cohort.pk}/")
    second.follow("When the critic is loud")
    expect(second.page.get_by_role("button", name="I have read this")).to_have_count(0)
    second.look(closely=True)
    second.field("Your words").fill("You should all <b>listen</b> to me.")
    second.press("Send it")
    post = Post.objects.latest("pk")
    expect(second.page.locator(f"#post-{post.pk}")).to_contain_text("<b>listen</b>")
    second.page.get_by_role("link", name="Change your post").click()
    second.field("Your words").fill("Listen to me.")
    second.press("Keep the changes")
    second.reads("edited")
    first.go(f"/groups/threads/{thread.pk}/")
    first.page.get_by_role("link", name="Report this post of 雪 Tanaka").click()
    first.look()
    first.field("What troubles you").fill("It felt harsh.")
    first.press("Send it to the office")
    first.reads("The office looks at it")
    faculty = someone(leader)
    faculty.go(f"/groups/threads/{thread.pk}/")
    faculty.follow("Hide this post of 雪 Tanaka")
    faculty.look()
    faculty.field("Why").fill("Let us ask instead of tell.")
    faculty.press("Hide it")
    faculty.reads("This post is hidden from the group")
    faculty.look()
    faculty.press("Show it again")
    office = someone(staff)
    office.go("/admin/")
    office.reads("Reported posts")
    office.go(f"/admin/community/report/{Report.objects.get().pk}/change/")
    office.follow("Look at the post")
    office.reads("It felt harsh.")
    office.look()
    office.press("Leave it where it is")
    second.go(f"/groups/threads/{thread.pk}/")
    second.page.get_by_role("button", name="Take back").click()
    second.page.locator("dialog").get_by_role("button", name="Take them back").click()
    second.reads("taken back by their author")


def test_a_facilitator_brings_materials_and_writes(someone: Any) -> None:
    cohort, leader, (amara, _yuki) = group()
    faculty = someone(leader)
    faculty.go(f"/facilitate/{cohort.pk}/")
    faculty.follow("The group’s space: materials, announcements, conversations")
    faculty.follow("Add a material")
    faculty.field("Title").fill("Soles of the feet")
    faculty.field("Or a link").fill("https://example.org/practice")
    faculty.look(closely=True)
    faculty.press("Publish it")
    faculty.reads("is there for the group")
    faculty.look(closely=True)
    faculty.go(f"/groups/{cohort.pk}/announcements/new/")
    faculty.field("Subject").fill("Bring a stone")
    faculty.field("Your letter").fill("Something that fits your hand.")
    faculty.press("Look at the letter first")
    faculty.reads("This letter will go out")
    faculty.look(closely=True)
    faculty.press("Send it")
    faculty.reads("on its way to 3 people")
    assert Letter.objects.filter(subject="Bring a stone").count() == 3
    reader = someone(amara)
    for path in ("", "materials/", "announcements/", "threads/", "threads/new/", "people/"):
        reader.go(f"/groups/{cohort.pk}/{path}")
    reader.page.get_by_label("My name, profession and country").check()
    reader.press("Keep this choice")
    reader.reads("Counsellor")
    reader.look(closely=True)


def test_an_affinity_space_is_joined_and_left(someone: Any) -> None:
    _cohort, _leader, (amara, _yuki) = group()
    space = make_space(name="Therapists of colour", description="To speak without explaining.")
    reader = someone(amara)
    reader.go("/groups/")
    reader.look(closely=True)
    reader.follow("Therapists of colour")
    reader.look(closely=True)
    reader.press("Join this space")
    reader.reads("Who is here")
    reader.look(closely=True)
    reader.follow("Begin a conversation")
    reader.field("What is it about?").fill("Hello")
    reader.field("Your words").fill("Glad to be here.")
    reader.press("Begin it")
    reader.go(f"/groups/spaces/{space.pk}/")
    reader.page.get_by_role("button", name="Leave this space").click()
    reader.page.locator("dialog").get_by_role("button", name="Leave this space").click()
    reader.reads("You have left.")
    assert not AffinityMember.objects.exists()


def test_talking_works_without_scripts(someone: Any) -> None:
    cohort, _leader, (amara, yuki) = group()
    first = someone(amara, java_script_enabled=False)
    first.go(f"/groups/{cohort.pk}/threads/new/")
    first.field("What is it about?").fill("Quiet")
    first.field("Your words").fill("One breath.")
    first.press("Begin it")
    second = someone(yuki, java_script_enabled=False)
    second.go(f"/groups/threads/{Thread.objects.get().pk}/")
    second.press("I have read this")
    second.at(f"/groups/{cohort.pk}/threads/")
    assert Post.objects.count() == 1
