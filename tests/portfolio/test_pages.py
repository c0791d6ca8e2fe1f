"""The pages: what is typed is kept whatever happens, lists stay cheap, nobody else reads."""

import io
import json

import pytest
from django.urls import reverse
from pypdf import PdfReader

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import CaseStudy, ClientSession, KnownWord
from certification.portfolio.queries.papers import parts_to_read
from scip.accounts.models import Role
from supervision.models import Agreement, Competency
from tests import world
from tests.portfolio.desk import Author, make_author, typed

BY_ITSELF = {"X-Autosave": "1"}


@pytest.fixture
def author(db):
    return make_author()


@pytest.fixture
def client(author, as_user):
    return as_user(author.user)


def page(row, name="case"):
    return reverse(f"portfolio:{name}", args=[row.pk])


def test_from_a_new_label_to_a_saved_text(author, client):
    answer = client.post(reverse("portfolio:case_new"), {"new_label": "Client A"})
    row = CaseStudy.objects.get()
    assert answer.url == page(row)
    assert row.label.name == "Client A"
    client.post(page(row), typed(row, happened="She waited.", levels=["presence"]))
    row.refresh_from_db()
    assert (row.happened, row.levels, row.revision) == ("She waited.", ["presence"], 1)
    assert "She waited." in client.get(page(row)).content.decode()


def test_a_label_like_a_name_is_kept_with_a_hint(author, client):
    answer = client.post(reverse("portfolio:clients"), {"name": "Maria"}, follow=True)
    assert "could be read as a name" in answer.content.decode()
    assert author.candidacy.portfolio.labels.get().name == "Maria"


def test_it_saves_itself_and_tells_the_window_its_version(author, client):
    row = author.case()
    answer = client.post(page(row), typed(row, practice="Soften"), headers=BY_ITSELF)
    assert (answer.status_code, answer.json()) == (200, {"version": 1})
    stale = client.post(page(row), typed(row, practice="Older"), headers=BY_ITSELF)
    assert stale.status_code == 409
    assert CaseStudy.objects.get().practice == "Soften"


def test_two_windows_are_shown_side_by_side_and_joined(author, client):
    row = author.case(happened="At first", practice="Old practice")
    opened = client.get(page(row)).context["base"]
    one = Competency.objects.first()
    author.save(row, practice="Their practice", reflection="Theirs", competencies=[one.pk])
    mine = typed(row, version=1, base=opened, happened="Mine", practice="Old practice",
                 reflection="", competencies=[])  # fmt: skip
    answer = client.post(page(row), mine)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert all(words in text for words in ("Mine", "At first", "Their practice", "Theirs"))
    choices = {item.name: item.takes_mine for item in answer.context["choices"]}
    # What this window never touched is offered as saved; what it changed as typed.
    assert choices == {
        "happened": True, "practice": False, "reflection": False, "competencies": False,
    }  # fmt: skip
    taken = {f"choose-{name}": "mine" if mine else "other" for name, mine in choices.items()}
    client.post(page(row), mine | {"version": 2} | taken)
    row = CaseStudy.objects.get()
    assert (row.happened, row.practice, row.reflection) == ("Mine", "Their practice", "Theirs")
    assert list(row.competencies.all()) == [one]


def test_a_third_window_is_told_as_well(author, client):
    row = author.case(happened="One")
    author.save(row, happened="Two")
    taken = typed(row, version=1, happened="Mine") | {"choose-happened": "mine"}
    assert client.post(page(row), taken).status_code == 409
    assert CaseStudy.objects.get().happened == "Two"


@pytest.mark.parametrize("base", ["", "[]", "no json", '{"happened": 3}'])
def test_a_window_without_its_hashes_loses_nothing(author, client, base):
    row = author.case(happened="One")
    answer = client.post(page(row), typed(row, version=0, base=base, happened="Mine"))
    assert answer.status_code == 409
    assert answer.context["choices"][0].takes_mine


