"""The one signal of the house: a charge is settled.

Sent by the dispatcher in a transaction of its own, with ``charge``, ``settlement`` and ``now``,
after the money has been committed. The receiver that owns the charge acts and returns a
`Claim`; every other receiver returns None. A receiver that raises undoes its own work
only and is asked again later; money is never rolled back.
"""

from dataclasses import dataclass

from django.dispatch import Signal

charge_settled = Signal()


@dataclass(frozen=True, slots=True)
class Claim:
    """ "This charge is mine." ``name`` says who acted, for example ``enrolment.confirmed``.

    A ``flag`` (for example ``place_gone``) puts the settlement on the office's look-list:
    the money stays, a person decides.
    """

    name: str
    flag: str = ""
