"""What is written into an e-mail is what foreign parsers read out of it."""

import random
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry

import pytest

from scip.mail.messages import REGISTRY, Header, LetterMessage

TEXT = (
    "Dear Žofie,\n\n.a dot first\nFrom here  \n--=_mixed\n=_alternative--\ta\u2028b\n"
    + "long " * 99
)
HTML = "<p>“Kind” &amp; 優しい =3D</p>\r\n<p>" + "x" * 1200 + "</p>"
FILE = b"BEGIN:VCALENDAR\r\nSUMMARY:\xc3\xa9\r\n--=_mixed--\r\nEND:VCALENDAR\r\n"


def written(**fields) -> LetterMessage:
    values = {"subject": "Ein Platz für Žofie 優", "to": ["zofie@example.com"]} | fields
    message = LetterMessage(body=TEXT, from_email="SCIP <scip@example.org>", **values)
    message.attach_alternative(HTML, "text/html")
    message.attach("séances.ics", FILE, "text/calendar; charset=utf-8; method=PUBLISH")
    return message


@pytest.mark.parametrize("how", [policy.default, policy.SMTP])
def test_a_parser_reads_everything_as_it_was_written(how):
    raw = written().message(policy=how).as_bytes()
    found = message_from_bytes(raw, policy=policy.default)
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    (file,) = found.iter_attachments()
    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert found["Subject"] == "Ein Platz für Žofie 優"
    assert plain.get_content().replace("\r\n", "\n") == TEXT + "\n"
    assert html.get_content().replace("\r\n", "\n") == HTML.replace("\r\n", "\n") + "\n"
    assert (file.get_filename(), file.get_payload(decode=True)) == ("séances.ics", FILE)
    assert file["Content-Type"].params["method"] == "PUBLISH"
    assert [part.defects for part in found.walk()] == [[]] * 5
    assert max(len(line) for line in raw.splitlines()) <= 78
    assert raw.isascii()


def test_a_mail_server_gets_no_bare_line_ends():
    raw = written().message(policy=policy.SMTP).as_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


def test_a_letter_without_html_and_files_is_one_text():
    message = LetterMessage("Hello", "Dear you", "scip@example.org", ["you@example.com"])
    found = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert (found.get_content_type(), found.get_content()) == ("text/plain", "Dear you\n")


@pytest.mark.parametrize(
    "fields",
    [{"subject": "a\nBcc: all@example.com"}, {"to": ["a@example.com\nBcc: b@example.com"]}],
)
def test_no_header_breaks_out_of_its_line(fields):
    with pytest.raises(ValueError, match="linefeed"):
        written(**fields).message(policy=policy.SMTP)


def test_headers_that_are_remembered_are_not_mixed_up():
    first, second = (written(to=[f"{name}@example.com"], subject=name) for name in ("a", "b"))
    heads = [(item["To"], item["Subject"]) for item in (first.message(), second.message())]
    assert heads == [("a@example.com", "a"), ("b@example.com", "b")]
    assert first.message()["To"] == "a@example.com"


@pytest.mark.parametrize("address", ["zoe@münchen.de", "a@例え.テスト"])
def test_domains_in_any_script_are_written_as_the_network_knows_them(address):
    """Such an address typed into a public form once kept every letter behind it waiting."""
    host = address.split("@")[1].encode("idna").decode()
    message = written(to=[address], reply_to=[address])
    message.from_email = f"SCIP <{address}>"
    found = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    names = ("To", "Reply-To", "From")
    assert [found[name].addresses[0].domain for name in names] == [host] * 3


def test_whom_a_letter_was_for_is_not_remembered():
    REGISTRY.remembered.cache_clear()
    written(reply_to=["visitor@example.com"]).message()
    before = REGISTRY.remembered.cache_info().currsize
    written(to=["other@example.com"], subject="Another", reply_to=["third@example.com"]).message()
    assert 0 < before == REGISTRY.remembered.cache_info().currsize


PYTHON = HeaderRegistry()
LETTERS = "abcXYZ019_+-"


def some_headers(how_many: int) -> list[tuple[str, str]]:
    """Subjects and addresses, some as people write them, some with anything in them, as long as a
    line and longer."""
    die = random.Random(7)

    def word(longest: int) -> str:
        return "".join(die.choices(LETTERS, k=die.randint(1, longest)))

    found = []
    for _ in range(how_many):
        ends = [" ", " ", ", ", ": ", "? ", " =", "  ", " é", '"', "=?utf-8?q?a?= "]
        words = [word(12) + die.choice(ends) for _ in range(die.randint(1, 14))]
        subject = "".join(words)
        found.append(("Subject", die.choice([subject, subject.strip()])))
        local = ".".join(word(14) for _ in range(die.randint(1, 4)))
        host = ".".join(die.choices(["example", "a-b", "x1", "org"], k=die.randint(1, 4)))
        address = f"{local}@{host}"
        at = die.randrange(len(address))
        strange = address[:at] + die.choice('@.<>() ,;"\\é[]') + address[at:]
        found += [(name, die.choice([address, strange])) for name in ("To", "Reply-To")]
        found.append(("Message-ID", f"<{die.choice([address, strange])}>"))
    return found


def line_of(registry: HeaderRegistry, name: str, value: object, how: policy.EmailPolicy) -> object:
    """What is sent of a header; or how it is refused."""
    try:
        header = registry(name, value)
        return str(header), header.fold(policy=how)
    except (ValueError, IndexError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("how", [policy.default, policy.SMTP])
def test_a_header_that_is_left_as_it_is_is_what_python_writes(how):
    headers: list[tuple[str, object]] = [
        *some_headers(250),
        *[("To", f"{'a' * length}@example.org") for length in range(55, 75)],
        ("Date", datetime(2027, 3, 2, 18, 5, tzinfo=UTC)),
        ("From", "SCIP Pathway <scip@example.org>"),
        ("From", "Le programme de Genève, en français et en anglais <scip@example.org>"),
        ("From", "scip@münchen.de"),
        ("Content-Type", 'multipart/mixed; boundary="=_mixed"'),
    ]
    different = [
        item for item in headers if line_of(REGISTRY, *item, how) != line_of(PYTHON, *item, how)
    ]
    assert different == []


@pytest.mark.parametrize(
    ("name", "value", "is_left"),
    [
        ("To", "you@example.com", True),
        ("To", "You <you@example.com>", False),
        ("Reply-To", "office+letters@example.org", True),
        ("Subject", "Session 1: Tuesday 2 March 2027, 13:00, New York time", True),
        ("Subject", "Séance 1", False),
        ("Subject", "Long " * 16, False),
        ("Message-ID", "<letter-1@example.org>", True),
    ],
)
def test_python_s_parser_is_asked_only_where_it_would_change_something(name, value, is_left):
    assert isinstance(REGISTRY(name, value), Header) is is_left
