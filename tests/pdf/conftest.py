"""Documents to render, and a sink that notices every request."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scip.pdf.certificates import BasisLine, Certificate
from scip.pdf.guides import GuideFigures
from scip.pdf.receipts import Receipt, ReceiptLine

VERIFY_URL = "https://scip.example.org/verify/7KQ2-M9XD-4HTB/"

type CertificateFor = Callable[..., Certificate]


@pytest.fixture
def certificate_for() -> CertificateFor:
    """A certificate in the given name."""

    def make(holder_name: str, credentials_suffix: str = "PhD") -> Certificate:
        return Certificate(
            organisation="Center for Mindful Self-Compassion",
            title="Practicing Self-Compassion Therapist",
            holder_name=holder_name,
            credentials_suffix=credentials_suffix,
            statement="has completed the Learning Cohort and is recognised as a",
            issued_on=date(2027, 6, 1),
            number="SCIP-A-2027-000123",
            code="7KQ2-M9XD-4HTB",
            verify_url=VERIFY_URL,
            basis=(
                BasisLine("Cohort", "Spring 2027"),
                BasisLine("Dates", "2 March – 25 May 2027"),
                BasisLine("Live sessions", "11 of 12"),
                BasisLine("Contact hours", "36"),
            ),
            signatory_name="Shira Benatar",
            signatory_title="Professional Training",
            edition="2027",
        )

    return make


@pytest.fixture
def receipt() -> Receipt:
    return Receipt(
        number="R-2027-000045",
        paid_on=date(2027, 1, 12),
        payer_name="Zoë Álvarez",
        payer_email="zoe@example.org",
        organisation="Center for Mindful Self-Compassion",
        organisation_lines=("Professional Training",),
        lines=(ReceiptLine("Level A", 289500, "Spring 2027"), ReceiptLine("Early bird", -30000)),
        currency="USD",
        method="Bank transfer",
        reference="TR-77",
        refund_terms="Until 30 days before the start everything comes back.",
    )


@pytest.fixture
def figures() -> GuideFigures:
    """Figures unlike those of any real edition, so that a literal in the template shows."""
    return GuideFigures(
        edition="Nineteen",
        effective_on=date(2019, 3, 4),
        currency="EUR",
        level_a_sessions=13,
        level_a_hours=39,
        level_b_sessions=11,
        level_b_hours=22,
        attendance_percent=75,
        integrated_sessions=27,
        integrated_clients=7,
        retreat_days_min=4,
        retreat_days_max=9,
        assessment_sessions=3,
        supervision_sessions=6,
        closing_sessions=2,
        session_minutes_min=55,
        case_studies=21,
        reviewers=4,
        review_days=41,
        resubmission_months=14,
        appeal_days=33,
        appeal_panel=5,
        excerpt_days=88,
        registration_fee_cents=51000,
        session_fee_cents=17000,
        review_fee_cents=76000,
        rereview_fee_cents=16100,
    )


class Sink:
    """A loopback server that answers every request, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sink.requests.append(self.path)
                if self.path.startswith("/redirect"):
                    self.send_response(302)
                    self.send_header("Location", "/landed")
                else:
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()
