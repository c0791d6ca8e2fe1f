"""Background work of the groups. Every task may run twice."""

from celery import shared_task

from consultations.models import Proposal
from consultations.services import placing
from consultations.services.rota import remind_presenters
from payments.services import enqueue


@shared_task(name="consultations.remind_presenters")
def remind() -> None:
    """Letters a week before one's case (beat)."""
    remind_presenters()


@shared_task(name="consultations.carry_out")
def carry_out(pk: int) -> None:
    """Offers and letters of a published proposal."""
    placing.carry_out(Proposal.objects.get(pk=pk))


@shared_task(name="consultations.sweep_placements")
def sweep_placements() -> None:
    """Published placements that nobody was told of yet (beat): a worker died on the way."""
    for pk in placing.proposals_to_carry_out():
        enqueue("consultations.carry_out", pk)
