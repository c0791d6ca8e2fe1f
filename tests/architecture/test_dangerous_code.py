"""What our code never does, read from the code itself; each search is seen to find its quarry."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.architecture.test_source import ROOT, sources, templates

CALLS = {
    "eval", "exec", "compile", "os.system", "os.popen", "pickle.loads", "pickle.load",
    "marshal.loads", "yaml.load", "yaml.unsafe_load", "shelve.open", "Template",
    "engines.from_string", "xml.etree.ElementTree.fromstring", "ElementTree.parse",
    "random.random", "random.choice", "random.randint", "random.randrange", "random.choices",
    "hashlib.md5", "hashlib.sha1", "modes.ECB", "PKCS1v15", "csrf_exempt_all",
    "requests.get", "requests.post", "urllib.request.urlopen", "urlopen",
}  # fmt: skip
# The demo draws its invented people by lot from a fixed seed: nothing secret comes of it.
# The practice checkout plays Stripe: it posts its events to this site's own address.
KNOWN = {"scip/demo", "payments/sandbox/events.py"}


def named(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{named(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def dangerous(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls that run what they are given, read what they are given as objects, draw lots for
    secrets, use broken hashes, or go to an address of somebody's choice."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # PKCS #1 v1.5 is broken for encryption; as a signature's padding RS256 and PDF ask for it.
    signing = {
        id(argument)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"sign", "verify"}
        for argument in call.args
    }
    for node in calls:
        if id(node) not in signing:
            name = named(node.func)
            if name in CALLS or name.rpartition(".")[2] in {"ECB", "PKCS1v15"}:
                yield node.lineno, name
            if any(
                k.arg == "shell" and getattr(k.value, "value", 0) is True for k in node.keywords
            ):
                yield node.lineno, "shell=True"


def test_nothing_dangerous_is_called():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources()
        for line, name in dangerous(ast.parse(path.read_text()))
        if not any(str(path.relative_to(ROOT)).startswith(place) for place in KNOWN)
        # The demo's web page of health asks its own machine.
        and "management" not in path.parts
    ]
    assert found == []


@pytest.mark.parametrize(
    "code", ["eval(x)", "pickle.loads(x)", "subprocess.run(x, shell=True)", "hashlib.md5(x)",
             "modes.ECB()", "random.choice(x)", "urlopen(x)"],
)  # fmt: skip
def test_something_dangerous_would_be_seen(code):
    assert list(dangerous(ast.parse(code)))


def raw_sql(tree: ast.AST) -> Iterator[int]:
    """SQL that is put together from words instead of taking them as parameters."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if named(node.func).rpartition(".")[2] in {
            "execute",
            "executemany",
            "raw",
            "extra",
            "RawSQL",
        }:
            query = node.args[0]
            if isinstance(query, ast.JoinedStr | ast.BinOp):
                yield node.lineno
            if isinstance(query, ast.Call) and named(query.func).endswith("format"):
                yield node.lineno


def test_no_query_is_put_together_from_words():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in raw_sql(ast.parse(path.read_text()))
        if "management" not in path.parts
    ]
    assert found == []
    assert list(raw_sql(ast.parse('cursor.execute(f"select {x}")'))) == [1]
    assert list(raw_sql(ast.parse('cursor.execute("select %s" % x)'))) == [1]


def test_templates_never_switch_escaping_off():
    pattern = re.compile(r"\|\s*safe(seq)?\b|{%\s*autoescape\s+off")
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in templates()
        # The drawing of the QR code, made here from a secret that is made here.
        if path.name != "activate_form.html"
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []
    assert pattern.search("{{ name|safe }}")


def scripts() -> list[Path]:
    return [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]


def test_our_scripts_write_text_and_run_nothing():
    """Except htmx, which is configured to run no script either (the browser's policy sees to it)."""
    pattern = re.compile(
        r"\beval\(|new Function\(|document\.write|\.innerHTML\s*=|insertAdjacentHTML|postMessage"
        r"|localStorage|sessionStorage|indexedDB|__proto__"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in scripts()
        if "htmx" not in path.name
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []
    assert scripts()


def test_sessions_are_references_kept_here_and_read_as_plain_data():
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"


def test_passwords_are_free_in_composition_and_long_enough():
    names = {item["NAME"].rpartition(".")[2]: item for item in settings.AUTH_PASSWORD_VALIDATORS}
    assert set(names) == {
        "UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator",
        "OurWordsValidator",
    }  # fmt: skip
    assert names["MinimumLengthValidator"]["OPTIONS"]["min_length"] >= 8


def test_nobody_but_us_signs_people_in():
    """One backend, no social accounts, no tokens of other services."""
    assert settings.AUTHENTICATION_BACKENDS == [
        "allauth.account.auth_backends.AuthenticationBackend"
    ]
    assert not [name for name in settings.INSTALLED_APPS if "socialaccount" in name]


def test_forms_name_their_fields():
    """A form that took every field of its model would take one that is added later, too."""
    found = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(
            r"fields\s*=\s*[\"']__all__[\"']|^\s+exclude\s*=", path.read_text(), re.MULTILINE
        )
    ]
    assert found == []


def test_second_factors_and_codes_keep_their_strictness():
    assert settings.MFA_WEBAUTHN_USER_VERIFICATION == "required"
    assert settings.ACCOUNT_REAUTHENTICATION_REQUIRED is True
    assert settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"
    assert settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT <= 600
    assert getattr(settings, "ACCOUNT_LOGIN_BY_CODE_TIMEOUT", 180) <= 180
    assert getattr(settings, "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", False) is False
    assert settings.ACCOUNT_PREVENT_ENUMERATION == "strict"
    assert settings.ACCOUNT_EMAIL_NOTIFICATIONS is True
