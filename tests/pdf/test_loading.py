"""What draws documents is loaded by who draws them: it is half of a process's start."""

import os
import subprocess
import sys

import pytest

from scip.management.supervisor import ROOT

SETUP = "import sys, django; django.setup(); import scip.urls\n"


@pytest.mark.parametrize(
    ("then", "loaded"),
    [
        ("", "False"),
        # As celery does in the process that forks the others.
        ("from celery.signals import worker_init; worker_init.send(sender=None)\n", "True"),
    ],
)
def test_only_the_worker_loads_it_at_its_start(then: str, loaded: str) -> None:
    code = SETUP + then + "print('weasyprint' in sys.modules, 'scip.pdf.rendering' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "scip.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [loaded, loaded]
