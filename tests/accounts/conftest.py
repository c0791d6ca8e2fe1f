"""Evidence, ready to be sent."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scip.accounts import services
from scip.accounts.models import Prerequisite, User
from tests.vault.samples import simple_pdf

FACTS: dict[str, dict[str, Any]] = {
    "standing": {"standing": "licensed", "number": "PSY-1", "jurisdiction": "Portugal"},
    "msc": {"msc_format": "eight_week", "completed_on": date(2024, 5, 6), "teacher": "A. Teacher"},
    "insurance": {"insurer": "Care Mutual", "expires_on": date(2099, 12, 31)},
    "practice": {"practice_setting": "Community clinic"},
}


def pdf(name: str = "evidence.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, simple_pdf(), content_type="application/pdf")


@pytest.fixture
def submit() -> Callable[..., Prerequisite]:
    """Send a record of a kind through the service; keyword arguments override facts."""

    def send(user: User, kind: str = "standing", **facts: Any) -> Prerequisite:
        return services.submit_prerequisite(
            user, kind=kind, fields=FACTS[kind] | facts, document=pdf()
        )

    return send
