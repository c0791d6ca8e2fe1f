"""The key of the house: read from what an operator may set, refused with a sentence when wrong."""

import base64
import os
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from scip import signing
from scip.embedded import embedded_secrets
from scip.signing import WrongIdentity, identity_of, is_ours, make_chain, sign

CHAIN, KEY = make_chain("A house")
OTHER_CHAIN, OTHER_KEY = make_chain("Another house")


def pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_it_is_read_as_pem_as_base64_and_from_a_file(tmp_path):
    file = tmp_path / "signing.pem"
    file.write_text(CHAIN + KEY)
    forms = [
        (CHAIN, KEY),
        (CHAIN.replace("\n", "\\n"), KEY.replace("\n", "\\n")),
        (signing.in_one_line(CHAIN), signing.in_one_line(KEY)),
        (str(file), str(file)),
    ]
    assert len({identity_of(*form).key.private_numbers() for form in forms}) == 1
    assert [len(identity_of(*form).chain) for form in forms] == [2] * 4


@pytest.mark.parametrize(
    ("cert", "key", "sentence"),
    [
        ("nowhere.pem", KEY, "nor a file"),
        (base64.b64encode(b"hello").decode(), KEY, "nor a file"),
        (CHAIN, "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----", "read"),
        ("-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----", KEY, "read"),
        (CHAIN, OTHER_KEY, "another key"),
        (CHAIN, pem(ec.generate_private_key(ec.SECP256R1())), "has to be RSA"),
        (CHAIN, pem(rsa.generate_private_key(65_537, 1024)), "at least 2048"),
    ],
)
def test_what_cannot_sign_is_refused_with_a_sentence(cert, key, sentence):
    with pytest.raises(WrongIdentity, match=sentence):
        identity_of(cert, key)


def test_the_same_message_gives_the_same_signature_and_another_none():
    signature = sign(b"facts")
    assert sign(b"facts") == signature
    assert is_ours(b"facts", signature)
    assert not is_ours(b"fact", signature)
    assert not is_ours(b"facts", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not is_ours(b"facts", b"")


def test_what_a_former_key_signed_stays_good(settings):
    settings.SIGNING_CERT, settings.SIGNING_KEY = CHAIN, KEY
    signature = sign(b"facts")
    settings.SIGNING_CERT, settings.SIGNING_KEY = OTHER_CHAIN, OTHER_KEY
    assert not is_ours(b"facts", signature)
    settings.SIGNING_CERT_FALLBACKS = [CHAIN]
    assert is_ours(b"facts", signature)


def test_the_embedded_run_makes_a_chain_once(tmp_path):
    first = embedded_secrets(tmp_path)
    assert embedded_secrets(tmp_path) == first
    assert identity_of(first["SIGNING_CERT"], first["SIGNING_KEY"]).key.key_size == signing.BITS
    assert (tmp_path / "signing.env").stat().st_mode & 0o077 == 0


def test_a_data_folder_from_before_keeps_its_keys_and_gets_a_chain(tmp_path):
    (tmp_path / "secrets.env").write_text("SECRET_KEY=a\nVAULT_KEYS=b\n")
    found = embedded_secrets(tmp_path)
    assert (found["SECRET_KEY"], found["VAULT_KEYS"]) == ("a", "b")
    assert found["SIGNING_KEY"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SIGNING_CERT": ""}, "set both"),
        ({"SIGNING_KEY": OTHER_KEY}, "the first certificate belongs to another key"),
    ],
)
def test_a_missing_or_wrong_key_stops_the_start(change, sentence):
    found = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "scip.settings"} | change,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert sentence in found.stderr.splitlines()[-1]