@pytest.mark.parametrize("word", ["wort ", "слово ", "言葉の", "a" * 7 + " "])
def test_fifty_thousand_words_are_kept_whole(author, client, word):
    row = author.case()
    text = (word * 50_000).strip()
    answer = client.post(page(row), typed(row, happened=text))
    assert answer.status_code == 302
    assert CaseStudy.objects.get().happened == text


def test_what_is_too_long_is_told_and_still_there(author, client):
    row = author.case(happened="Before")
    text = "word " * 90_000
    answer = client.post(page(row), typed(row, happened=text, practice="Kept in the page"))
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "holds up to 400000 characters" in body
    assert text.strip() in body
    assert "Kept in the page" in body
    assert 'maxlength="400000"' not in body
    assert client.post(page(row), typed(row, happened=text), headers=BY_ITSELF).status_code == 422
    assert CaseStudy.objects.get().happened == "Before"


def test_an_ended_candidacy_keeps_what_was_typed_in_the_page(author, client):
    row = author.case(happened="Before")
    Candidacy.objects.update(state="closed", close_reason="Over.")
    answer = client.post(page(row), typed(row, happened="Typed in vain"))
    assert answer.status_code == 409
    assert "Typed in vain" in answer.content.decode()
    assert client.get(page(row)).url == page(row, "case_read")
    assert client.get(page(row, "case_read")).status_code == 200


def test_what_was_noticed_is_marked_and_learned(author, client):
    row = author.case(population="We met in Lisbon. They moved to Porto.")
    body = client.get(page(row)).content.decode()
    assert "<mark>Porto</mark>" in body
    client.post(page(row), typed(row, fine="Porto", happened="Typed meanwhile"))
    assert CaseStudy.objects.get().happened == "Typed meanwhile"
    body = client.get(page(row, "case_noticed")).content.decode()
    assert "<mark>Porto</mark>" not in body
    assert "<mark>Lisbon</mark>" in body
    row.refresh_from_db()
    client.post(page(row), typed(row, avoid="Typed"))
    assert KnownWord.objects.get(is_to_avoid=True).text == "Typed"
    assert "<mark>Typed</mark>" in client.get(page(row, "case_noticed")).content.decode()


def test_marked_text_is_escaped(author, client):
    row = author.case(population="They moved to <script>Porto</script> and to Porto<b>.")
    body = client.get(page(row)).content.decode()
    assert "<script>Porto" not in body
    assert "&lt;b&gt;" in body


@pytest.fixture
def pair(author):
    guide = world.make_supervisor(world.make_user("guide@example.com", name="Gita"))
    from django.utils import timezone

    agreement = world.make_agreement(author.candidacy, guide, signed_at=timezone.now())
    return agreement, guide.user


def test_the_supervisor_reads_what_is_shown_while_the_agreement_is_active(author, pair, as_user):
    agreement, guide = pair
    shown, hidden = author.case(happened="Shown words"), author.case(happened="Hidden words")
    services.show_case(shown, True, by=author.user)
    reader = as_user(guide)
    before = reader.get(page(shown, "case_read")).content.decode()
    assert "Shown words" not in before
    assert "Open and read" in before
    opened = reader.post(page(shown, "case_open"), follow=True)
    assert "Shown words" in opened.content.decode()
    assert "Shown words" in reader.get(page(shown, "case_read")).content.decode()
    shared = reader.get(reverse("portfolio:shared")).content.decode()
    assert page(shown, "case_read") in shared
    assert page(hidden, "case_read") not in shared
    assert reader.post(page(hidden, "case_open")).status_code == 404
    closed = [page(hidden, "case_read"), page(shown), page(shown, "case_pdf")]
    for url in closed:
        assert reader.get(url).status_code == 404
    Agreement.objects.filter(pk=agreement.pk).update(state="ended", ended_at=agreement.active_at)
    assert reader.get(page(shown, "case_read")).status_code == 404
    assert reader.post(page(shown, "case_open")).status_code == 404
    assert page(shown, "case_read") not in reader.get(reverse("portfolio:shared")).content.decode()


