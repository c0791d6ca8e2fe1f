"""The check says what is missing in the table, by name; each sentence was seen to appear."""

from dataclasses import replace
from typing import Any

import pytest

from scip.privacy.checks import check_table, problems_of
from scip.privacy.rules import (
    FOLDER,
    About,
    BadTable,
    Erase,
    Table,
    read_table,
    table,
)


def about(**changes: Any) -> About:
    fields: dict[str, Any] = {
        "person": "user",
        "erase": Erase.DELETE,
        "export": True,
        "because": "",
        "blank": {},
        "where": {},
        "where_not": {},
    }
    return About(**fields | changes)


def with_entry(label: str, **changes: Any) -> Table:
    """The real table with one entry changed."""
    found = table()
    return replace(
        found, entries={**found.entries, label: replace(found.entries[label], **changes)}
    )


def sentences(found: Table) -> list[str]:
    return [f"{problem.id} {problem.msg}" for problem in problems_of(found)]


def test_the_table_is_whole() -> None:
    assert check_table() == []


def test_a_model_that_nobody_classified_is_named() -> None:
    found = table()
    entries = {label: entry for label, entry in found.entries.items() if label != "pages.FaqEntry"}
    assert sentences(replace(found, entries=entries)) == [
        "privacy.E001 pages.FaqEntry: nobody has said what personal data it holds and what becomes of it."
    ]


def test_a_model_that_does_not_exist_is_named() -> None:
    found = table()
    ghost = replace(found.entries["pages.FaqEntry"], label="pages.Ghost")
    assert sentences(replace(found, entries={**found.entries, "pages.Ghost": ghost})) == [
        "privacy.E002 pages.Ghost: the table tells of a model that does not exist."
    ]


def test_a_field_that_nobody_classified_is_named() -> None:
    entry = table().entries["pages.InterestEntry"]
    left = tuple(name for name in entry.context if name != "told_at")
    assert sentences(with_entry("pages.InterestEntry", context=left)) == [
        "privacy.E003 pages.InterestEntry.told_at: nobody has said what this field is."
    ]


def test_a_field_that_does_not_exist_or_stands_twice_is_named() -> None:
    entry = table().entries["pages.InterestEntry"]
    found = with_entry("pages.InterestEntry", context=(*entry.context, "shoe_size", "email"))
    assert sentences(found) == [
        "privacy.E004 pages.InterestEntry.shoe_size: the table tells of a field that does not exist.",
        "privacy.E004 pages.InterestEntry.email: stands in two lists.",
    ]


@pytest.mark.parametrize(
    "person",
    [
        "cohort",
        "tier",
        "cohort__title",
        "nowhere",
        "self",
        "address:tier",
        "number:user",
        "mentions:",
    ],
)
def test_a_path_that_does_not_lead_to_a_person_is_named(person: str) -> None:
    entry = table().entries["cohorts.Application"]
    changed = replace(entry.about[0], person=person)
    assert sentences(with_entry("cohorts.Application", about=(changed,))) == [
        f"privacy.E005 cohorts.Application: “{person}” does not lead to a person."
    ]


@pytest.mark.parametrize(
    ("label", "blank", "sentence"),
    [
        ("cohorts.Transfer", {"decline_reason": ""}, "the rule “transfer_declined_with_reason”"),
        ("community.Post", {"body": ""}, "the rule “post_has_words_until_taken_back”"),
        ("cohorts.Application", {"earlier_rounds": "@now"}, "it can’t take @now."),
        ("cohorts.Application", {"created_at": "@nothing"}, "it can’t take @nothing."),
        ("cohorts.Application", {"tier": "solid gold"}, "it can’t take “solid gold”"),
        ("cohorts.Application", {"tier": "x" * 200}, "it can’t take “x"),
        ("cohorts.Application", {"motivation": 7}, "it can’t take “7”."),
        ("cohorts.Application", {"attends_live": ""}, "it can’t take “”."),
        ("cohorts.Application", {"motivation": "@magic"}, "“@magic” is nothing that can be made."),
        ("accounts.User", {"email": "nobody@example.org"}, "every row needs another value here."),
        ("cohorts.Application", {"needs_of": ""}, "a field that does not exist."),
    ],
)
def test_a_value_that_a_field_or_rule_does_not_take_is_named(
    label: str, blank: dict[str, Any], sentence: str
) -> None:
    entry = table().entries[label]
    rule = entry.about[0]
    changed = replace(rule, blank={**rule.blank, **blank} if label != "community.Post" else blank)
    found = [
        text
        for text in sentences(with_entry(label, about=(changed, *entry.about[1:])))
        if sentence in text
    ]
    assert len(found) == 1


def test_rows_that_stay_say_why() -> None:
    entry = table().entries["cohorts.Attendance"]
    changed = replace(entry.about[0], because="")
    assert sentences(with_entry("cohorts.Attendance", about=(changed,))) == [
        "privacy.E008 cohorts.Attendance: rows of “enrolment__user” stay, and no sentence says why."
    ]


def test_a_field_that_stays_says_why() -> None:
    assert sentences(with_entry("payments.Payment", kept={"reference": " "})) == [
        "privacy.E008 payments.Payment.reference: it is kept, and no sentence says why."
    ]


def test_a_personal_field_has_a_fate() -> None:
    entry = table().entries["cohorts.Application"]
    rule = entry.about[0]
    blank = {name: value for name, value in rule.blank.items() if name != "needs"}
    assert sentences(with_entry("cohorts.Application", about=(replace(rule, blank=blank),))) == [
        "privacy.E009 cohorts.Application.needs: no rule says what becomes of this personal field."
    ]


def test_what_goes_is_needed_by_nothing_that_stays() -> None:
    entry = table().entries["cohorts.Application"]
    found = with_entry(
        "cohorts.Application", about=(replace(entry.about[0], erase=Erase.DELETE, blank={}),)
    )
    assert (
        "privacy.E010 cohorts.Application: its rows go, and cohorts.Enrolment.application, "
        "which stays, needs them."
    ) in sentences(found)


def test_whoever_is_about_nobody_says_why() -> None:
    assert sentences(with_entry("pages.FaqEntry", nobody="")) == [
        "privacy.E006 pages.FaqEntry: it is about nobody, and no sentence says why (nobody = “…”)."
    ]


def test_plain_words_count_the_days_of_a_rule() -> None:
    found = table()
    kind = replace(found.kinds["letters"], lasts="Words go after {mail.Letter.created_at} days.")
    assert sentences(replace(found, kinds={**found.kinds, "letters": kind})) == [
        "privacy.E011 kinds.toml, letters: no timed rule counts days of mail.Letter from created_at."
    ]


def test_a_key_that_means_nothing_is_refused(tmp_path: Any) -> None:
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text())
    torn = (tmp_path / "pages.toml").read_text().replace("erase =", "earse =", 1)
    (tmp_path / "pages.toml").write_text(torn)
    with pytest.raises(BadTable, match=r"pages\.ContactMessage\.about has earse"):
        read_table(tmp_path)
