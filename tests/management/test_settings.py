"""Values of the settings that nothing else would notice, read in a process of their own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from scip.management.supervisor import ROOT


def run_with(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_sweeps_that_nobody_took_up_are_dropped() -> None:
    plan = settings.CELERY_BEAT_SCHEDULE.values()
    often = [entry for entry in plan if isinstance(entry["schedule"], int)]
    assert len(often) > 5
    for entry in often:
        assert entry["schedule"] <= entry["options"]["expires"] <= 600, entry["task"]


def test_no_form_travels_with_an_error_report() -> None:
    code = (
        "import scip.settings, sentry_sdk; o = sentry_sdk.get_client().options; "
        "print(o['max_request_body_size'], o['send_default_pii'], o['include_local_variables'])"
    )
    done = run_with(code, SENTRY_DSN="http://key@127.0.0.1:9/1")
    assert done.stdout.strip() == "never False False", done.stderr


@pytest.mark.parametrize(
    "real",
    [
        {"DATABASE_URL": "postgres://scip@database.example.org/scip"},
        {"EMAIL_URL": "smtp://mail.example.org"},
        {"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"},
        {"S3_BUCKET": "files"},
        {},
    ],
)
def test_the_demo_never_runs_on_real_parts(real: dict[str, str]) -> None:
    """Its people have published passwords."""
    done = run_with("import scip.settings", DEMO="1", **real)
    assert (done.returncode == 0) == (not real), done.stderr
    assert ("DEMO: it runs on its embedded parts alone" in done.stderr) == bool(real)


def test_what_compose_hands_over_empty_counts_as_not_set() -> None:
    code = (
        "import scip.settings as s; "
        "print(s.STAFF_EMAIL, s.SECRET_KEY_FALLBACKS, s.STORAGES['vault']['OPTIONS']['endpoint_url'])"
    )
    empty = dict.fromkeys(
        ["STAFF_EMAIL", "SECRET_KEY_FALLBACKS", "S3_ENDPOINT_URL", "S3_REGION", "CLAMAV_SOCKET"], ""
    )
    done = run_with(code, S3_BUCKET="b", DEFAULT_FROM_EMAIL="SCIP <scip@example.org>", **empty)
    assert done.stdout.strip() == "scip@example.org [] None", done.stderr
