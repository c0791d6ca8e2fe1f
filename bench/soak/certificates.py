"""Certificates whose worker dies between rendering and storing."""

import os
import signal
import subprocess
import sys
import time

from django.conf import settings
from django.utils import timezone

from bench.soak.outcome import Outcome
from scip.credentials import services
from scip.credentials.models import Certificate, Completion, Credential
from scip.mail.models import Letter
from tests import world

# The worker's steps: rendered, stored in the folder, row saved; it dies right after each.
DIE = """
import os, signal, sys
import django
django.setup()
from scip.credentials import services
from scip.credentials.models import Certificate
def die(after):
    def act(*args, **kwargs):
        after(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    return act
step, number = sys.argv[1], int(sys.argv[2])
if step == "rendered":
    services.pdf.render_certificate = die(services.pdf.render_certificate)
elif step == "stored":
    storage = Certificate._meta.get_field("document").storage
    storage.save = die(storage.save)
else:
    Certificate.save = die(Certificate.save)
services.make_certificate(number)
"""
STEPS = ("rendered", "stored", "saved")


def check_certificates(rounds: int = 4) -> Outcome:
    """After each death the sweep's next try makes it: one file a paper, one letter."""
    started = time.monotonic()
    deaths = lost = lettered = 0
    waiting_before = 0
    for number in range(rounds):
        credential = issue(number)
        for step, certificate in zip(
            STEPS * 2, list(credential.certificates.all()) * 3, strict=False
        ):
            code = subprocess.run(
                [sys.executable, "-c", DIE, step, str(certificate.pk)],
                cwd=settings.BASE_DIR,
                check=False,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"DJANGO_SETTINGS_MODULE": "scip.settings"},
            ).returncode
            deaths += code == -signal.SIGKILL
        waiting_before += credential.certificates.filter(made_at=None).count()
        for certificate in credential.certificates.all():
            services.make_certificate(certificate.pk)
            services.make_certificate(certificate.pk)
        made = credential.certificates.exclude(made_at=None)
        lost += 2 - sum(is_whole(item) for item in made)
        key = f"certificate-ready:{credential.pk}"
        lettered += Letter.objects.filter(dedupe_key=key).count()
    return Outcome(
        name="certificates",
        figure=f"{rounds} credentials, worker killed after each step: all made, one letter each",
        found=f"{deaths} deaths, {lost} papers lost, {lettered} letters",
        is_met=deaths == rounds * 6 and lost == 0 and lettered == rounds,
        control=f"before the next try {waiting_before} papers were missing",
        control_failed=waiting_before > 0,
        seconds=time.monotonic() - started,
    )


def check_forgeries(flips: int = 1_000, badges: int = 500) -> list[Outcome]:
    """Papers with one changed bit and changed badges before foreign verifiers: none is accepted."""
    from tests.credentials.forgeries import accepted_badges, accepted_papers

    outcomes = []
    for name, figure, count, accepted in (
        ("signed paper", f"{flips} bits flipped under the signature", flips, accepted_papers),
        ("badge", f"{badges} changed badges, two foreign verifiers", badges, accepted_badges),
    ):
        started = time.monotonic()
        wrong, is_original_accepted = accepted(count)
        outcomes.append(
            Outcome(
                name=name,
                figure=f"{figure}: none accepted",
                found=f"{wrong} accepted",
                is_met=wrong == 0,
                control="the unchanged one is accepted",
                control_failed=is_original_accepted,
                seconds=time.monotonic() - started,
            )
        )
    return outcomes


def issue(number: int) -> Credential:
    """A credential whose certificates wait to be made."""
    user = world.make_user(f"soak-certificate-{number}@example.com")
    completion = services.record_completion(
        user,
        level="A",
        basis=Completion.Basis.COHORT,
        completed_on=timezone.localdate(),
        facts={},
        by=None,
    )
    return services.issue_credential(
        completion,
        kind=Credential.Kind.PRACTICING,
        edition=world.make_edition(),
        lines=[("Cohort", "Spring")],
        by=None,
    )


def is_whole(certificate: Certificate) -> bool:
    """The stored file is the one whose hash the row keeps."""
    import hashlib

    with certificate.document.open("rb") as file:
        return hashlib.sha256(file.read()).hexdigest() == certificate.sha256
