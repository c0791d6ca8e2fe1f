"""The evidence for `requirements.erasure_findings`."""

from collections import Counter

from django.utils.encoding import force_str

from cohorts.models import Cohort, Enrolment
from payments.models import Charge, Checkout, Dispute, Refund
from payments.queries import Balance
from scip.accounts.models import Role, User
from scip.privacy.requirements import ErasureEvidence, PlaceFacts, erasure_findings
from scip.requirements import Assessment
from supervision.models import Agreement

OVER = (Cohort.State.FINISHED, Cohort.State.CANCELLED)


def hindrances(person: User) -> Assessment:
    """What stands in the way of erasing somebody now (seven queries)."""
    return erasure_findings(erasure_evidence(person))


def erasure_evidence(person: User) -> ErasureEvidence:
    """What is on record, fresh."""
    places = (
        Enrolment.objects.filter(user=person, state__in=Enrolment.HELD)
        .exclude(cohort__state__in=OVER)
        .select_related("cohort")
        .order_by("pk")
    )
    owed: Counter[str] = Counter()
    for charge in Charge.objects.filter(user=person).with_sums():
        owed[charge.currency] += Balance.of(charge).to_return_cents
    of_person = {"charge__user": person}
    under_way = (
        Checkout.objects.under_way().filter(**of_person).count()
        + Refund.objects.filter(
            **of_person, state__in=[Refund.State.REQUESTED, Refund.State.SENT]
        ).count()
        + Dispute.objects.filter(
            **of_person, state__in=[Dispute.State.INQUIRY, Dispute.State.OPEN]
        ).count()
    )
    supervised = Agreement.objects.filter(
        supervisor__user=person, state__in=Agreement.ALIVE
    ).count()
    return ErasureEvidence(
        places=tuple(PlaceFacts(title=row.cohort.title, enrolment_id=row.pk) for row in places),
        supervised=supervised,
        owed=tuple((currency, cents) for currency, cents in sorted(owed.items()) if cents),
        under_way=under_way,
        roles=tuple(force_str(Role(role).label) for role in sorted(person.roles)),
    )
