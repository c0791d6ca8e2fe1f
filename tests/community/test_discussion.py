"""Conversations: who reads, who writes, twice is once, hiding, reporting, markup."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scip.audit.models import Entry
from scip.community.models import Post, Reading, Report, Thread
from scip.community.services import (
    edit_post,
    hide_post,
    keep_post,
    mark_read,
    release_post,
    reply,
    report_post,
    restore_post,
    start_thread,
    take_back_post,
    uphold_report,
)
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests.community.rooms import answer, begin, make_group, make_space

pytestmark = pytest.mark.django_db
LONG = "x" * 5001


def page_of(client, thread, **query):
    return client.get(reverse("community:thread", args=[thread.pk]), query).content.decode()


def test_the_pages_work_from_the_form_on(as_user):
    cohort, _leader, (ana, ben) = make_group()
    client = as_user(ana)
    new = reverse("community:new", args=[cohort.pk])
    token = client.get(new).context["form"]["token"].value()
    words = {"title": "Breathing", "body": "First.\r\n\r\nSecond.", "token": token}
    assert client.post(new, words).status_code == 302
    thread = Thread.objects.get()
    assert (thread.cohort, thread.posts.get().body) == (cohort, "First.\n\nSecond.")
    page = page_of(as_user(ben), thread)
    assert "<p>First.</p>\n\n<p>Second.</p>" in page
    sent = as_user(ben).post(reverse("community:thread", args=[thread.pk]), {"body": "Thank you."})
    post = thread.posts.last()
    assert sent["Location"].endswith(f"?before={post.pk + 1}#post-{post.pk}")
    assert [row.author for row in thread.posts.all()] == [ana, ben]


def test_the_same_form_sent_twice_is_one_post(as_user):
    cohort, _leader, (ana, _ben) = make_group()
    thread = begin(cohort, ana)
    url = reverse("community:thread", args=[thread.pk])
    data = {"body": "Once.", "token": str(uuid.uuid4())}
    for _press in range(2):
        assert as_user(ana).post(url, data).status_code == 302
    assert thread.posts.filter(body="Once.").count() == 1
    # Going back, writing something else and sending the old form loses nothing.
    as_user(ana).post(url, data | {"body": "Something else."})
    assert list(thread.posts.values_list("body", flat=True)) == [
        "How was it?", "Once.", "Something else.",
    ]  # fmt: skip
    new = reverse("community:new", args=[cohort.pk])
    data |= {"title": "Twice"}
    for _press in range(2):
        as_user(ana).post(new, data)
    assert Thread.objects.filter(title="Twice").count() == 1
    # Without the token's word it would be two: the check can fail.
    as_user(ana).post(new, data | {"token": ""})
    assert Thread.objects.filter(title="Twice").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_at_the_same_moment_is_one_post():
    cohort, _leader, (ana, _ben) = make_group()
    thread = begin(cohort, ana)
    token, gate, failures = uuid.uuid4(), threading.Barrier(4), []

    def press(number):
        try:
            gate.wait(timeout=10)
            if number % 2:
                reply(thread, body="Once.", by=ana, token=token)
            else:
                start_thread(cohort, title="New", body="Once.", by=ana, token=token)
        except (IntegrityError, threading.BrokenBarrierError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[number]) for number in range(4)]
    for item in threads:
        item.start()
    for item in threads:
        item.join()
    assert failures == []
    assert Thread.objects.filter(title="New").count() == 1


@pytest.mark.parametrize(
    "body",
    ["<script>alert(1)</script>", '"><img src=x onerror=a()>', "[x](javascript:a())", "a\x00b"],
)
def test_whatever_is_written_stays_text(as_user, body):
    cohort, _leader, (ana, ben) = make_group()
    thread = begin(cohort, ana)
    url = reverse("community:thread", args=[thread.pk])
    assert as_user(ana).post(url, {"body": body}).status_code == 302
    page = page_of(as_user(ben), thread)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "\x00" not in thread.posts.last().body
    # What can't be shown as markup is shown as words.
    assert thread.posts.last().body == body.replace("\x00", "")


def test_addresses_become_links_that_lead_nobody_on():
    from django.template import Context, Template

    said = Template("{{ body|urlize|linebreaks }}").render(
        Context({"body": 'See https://example.org/a"onclick=x and javascript:a()'})
    )
    assert 'rel="nofollow"' in said
    assert "javascript:a()</a>" not in said
    assert '"onclick' not in said


def test_too_long_a_text_is_kept_in_the_field(as_user):
    cohort, _leader, (ana, _ben) = make_group()
    thread = begin(cohort, ana)
    page = as_user(ana).post(reverse("community:thread", args=[thread.pk]), {"body": LONG})
    content = page.content.decode()
    assert "5,000 characters fit here and this is 1 more" in content
    assert LONG in content
    assert "maxlength" not in content
    assert thread.posts.count() == 1
    fits = as_user(ana).post(reverse("community:thread", args=[thread.pk]), {"body": LONG[1:]})
    assert fits.status_code == 302


def test_one_edits_and_takes_back_only_one_s_own(as_user):
    cohort, leader, (ana, ben) = make_group()
    thread = begin(cohort, ana)
    post = thread.posts.get()
    for other in (ben, leader):
        for name in ("edit", "take_back"):
            url = reverse(f"community:{name}", args=[post.pk])
            assert as_user(other).post(url, {"body": "Mine."}).status_code == 404
        with pytest.raises(Refusal):
            edit_post(post, body="Mine.", by=other)
        with pytest.raises(Refusal):
            take_back_post(post, by=other)
    as_user(ana).post(reverse("community:edit", args=[post.pk]), {"body": "Better."})
    page = page_of(as_user(ben), thread)
    assert "Better." in page
    assert "edited" in page
    as_user(ana).post(reverse("community:take_back", args=[post.pk]))
    page = page_of(as_user(ben), thread)
    assert "Better." not in page
    assert "taken back by their author" in page
    post.refresh_from_db()
    assert (post.body, post.state) == ("", "shown")
    with pytest.raises(Refusal):
        edit_post(post, body="Again.", by=ana)


def test_the_database_keeps_words_and_taking_back_apart():
    cohort, _leader, (ana, _ben) = make_group()
    post = begin(cohort, ana).posts.get()
    for fields in ({"body": ""}, {"deleted_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Post.objects.filter(pk=post.pk).update(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(state="hidden")


def test_a_hidden_post_is_read_by_its_author_and_the_leaders(as_user):
    cohort, leader, (ana, ben) = make_group()
    thread = begin(cohort, ana, body="Too much.")
    post = thread.posts.get()
    hide = reverse("community:hide", args=[post.pk])
    assert as_user(ben).post(hide, {"reason": "No."}).status_code == 403
    assert b"no words here yet" in as_user(leader).post(hide, {"reason": " "}).content
    assert as_user(leader).post(hide, {"reason": "It names a client."}).status_code == 302
    pages = {user.pk: page_of(as_user(user), thread) for user in (ana, ben, leader)}
    assert {
        pk: ("Too much." in page, "It names a client." in page) for pk, page in pages.items()
    } == {
        ana.pk: (True, True),
        ben.pk: (False, False),
        leader.pk: (True, True),
    }
    with pytest.raises(Refusal):
        edit_post(post, body="Changed.", by=ana)
    with pytest.raises(IllegalMove):
        hide_post(post, reason="Again.", by=leader)
    as_user(leader).post(reverse("community:restore", args=[post.pk]))
    assert "Too much." in page_of(as_user(ben), thread)
    with pytest.raises(IllegalMove):
        restore_post(post, by=leader)


def test_a_leader_of_another_group_moderates_nothing(as_user):
    cohort, _leader, (ana, _ben) = make_group()
    _other, stranger, _people = make_group()
    post = begin(cohort, ana).posts.get()
    url = reverse("community:hide", args=[post.pk])
    assert as_user(stranger).post(url, {"reason": "No."}).status_code == 404


def test_the_office_reads_the_reported_post_and_nothing_beside_it(as_user, staff):
    cohort, _leader, (ana, ben) = make_group()
    thread = begin(cohort, ana, body="Harsh words.")
    answer(thread, ben, "Private answer.")
    post = thread.posts.first()
    client = as_user(staff)
    for name, pk in (("home", cohort.pk), ("thread", thread.pk), ("report", post.pk)):
        assert client.get(reverse(f"community:{name}", args=[pk])).status_code == 404
    report_url = reverse("community:report", args=[post.pk])
    for _press in range(2):
        assert as_user(ben).post(report_url, {"reason": "It hurts."}).status_code == 302
    report = Report.objects.get()
    assert "your own post" in as_user(ana).post(report_url, {"reason": "x"}).content.decode()
    assert "Reported posts" in client.get("/admin/").content.decode()
    decide = reverse("admin:community_report_decide", args=[report.pk])
    page = client.get(decide).content.decode()
    assert "Harsh words." in page
    assert "It hurts." in page
    assert "Private answer." not in page
    assert b"needs to read why" in client.post(decide, {"hide": "Hide it"}).content
    assert client.post(decide, {"hide": "1", "reason": "Please be gentle."}).status_code == 302
    post.refresh_from_db()
    report.refresh_from_db()
    assert (post.state, report.state, report.upheld_by) == ("hidden", "upheld", staff)
    assert "Please be gentle." in page_of(as_user(ana), thread)
    assert "Harsh words." in client.get(decide).content.decode()
    with pytest.raises(IllegalMove):
        keep_post(report, by=staff)
    with pytest.raises(IllegalMove):
        uphold_report(report, reason="Again.", by=staff)


def test_what_the_office_hid_stays_hidden(staff):
    cohort, leader, (ana, ben) = make_group()
    post = begin(cohort, ana).posts.get()
    first, second = (report_post(post, reason="x", by=user) for user in (ben, leader))
    uphold_report(first, reason="Please be gentle.", by=staff)
    second.refresh_from_db()
    assert second.state == "upheld"
    with pytest.raises(Refusal):
        restore_post(post, by=leader)


def test_the_office_shows_again_what_it_hid(as_user, staff):
    cohort, leader, (ana, ben) = make_group()
    thread = begin(cohort, ana, body="Harsh words.")
    post = thread.posts.get()
    reports = [report_post(post, reason="x", by=user) for user in (ben, leader)]
    uphold_report(reports[0], reason="Please be gentle.", by=staff)
    decide = reverse("admin:community_report_decide", args=[reports[1].pk])
    client = as_user(staff)
    page = client.get(decide).content.decode()
    assert ("Harsh words." in page, "Please be gentle." in page) == (True, True)
    assert client.post(decide, {"show": "1"}).status_code == 302
    post.refresh_from_db()
    assert (post.state, post.hide_reason) == ("shown", "")
    states = Report.objects.values_list("state", "released_by").distinct()
    assert list(states) == [("released", staff.pk)]
    assert "Harsh words." in page_of(as_user(ben), thread)
    assert "Harsh words." not in client.get(decide).content.decode()
    logged = Entry.objects.filter(action__in=["post.shown", "report.released"]).order_by("pk")
    assert {row.actor_id for row in logged} == {staff.pk}
    assert logged.count() == 3
    again = client.post(decide, {"show": "1"})
    assert again.status_code == 200
    assert logged.count() == 3
    hide_post(post, reason="Not here.", by=leader)
    restore_post(post, by=leader)


def test_what_a_facilitator_hid_is_theirs_again_when_the_office_lets_go(as_user, staff):
    cohort, leader, (ana, ben) = make_group()
    post = begin(cohort, ana).posts.get()
    report = report_post(post, reason="x", by=ben)
    hide_post(post, reason="Not here.", by=leader)
    uphold_report(report, reason="Indeed.", by=staff)
    decide = reverse("admin:community_report_decide", args=[report.pk])
    page = as_user(staff).post(decide, {"show": "1"}, follow=True).content.decode()
    assert "now they can show it again" in page
    post.refresh_from_db()
    assert (post.state, post.hide_reason) == ("hidden", "Not here.")
    assert restore_post(post, by=leader).state == "shown"


def test_a_post_taken_back_is_not_shown_again(staff):
    cohort, _leader, (ana, ben) = make_group()
    post = begin(cohort, ana).posts.get()
    report = report_post(post, reason="x", by=ben)
    uphold_report(report, reason="Please be gentle.", by=staff)
    take_back_post(post, by=ana)
    with pytest.raises(Refusal, match="nothing left to show"):
        release_post(report, by=staff)
    report.refresh_from_db()
    assert report.state == "upheld"


@pytest.mark.parametrize("state", ["open", "kept", "released"])
def test_only_what_the_office_hid_is_released(staff, state):
    cohort, _leader, (ana, ben) = make_group()
    report = report_post(begin(cohort, ana).posts.get(), reason="x", by=ben)
    Report.objects.filter(pk=report.pk).update(state=state)
    with pytest.raises(IllegalMove):
        release_post(report, by=staff)


def test_a_kept_post_stays_and_can_be_reported_again(staff):
    cohort, _leader, (ana, ben) = make_group()
    post = begin(cohort, ana).posts.get()
    keep_post(report_post(post, reason="x", by=ben), by=staff)
    post.refresh_from_db()
    assert post.state == "shown"
    report_post(post, reason="Still.", by=ben)
    assert Report.objects.waiting().count() == 1


def test_changing_a_reported_post_does_not_change_what_troubled_somebody(as_user, staff):
    cohort, _leader, (ana, ben) = make_group()
    post = begin(cohort, ana, body="Harsh words.").posts.get()
    report = report_post(post, reason="It hurts.", by=ben)
    edit_post(post, body="Soft words.", by=ana)
    decide = reverse("admin:community_report_decide", args=[report.pk])
    page = as_user(staff).get(decide).content.decode()
    assert "Harsh words." in page
    assert "Soft words." in page
    keep_post(report, by=staff)
    report.refresh_from_db()
    assert report.words == ""
    again = report_post(post, reason="Still.", by=ben)
    assert again.words == "Soft words."
    take_back_post(post, by=ana)
    again.refresh_from_db()
    assert again.words == ""


def test_new_is_what_others_wrote_since_one_read(as_user):
    cohort, _leader, (ana, ben) = make_group()
    thread = begin(cohort, ana)
    client = as_user(ben)

    def is_new():
        home = client.get(reverse("community:home", args=[cohort.pk])).context["threads"][0].is_new
        spaces = client.get(reverse("community:list")).context["groups"][0].is_new
        assert home == spaces
        return home

    assert is_new()
    page = client.get(reverse("community:thread", args=[thread.pk]))
    assert is_new(), "a GET changes nothing"
    read = reverse("community:read", args=[thread.pk])
    client.post(read, {"until": page.context["last"].pk}, HTTP_HX_REQUEST="true")
    assert not is_new()
    assert client.get(reverse("community:thread", args=[thread.pk])).context["last"] is None
    answer(thread, ana, "More.")
    assert is_new()
    answer(thread, ben, "Thanks.")
    assert not is_new()
    assert as_user(ana).get(reverse("community:list")).context["groups"][0].is_new is not False
    for until in ("", "x", "²", "9" * 30):
        assert client.post(read, {"until": until}).status_code == 404


def test_reading_never_goes_back():
    cohort, _leader, (ana, ben) = make_group()
    thread = begin(cohort, ana, now=timezone.now() - timedelta(hours=1))
    later = answer(thread, ana)
    mark_read(later, by=ben)
    mark_read(thread.posts.first(), by=ben)
    assert Reading.objects.get(user=ben).read_at == later.written_at


def test_a_name_stands_beside_a_post_while_its_author_is_in(as_user):
    cohort, _leader, (ana, ben) = make_group()
    thread = begin(cohort, ana)
    assert "Member 00" in page_of(as_user(ben), thread)
    ana.enrolments.update(state="withdrawn")
    page = page_of(as_user(ben), thread)
    assert "Member 00" not in page
    assert "Somebody who has left" in page
    assert as_user(ana).get(reverse("community:thread", args=[thread.pk])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_are_constant_in_queries(rows, as_user):
    cohort, leader, (ana, ben) = make_group(2)
    space = make_space()
    for number in range(rows):
        thread = begin(cohort, ana, title=f"About {number}")
        for _more in range(number):
            answer(thread, ben)
    for _number in range(rows - 1):
        answer(thread, leader)
    client = as_user(ana)
    assert space.is_open
    asked = {
        reverse("community:threads", args=[cohort.pk]): 5,
        reverse("community:thread", args=[thread.pk]): 8,
        reverse("community:home", args=[cohort.pk]): 12,
    }
    for url, queries in asked.items():
        client.get(url)
        with CaptureQueriesContext(connection) as done:
            assert client.get(url).status_code == 200
        assert (url, len(done)) == (url, queries)


def test_pages_of_conversations_and_posts_lead_on(as_user, monkeypatch):
    from scip.community.queries import rooms
    from scip.community.views import discussion

    monkeypatch.setattr(rooms, "PAGE", 2)
    monkeypatch.setattr(discussion, "PAGE", 2)
    monkeypatch.setattr(discussion, "POSTS", 2)
    cohort, _leader, (ana, _ben) = make_group()
    for number in range(5):
        begin(cohort, ana, title=f"About {number}")
    client, url = as_user(ana), reverse("community:threads", args=[cohort.pk])
    seen, query = [], ""
    while True:
        context = client.get(url + query).context
        seen += [row.title for row in context["threads"]]
        query = context["next_url"]
        if not query:
            break
    assert seen == [f"About {number}" for number in range(4, -1, -1)]
    for odd in ("x", "2027-99-99T00:00:00~1", "2027-01-01~1", "~", "9" * 40):
        assert client.get(url, {"after": odd}).status_code == 200
    thread = Thread.objects.get(title="About 0")
    for number in range(4):
        answer(thread, ana, f"{number}")
    url, query, seen = reverse("community:thread", args=[thread.pk]), "", []
    while True:
        context = client.get(url + query).context
        seen += [item.post.body for item in context["posts"]]
        query = context["next_url"]
        if not query:
            break
    assert seen == ["How was it?", "0", "1", "2", "3"]
    assert client.get(url + context["previous_url"]).context["posts"][-1].post.body == "2"


def test_the_log_keeps_no_words():
    cohort, leader, (ana, _ben) = make_group()
    post = begin(cohort, ana, body="Kanari one.").posts.get()
    hide_post(post, reason="Kanari two.", by=leader)
    take_back_post(post, by=ana)
    entries = [str(row) for row in Entry.objects.values_list("data", "action")]
    assert not [row for row in entries if "Kanari" in row]
    assert Entry.objects.filter(action="post.hidden", subject_id=ana.pk).count() == 1
