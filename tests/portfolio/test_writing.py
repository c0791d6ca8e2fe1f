"""Saving: nothing typed is ever lost, two windows never write over each other."""

import pytest
from django.db import IntegrityError, transaction

from certification.candidacy.models import Candidacy
from certification.portfolio import services
from certification.portfolio.models import CaseStudy, Portfolio, WriteUp
from scip.audit.models import Entry
from scip.requirements import Refusal
from supervision.models import Competency
from tests.portfolio.desk import make_author
from tests.races import tally


@pytest.fixture
def author(db):
    return make_author()


def end(author, state="closed"):
    Candidacy.objects.filter(pk=author.candidacy.pk).update(state=state, close_reason="Over.")


def test_the_first_entry_makes_the_portfolio(author):
    assert not Portfolio.objects.exists()
    cases = [author.case() for _ in range(3)]
    assert Portfolio.objects.count() == 1
    assert [case.number for case in cases] == [1, 2, 3]


def test_a_saving_counts_up_and_the_same_words_again_do_not(author):
    row = author.case(population="Adults with shame")
    assert row.revision == 1
    assert author.save(row, population="Adults with shame").revision == 1
    one = Competency.objects.first()
    row = author.save(row, competencies=[one.pk], levels=["alliance"])
    assert row.revision == 2
    row = CaseStudy.objects.get()
    assert list(row.competencies.all()) == [one]
    assert (row.levels, row.population) == (["alliance"], "Adults with shame")


def test_an_older_window_is_told_and_changes_nothing(author):
    row = author.case(reflection="First")
    author.save(row, reflection="Second")
    with pytest.raises(services.StaleWriting):
        author.save(row, revision=1, reflection="Third")
    assert CaseStudy.objects.get().reflection == "Second"
    # What is saved already is no conflict, whatever the window knew.
    assert author.save(row, revision=0, reflection="Second").revision == 2


def test_competencies_alone_can_be_stale(author):
    keys = list(Competency.objects.values_list("pk", flat=True)[:2])
    row = author.case(competencies=keys[:1])
    author.save(row, competencies=keys)
    with pytest.raises(services.StaleWriting):
        author.save(row, revision=1, competencies=keys[1:])


def test_nobody_else_writes(author, staff, stranger):
    row = author.case(happened="Mine")
    other = make_author(2)
    for person in (staff, stranger, other.user):
        for act in (
            lambda person=person: services.save_writing(
                row, {"happened": "x"}, revision=1, by=person
            ),
            lambda person=person: services.mark_done(row, True, by=person),
            lambda person=person: services.show_case(row, True, by=person),
            lambda person=person: services.remove_case(row, by=person),
            lambda person=person: services.begin_case(author.candidacy, by=person),
            lambda person=person: services.add_label(author.candidacy, "X", by=person),
        ):
            with pytest.raises(Refusal, match="candidate alone"):
                act()
    assert CaseStudy.objects.get().happened == "Mine"


@pytest.mark.parametrize("state", ["closed", "withdrawn", "certified"])
def test_an_ended_candidacy_is_read_only(author, state):
    row = author.case(happened="Kept")
    end(author, state)
    row = CaseStudy.objects.get()
    for act in (
        lambda: author.save(row, happened="x"),
        lambda: services.mark_done(row, True, by=author.user),
        lambda: services.remove_case(row, by=author.user),
        lambda: services.begin_case(row.portfolio.candidacy, by=author.user),
        lambda: services.begin_write_up(row.portfolio.candidacy, "case", by=author.user),
    ):
        with pytest.raises(Refusal, match="come to an end"):
            act()
    assert CaseStudy.objects.get().happened == "Kept"


def test_on_leave_it_can_be_written_and_before_registration_not(author):
    Candidacy.objects.filter(pk=author.candidacy.pk).update(state="on_leave")
    assert author.case(practice="Soften").revision == 1
    early = make_author(2, "preparing")
    with pytest.raises(Refusal):
        services.open_portfolio(early.candidacy, by=early.user)


def test_labels_are_ones_own_and_once(author):
    other = make_author(2)
    foreign = services.add_label(other.candidacy, "Client A", by=other.user)
    mine = services.add_label(author.candidacy, "Client A", by=author.user)
    for name in ("client a", " Client  A "):
        with pytest.raises(Refusal, match="already"):
            services.add_label(author.candidacy, name, by=author.user)
    with pytest.raises(Refusal, match="own labels"):
        services.begin_case(author.candidacy, by=author.user, label=foreign)
    row = author.case()
    with pytest.raises(Refusal, match="own labels"):
        author.save(row, label=foreign.pk)
    author.save(row, label=mine.pk)
    with pytest.raises(Refusal, match="stays"):
        services.remove_label(mine, by=author.user)


def test_the_database_keeps_numbers_and_labels_apart(author):
    portfolio = author.case("Client A").portfolio
    with pytest.raises(IntegrityError), transaction.atomic():
        portfolio.labels.create(name="CLIENT A")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseStudy.objects.create(portfolio=portfolio, number=1)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("set constraints all immediate")


def test_taking_one_out_moves_the_later_ones_up(author):
    cases = [author.case(population=word) for word in ("one", "two", "three", "four")]
    services.remove_case(cases[1], by=author.user)
    rows = CaseStudy.objects.values_list("number", "population")
    assert list(rows) == [(1, "one"), (2, "three"), (3, "four")]
    with pytest.raises(Refusal, match="taken out"):
        author.save(cases[1], population="late")


def test_done_and_shown_are_the_candidates_own_marks(author):
    row = author.case()
    assert row.standing == "empty"
    services.mark_done(row, True, by=author.user)
    assert CaseStudy.objects.get().standing == "done"
    services.mark_done(row, False, by=author.user)
    services.show_case(row, True, by=author.user)
    services.show_case(row, True, by=author.user)
    assert Entry.objects.filter(action="casestudy.shown").count() == 1
    assert CaseStudy.objects.get().shown_at is not None


def test_a_write_up_saves_the_same_way(author):
    row = services.begin_write_up(author.candidacy, "reflection", by=author.user, title="Rupture")
    row = author.save(row, text="At length")
    assert (str(row), row.revision) == ("Rupture", 1)
    with pytest.raises(services.StaleWriting):
        author.save(row, revision=0, text="Other")
    services.remove_write_up(row, by=author.user)
    assert not WriteUp.objects.exists()


def test_no_words_reach_the_log(author):
    row = author.case("Kanarilabel", happened="kanarihappened")
    services.show_case(row, True, by=author.user)
    services.remove_case(row, by=author.user)
    assert (
        "kanari"
        not in " ".join(f"{entry.action} {entry.data}" for entry in Entry.objects.all()).lower()
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_windows_at_once_one_wins_and_the_other_is_told():
    author = make_author()
    row = author.case(happened="Before")
    jobs = [
        lambda word=word: services.save_writing(
            CaseStudy.objects.get(pk=row.pk), {"happened": word}, revision=1, by=author.user
        )
        for word in ("left", "right", "third")
    ]
    assert tally(*jobs) == {"done": 1, "refused": 2}
    assert CaseStudy.objects.get().revision == 2


@pytest.mark.django_db(transaction=True)
def test_two_beginnings_at_once_get_two_numbers():
    author = make_author()
    job = lambda: services.begin_case(author.candidacy, by=author.user)  # noqa: E731
    assert tally(job, job, job) == {"done": 3}
    assert list(CaseStudy.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert Portfolio.objects.count() == 1