@pytest.mark.parametrize("role", [*Role, None])
def test_nobody_else_reads_whatever_their_role(author, pair, as_user, role):
    row = author.case("Client A", happened="Kanari")
    services.show_case(row, True, by=author.user)
    person = world.make_user("other@example.com", *([role] if role else []))
    assert not CaseStudy.objects.visible_to(person).exists()
    if role is None:
        for name in ("case", "case_read", "case_pdf", "case_noticed"):
            assert as_user(person).get(page(row, name)).status_code == 404


@pytest.mark.parametrize(
    ("name", "queries"),
    [("home", 15), ("map", 12), ("clients", 5), ("words", 5), ("log", 9), ("case_new", 6)],
)
def test_lists_ask_the_same_with_one_row_and_with_three(
    author, client, django_assert_num_queries, name, queries
):
    fill(author, "A")
    client.get("/healthz")  # the first request of a session keeps it
    with django_assert_num_queries(queries):
        assert client.get(reverse(f"portfolio:{name}")).status_code == 200
    fill(author, "B")
    fill(author, "C")
    with django_assert_num_queries(queries):
        client.get(reverse(f"portfolio:{name}"))


def test_the_supervisors_list_asks_the_same(author, pair, as_user, django_assert_num_queries):
    reader = as_user(pair[1])
    reader.get("/healthz")
    for count in (1, 3):
        while CaseStudy.objects.count() < count:
            services.show_case(author.case(f"Client {CaseStudy.objects.count()}"), True, by=author.user)  # fmt: skip
        with django_assert_num_queries(7):
            reader.get(reverse("portfolio:shared"))


def fill(author: Author, letter: str) -> None:
    one = Competency.objects.first()
    excerpt = services.hand_in(
        author.candidacy,
        by=author.user,
        kind="video",
        competencies=[one],
        title=letter,
        consent_on=author.candidacy.created_at.date(),
        consent_scope="review",
        identity="removed",
    )
    type(excerpt).objects.update(seen_at=author.candidacy.created_at)
    row = author.case(f"Client {letter}", happened="So", competencies=[one.pk])
    write_up = services.begin_write_up(author.candidacy, "case", by=author.user, title=letter)
    author.save(write_up, competencies=[one.pk])
    services.remember_word(author.candidacy, f"Name{letter}", is_to_avoid=True, by=author.user)
    services.log_session(
        author.candidacy, label=row.label, held_on=row.created_at.date(), minutes=50, by=author.user
    )


def test_the_map_names_gaps(author, client):
    first, second = Competency.objects.all()[:2]
    author.case(happened="So", competencies=[first.pk])
    shown = client.get(reverse("portfolio:map")).context["shown"]
    assert (shown[0].count, shown[1].in_words) == (1, "Nothing shows this yet.")
    assert second.name in client.get(reverse("portfolio:map")).content.decode()


def test_the_log_counts_beside_what_was_attested(author, client):
    services.add_label(author.candidacy, "=Client A", by=author.user)
    label = author.candidacy.portfolio.labels.get()
    data = {"held_on": "2026-01-07", "label": label.pk, "minutes": 50, "practice": "=1+1"}
    client.post(reverse("portfolio:log"), data)
    client.post(reverse("portfolio:log"), data | {"held_on": "2026-01-14"})
    late = client.post(reverse("portfolio:log"), data | {"held_on": "2126-01-14"})
    assert "still to come" in late.content.decode()
    for minutes in ("0", "601", "x"):
        client.post(reverse("portfolio:log"), data | {"minutes": minutes})
    assert ClientSession.objects.count() == 2
    totals = client.get(reverse("portfolio:log")).context["totals"]
    assert (totals.sessions, totals.clients, totals.minutes) == (2, 1, 100)
    lines = b"".join(client.get(reverse("portfolio:log_csv")).streaming_content).decode()
    assert lines.splitlines()[1] == "2026-01-07,'=Client A,50,'=1+1"


