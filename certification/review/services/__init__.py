"""Every act of a submission."""

from certification.review.services.letters import save_letter
from certification.review.services.submitting import (
    attest_again,
    begin,
    forget_not_to_read,
    name_not_to_read,
    put_back,
    submission_paid,
    submit,
)

__all__ = [
    "attest_again",
    "begin",
    "forget_not_to_read",
    "name_not_to_read",
    "put_back",
    "save_letter",
    "submission_paid",
    "submit",
]
