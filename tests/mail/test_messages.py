"""What is written into an e-mail is what foreign parsers read out of it."""

from email import message_from_bytes, policy

import pytest

from scip.mail.messages import REGISTRY, LetterMessage

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
    raw = written(to=[address], reply_to=[address]).message().as_bytes()
    found = message_from_bytes(raw, policy=policy.default)
    assert [found[name].addresses[0].domain for name in ("To", "Reply-To")] == [host, host]


def test_whom_a_letter_was_for_is_not_remembered():
    REGISTRY.remembered.cache_clear()
    written(reply_to=["visitor@example.com"]).message()
    before = REGISTRY.remembered.cache_info().currsize
    written(to=["other@example.com"], subject="Another", reply_to=["third@example.com"]).message()
    assert 0 < before == REGISTRY.remembered.cache_info().currsize
