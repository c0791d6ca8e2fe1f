"""Names of any length and script fit, and nothing is left out silently."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scip.pdf.names import (
    MM_TO_PT,
    UnprintableName,
    direction_of,
    fit_name,
    printable_name,
    text_width_em,
)


def test_a_short_name_stands_on_one_line_at_full_size() -> None:
    fitted = fit_name("Plato", 200, 40, 24)
    assert (fitted.lines, fitted.size_pt, fitted.direction) == (("Plato",), 40, "ltr")


def test_a_longer_name_shrinks_before_it_breaks() -> None:
    fitted = fit_name("Amara Okonkwo-Lindqvist of Gothenburg", 200, 40, 24)
    assert len(fitted.lines) == 1
    assert 24 <= fitted.size_pt < 40


def test_then_it_breaks_into_balanced_lines() -> None:
    fitted = fit_name(
        "Wilhelmina Alexandrina von Hohenzollern-Sigmaringen de la Fuente", 200, 40, 24
    )
    assert len(fitted.lines) == 2
    widths = [text_width_em(line) for line in fitted.lines]
    assert max(widths) < 1.4 * min(widths)


def test_an_endless_word_is_cut_rather_than_lost() -> None:
    fitted = fit_name("W" * 200, 200, 40, 24)
    assert len(fitted.lines) == 4
    assert "".join(fitted.lines) == "W" * 200


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="aWil éß-'שירמحمدЖω山田김", min_size=1, max_size=200))
def test_every_line_fits_and_every_letter_is_kept(name: str) -> None:
    try:
        fitted = fit_name(name, 150, 40, 24)
    except UnprintableName:
        assert not name.strip()
        return
    assert max(text_width_em(line) for line in fitted.lines) * fitted.size_pt <= 150 * MM_TO_PT
    assert "".join("".join(fitted.lines).split()) == "".join(fitted.text.split())
    assert len(fitted.lines) <= 4


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("Plato", "ltr"),
        ("محمد علي", "rtl"),
        ("שירה", "rtl"),
        ("山田 花子", "ltr"),
        ("(שירה) Smith", "rtl"),
        ("12", "ltr"),
    ],
)
def test_direction_is_that_of_the_first_strong_character(name: str, direction: str) -> None:
    assert direction_of(name) == direction


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Zoë 🌸 O’Neil", "Zoë O’Neil"),
        ("Ana 👩🏽‍🔬 Ruiz", "Ana Ruiz"),
        ("Jean\u202e Paul\x00\n Roy", "Jean Paul Roy"),
        ("Zoe\u0308", "Zoë"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("می\u200cنا", "می\u200cنا"),
        ("a" + "\u0301" * 50, "á\u0301\u0301\u0301"),
    ],
)
def test_what_cannot_be_read_aloud_is_left_out(name: str, printed: str) -> None:
    assert printable_name(name) == printed


@pytest.mark.parametrize(("name", "missing"), [("ᏣᎳᎩ", "ᏣᎳᎩ"), ("🌸🌸", ""), ("  ", "")])
def test_letters_without_a_font_are_named_and_never_dropped(name: str, missing: str) -> None:
    with pytest.raises(UnprintableName) as refusal:
        fit_name(name, 200, 40, 24)
    assert refusal.value.missing == missing


@pytest.mark.parametrize(
    "name",
    [
        "प्रिया शर्मा",
        "শ্রেয়া ব্যানার্জি",
        "สมชาย ใจดี",
        "ப்ரியா கிருஷ்ணன்",
        "శ్రీనివాస్ రావు",
        "Aliyu Ɗanƙasa",
        "김민지",
    ],
)
def test_names_in_the_scripts_of_many_countries_can_be_printed(name: str) -> None:
    assert printable_name(name) == unicodedata.normalize("NFC", name)