def test_a_line_is_corrected_and_taken_out(author, client):
    fill(author, "A")
    row = ClientSession.objects.get()
    other = make_author(2)
    foreign = services.add_label(other.candidacy, "Client Z", by=other.user)
    url = reverse("portfolio:session", args=[row.pk])
    data = {"held_on": "2026-01-07", "label": foreign.pk, "minutes": 30, "practice": ""}
    assert client.post(url, data).status_code == 200
    assert client.post(url, data | {"label": row.label_id}).status_code == 302
    row.refresh_from_db()
    assert row.minutes == 30
    client.post(reverse("portfolio:session_remove", args=[row.pk]))
    assert not ClientSession.objects.exists()


def test_one_case_study_on_paper(author, client):
    row = author.case("Client A", population="Adults", happened="One\n\nTwo")
    answer = client.get(page(row, "case_pdf"))
    assert answer.content.startswith(b"%PDF-")
    assert "attachment" in answer["Content-Disposition"]
    author.save(row, revision=1, happened="Long " * 50_000)
    assert client.get(page(row, "case_pdf")).url == reverse("portfolio:cases_paper")


def test_a_reflection_on_paper(author, client):
    row = services.begin_write_up(author.candidacy, "reflection", by=author.user, title="Hurry")
    author.save(row, text="What hurry protects me from.")
    answer = client.get(page(row, "write_up_pdf"))
    assert "reflection" in answer["Content-Disposition"]
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Hurry" in words
    assert "protects me from" in words
    author.save(row, revision=1, text="Long " * 50_000)
    assert client.get(page(row, "write_up_pdf")).url == page(row, "write_up_read")
    assert as_other(client).get(page(row, "write_up_pdf")).status_code == 404


def as_other(client):
    client.force_login(make_author(2).user)
    return client


def test_the_levels_stand_in_their_own_order(author):
    row = author.case(levels=["interventions", "alliance", "presence"])
    ((_label, words),) = parts_to_read(row)
    assert words.splitlines() == [str(item.label) for item in CaseStudy.Level]


def test_the_board_names_what_is_empty_where_something_was_begun(author, client):
    author.case("Client A", **dict.fromkeys(CaseStudy.TEXTS[:-1], "So"), levels=["presence"])
    author.case()
    board = client.get(reverse("portfolio:home")).content.decode()
    assert board.count('<p class="small soft">Still empty: Competencies it shows; Reflection') == 1


def test_a_line_of_the_log_that_could_tell_who_it_is_is_kept_with_a_hint(author, client):
    label = services.add_label(author.candidacy, "Client A", by=author.user)
    data = {"held_on": "2026-01-07", "label": label.pk, "minutes": 50}
    url = reverse("portfolio:log")
    answer = client.post(url, data | {"practice": "with her sister Anna"}, follow=True)
    assert "“Anna” could tell who it is" in answer.content.decode()
    line = reverse("portfolio:session", args=[ClientSession.objects.get().pk])
    answer = client.post(line, data | {"practice": "with her sister"}, follow=True)
    assert "could tell who it is" not in answer.content.decode()
    said = {"practice": "with Dr. Weber, then Dr. Weber alone"}
    answer = client.post(line, data | said, follow=True)
    assert "“Weber” could tell who it is" in answer.content.decode()


def test_whoever_never_registered_reads_what_it_is_for(stranger, as_user):
    client = as_user(stranger)
    assert "belongs to certification" in client.get(reverse("portfolio:home")).content.decode()
    assert client.get(reverse("portfolio:map")).url == reverse("portfolio:home")
    assert client.post(reverse("portfolio:case_new"), {}).url == reverse("portfolio:home")


def test_the_hashes_are_kept_in_the_page(author, client):
    row = author.case(happened="So")
    assert set(json.loads(client.get(page(row)).context["base"])) == {*CaseStudy.PARTS, "label"}
