"""Webhook signatures against Stripe's own library for Node: it signs what we take, and takes
what our practice checkout signs."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from payments.gateway import webhook_secret
from payments.models import SandboxEvent, StripeEvent
from payments.sandbox.events import sign
from tests.payments.conftest import Till, example_event, post_event

PINNED = Path(__file__).parent / "foreign"
FILES = ("package.json", "package-lock.json", ".npmrc", "events.cjs")

type Ask = Callable[..., list[str]]


@pytest.fixture(scope="session")
def library() -> Path:
    """Stripe's library for Node, installed once per pinned version (the lock holds its hash)."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node.js with npm is missing here: Stripe's own library was not asked.")
    contents = b"".join((PINNED / name).read_bytes() for name in FILES)
    venv = Path(settings.BASE_DIR) / ".venv"
    folder = venv / f"foreign-{hashlib.sha256(contents).hexdigest()[:12]}"
    with (venv / "foreign.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            folder.mkdir(exist_ok=True)
            for name in FILES:
                shutil.copy(PINNED / name, folder / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, timeout=300, capture_output=True)
            (folder / "ready").touch()
    return folder


@pytest.fixture
def stripe_for_node(library: Path) -> Ask:
    def ask(*requests: dict[str, object]) -> list[str]:
        done = subprocess.run(
            ["node", "events.cjs"],
            cwd=library,
            input=json.dumps(requests),
            text=True,
            check=True,
            timeout=60,
            capture_output=True,
        )
        return json.loads(done.stdout)

    return ask


def signed(payload: str, *, age: int = 0, secret: str = "") -> dict[str, object]:
    stamp = int(time.time()) - age
    return {
        "act": "sign",
        "payload": payload,
        "secret": secret or webhook_secret(),
        "timestamp": stamp,
    }


def test_what_stripes_own_library_signs_is_taken(db, stripe_for_node: Ask):
    body = example_event()
    body["data"]["object"]["description"] = "Übung für Zoë, 練習 🌱"
    payload = json.dumps(body, ensure_ascii=False)
    (header,) = stripe_for_node(signed(payload))
    assert post_event(payload, header=header) == 200
    assert StripeEvent.objects.get().event_id == "evt_example"


def test_what_was_changed_aged_or_signed_by_others_is_refused(db, stripe_for_node: Ask):
    payload = json.dumps(example_event())
    good, old, future, other = stripe_for_node(
        signed(payload),
        signed(payload, age=310),
        signed(payload, age=-310),
        signed(payload, secret="whsec_other"),
    )
    changed = payload.replace("evt_example", "evt_exampla")
    assert post_event(changed, header=good) == 400
    for header in (old, future, other, good.replace("v1=", "v1=0"), good[:-1]):
        assert post_event(payload, header=header) == 400, header
    assert not StripeEvent.objects.exists()
    assert post_event(payload, header=good) == 200, "the control: untouched it is taken"


def test_stripes_own_library_reads_what_our_practice_checkout_signs(
    till: Till, stripe_for_node: Ask
):
    till.pay()
    requests, ids = [], []
    for event in SandboxEvent.objects.all():
        payload, header = sign(event.body, webhook_secret())
        requests.append(
            {"act": "read", "payload": payload, "header": header, "secret": webhook_secret()}
        )
        ids.append(event.event_id)
    assert len(ids) == 2
    tampered = requests[0] | {"payload": requests[0]["payload"].replace("succeeded", "succeedex")}
    elsewhere = requests[0] | {"secret": "whsec_other"}
    refusal = "StripeSignatureVerificationError"
    assert stripe_for_node(*requests, tampered, elsewhere) == [*ids, refusal, refusal]
