"""The rules: what they find in several scripts, what they leave alone, and how they grow."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.portfolio.deidentification import fold, looks_like_a_name, notice
from certification.portfolio.deidentification.reading import Reading
from certification.portfolio.deidentification.rules import hints_in
from certification.portfolio.deidentification.tokens import tokens_of


def found(text, **words):
    return [(hint.text, hint.kind.value) for hint in notice(text, **words)]


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("She told Mr. Smith about it.", [("Smith", "name")]),
        ("Then her husband Karl-Heinz came.", [("Karl-Heinz", "name")]),
        ("a boy called Tom", [("Tom", "name")]),
        ("Frau Müller weinte.", [("Müller", "name")]),
        ("Sa sœur Élodie appelle.", [("Élodie", "name")]),
        ("La señora García vino.", [("García", "name")]),
        ("Её муж Иван пришёл.", [("Иван", "name")]),
        ("田中さんは来た", [("田中", "name")]),
        ("王小姐来了", [("王", "name")]),
        ("قابلت السيد أحمد أمس", [("أحمد", "name")]),
        ("वह श्री शर्मा से मिली", [("शर्मा", "name")]),
        ("and then Anna Smith left", [("Anna Smith", "name")]),
        ("on 3 May 2024 it", [("3 May 2024", "date")]),
        ("am 3. Mai 2024 war", [("3. Mai 2024", "date")]),
        ("el 3 de mayo de 2024", [("3 de mayo", "date")]),
        ("born 03.05.1980", [("03.05.1980", "date")]),
        ("2024-05-03 was hard", [("2024-05-03", "date")]),
        ("2024年5月3日に", [("2024年5月3日", "date")]),
        ("तारीख १२/०५/२०२३", [("१२/०५/२०२३", "date")]),
        ("since March 2020 he", [("March 2020", "date")]),
        ("she moved to Berlin then", [("Berlin", "place")]),
        ("он живёт в Москве", [("Москве", "place")]),
        ("at St Mary Hospital", [("St Mary Hospital", "place")]),
        ("call +44 20 7946 0958 now", [("+44 20 7946 0958", "phone")]),
        ("Tel. 030 1234567", [("030 1234567", "phone")]),
        ("write to anna.k@example.org soon", [("anna.k@example.org", "email")]),
        ("почта мария@пример.рф тут", [("мария@пример.рф", "email")]),
        ("record 4471 says", [("4471", "record")]),
        ("her MRN00123 was", [("MRN00123", "record")]),
        ("病历 １２３４５６７８", [("１２３４５６７８", "record")]),
        ("I asked Sarah how it was.", [("Sarah", "name")]),
        ("Tom wept. I asked Tom, who wept.", [("Tom", "name"), ("Tom", "name")]),
        ("στην Αθήνα με τον Νίκο", [("Αθήνα", "name"), ("Νίκο", "name")]),
        ("живее близо до София днес", [("София", "name")]),
        ("bugün Ayşe Hanım geldi", [("Ayşe", "name"), ("Hanım", "name")]),
        ("오늘 김민수 씨는 왔다", [("김민수", "name")]),
        ("คุณสมชาย มา", [("สมชาย", "name")]),
        ("آقای احمدی آمد", [("احمدی", "name")]),
        ("قالت إن اسمها ليلى", [("ليلى", "name")]),
        ("她去了北京协和医院", [("她去了北京协和医院", "place")]),
        ("서울대학교병원 에서", [("서울대학교병원", "place")]),
        ("3 Μαΐου 1984", [("3 Μαΐου 1984", "date")]),
        ("הגיעה 3 במאי 1984", [("3 במאי 1984", "date")]),
        ("на 3 май 1984 беше", [("3 май 1984", "date")]),
        ("วันที่ 3 พฤษภาคม 2567", [("3 พฤษภาคม 2567", "date")]),
        ("电话13812345678", [("13812345678", "phone")]),
        ("τηλ. 210 1234567", [("210 1234567", "phone")]),
        ("病历号12345", [("12345", "record")]),
        ("her MRN 12345 was", [("12345", "record")]),
        ("SSN 123-45-6789 is", [("123-45-6789", "record")]),
        ("file #A-1023 there", [("A-1023", "record")]),
        ("ملف رقم ١٢٣٤٥ هنا", [("١٢٣٤٥", "record")]),
        ("see www.anna-k.example.org now", [("www.anna-k.example.org", "link")]),
        ("as @anna_k there", [("@anna_k", "link")]),
        ("lives at SW1A 1AA", [("SW1A 1AA", "postcode")]),
        ("in K1A 0B1", [("K1A 0B1", "postcode")]),
        ("zip 94103 there", [("94103", "postcode")]),
    ],
)
def test_what_is_noticed(text, hints):
    assert found(text) == hints


@pytest.mark.parametrize(
    "text",
    [
        "We used Soften Soothe Allow, and Self-Compassion came later.",
        "In March she felt well; it may be so. She rated it 7/10, 3-4 times, 50 minutes.",
        "She is a teacher. Her work tires her. He saw a doctor. Then it passed.",
        "Mit Achtsamkeit ging es. Die Klientin und ihre Mutter waren im Raum, und der Atem wurde ruhig.",
        "Spring came; in spring she was softer, and Grief had a place: then grief went.",
        "In Session 3 we used Zoom. The day was long.",
        "她在医院里哭了，在大学也是。",
        "Nine sessions in. She had begun to tease me.",
        "Her husband listened. My client and her mother cried.",
        "Der Ärger war groß, und die Scham kam später.",
        "12 sessions over 6 months; between 1990 and 2010; 1,000 people; 20 %.",
        "Client A and Client B. Level C. PTSD and EMDR.",
        "彼女は静かに泣いた。自分に優しくした。",
        "",
        "   \n\t ",
    ],
)
def test_what_is_left_alone(text):
    assert found(text) == []


def test_the_own_list_finds_a_name_in_any_dress():
    avoid = ["Anna", "Karl Heinz", "田中", "O'Brien"]
    text = "anna met ANNA’S friend, Annas bag, karl-heinz; 昨日田中が来た. O’Brien? Annabel not."
    assert [name for name, _kind in found(text, avoid=avoid)] == [
        "anna", "ANNA", "Annas", "karl-heinz", "田中", "O’Brien",
    ]  # fmt: skip


def test_the_own_list_finds_every_name_where_no_space_is_set():
    assert [name for name, _kind in found("昨日田中と山田が田中の家に来た", avoid=["田中", "山田"])] == [
        "田中", "山田", "田中",
    ]  # fmt: skip


def test_what_is_fine_is_not_brought_up_again_but_the_own_list_outweighs_it():
    text = "They moved to Berlin."
    assert found(text) == [("Berlin", "place")]
    assert found(text, fine=["berlin"]) == []
    assert found(text, fine=["BERLIN"], avoid=["Berlin"]) == [("Berlin", "name")]


@pytest.mark.parametrize(
    ("label", "is_name"),
    [
        ("Client A", False), ("Klientin B", False), ("Teen 2", False), ("the gardener", False),
        ("K", False), ("Клиент А", False), ("Maria", True), ("Client Maria", True), ("Иван", True),
    ],
)  # fmt: skip
def test_a_label_that_looks_like_a_name(label, is_name):
    assert looks_like_a_name(label) is is_name
    assert looks_like_a_name("the gardener", [fold("the gardener")])


ANY = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("@.+-/()#: \n0123456789٣१３年月日さんAaBbФф’")
    ),
    max_size=120,
)


@given(ANY)
def test_tokens_are_the_text_without_gaps(text):
    assert "".join(token.text for token in tokens_of(text)) == text
    assert all(
        one.end == two.start for one, two in zip(tokens_of(text), tokens_of(text)[1:], strict=False)
    )


@given(ANY, st.lists(ANY, max_size=4), st.lists(ANY, max_size=4))
def test_hints_lie_in_order_inside_the_text(text, avoid, fine):
    hints = notice(text, avoid=avoid, fine=fine)
    assert all(text[hint.start : hint.end] == hint.text and hint.text for hint in hints)
    assert all(one.end <= two.start for one, two in itertools.pairwise(hints))


@given(
    st.sampled_from(
        ["٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "０１２３４５６７８９", "0123456789"]
    ),
    st.text("0123456789", min_size=8, max_size=12),
)
def test_a_long_number_is_seen_in_the_digits_of_every_script(digits, number):
    text = "x " + number.translate(str.maketrans("0123456789", digits)) + " x"
    assert len(notice(text)) == 1


HARD = [
    "word ", "Anna ", "a@", "1 ", "1.1.", "+1-", "((((", "Dr. ", "A1", "von Anna-", "3 May ", "in ",
    "a\u0301", "田さん", "@@@", ".", "１２-", "Mr Mrs ", "z.B. ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HARD)
def test_the_work_grows_with_the_text_and_no_faster(piece):
    """Counted, not timed: looks at tokens, for texts that repeat the worst pieces we know."""

    def looks(times):
        reading = Reading(piece * times)
        hints_in(reading, avoid=["Anna", "田"], fine=["may"])
        return reading.looks / max(len(reading.tokens), 1)

    few, many = looks(200), looks(3200)
    assert many <= few * 1.1 + 1
    assert many < 200


def test_the_counter_would_see_a_rule_that_reads_on_to_the_end(monkeypatch):
    from certification.portfolio.deidentification import rules

    monkeypatch.setattr(rules, "REACH", 100_000)
    counts = []
    for times in (200, 800):
        reading = Reading("1 " * times)
        monkeypatch.setattr(rules, "NUMBER_SIGNS", frozenset(" "))
        hints_in(reading)
        counts.append(reading.looks / len(reading.tokens))
    assert counts[1] > counts[0] * 2


@pytest.mark.parametrize(
    "practice",
    ["Soles of the Feet", "Core Values", "Supportive Touch", "Loving-Kindness Meditation"],
)
def test_the_name_of_a_practice_is_nobodys(practice):
    assert notice(f"We did {practice} today.") == ()
