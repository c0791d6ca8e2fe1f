"""The short steps of the application form: which there are and where one stands."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.forms.applications import AID_CHOICE, PriceForm, WordsForm
from cohorts.models import AidRequest, Application, PriceTier
from cohorts.requirements.admission import ENTRY, tier_meaning
from scip.formats import day, money
from scip.requirements import Assessment, Status

STEPS = {
    "you": gettext_lazy("About you"),
    "prerequisites": gettext_lazy("What you bring"),
    "words": gettext_lazy("In your words"),
    "price": gettext_lazy("Your price"),
    "summary": gettext_lazy("Look and send"),
}
CODES = {
    "you": {"profile"},
    "prerequisites": set(ENTRY),
    "words": {"words", "live"},
    "price": {"price"},
    "summary": {"window"},
}


def address(application: Application, step: str) -> str:
    return reverse("applications:step", args=[application.pk, step])


def neighbours(application: Application, step: str) -> dict[str, str]:
    """Addresses of the step before and after, empty at the ends."""
    names = list(STEPS)
    here = names.index(step)
    return {
        "previous_url": address(application, names[here - 1]) if here else "",
        "next_url": address(application, names[here + 1]) if here + 1 < len(names) else "",
    }


def stepper(application: Application, step: str, assessment: Assessment) -> dict[str, Any]:
    """For components/stepper.html; a step is done when none of its findings is open."""
    open_codes = {finding.code for finding in assessment if finding.status is Status.OPEN}
    names = list(STEPS)
    steps = [
        {
            "label": STEPS[name],
            "state": "now"
            if name == step
            else ("ahead" if CODES[name] & open_codes or name == "summary" else "done"),
            "url": address(application, name),
        }
        for name in names
    ]
    return {"steps": steps, "position": names.index(step) + 1, "count": len(names)}


def price_choices(application: Application, chosen: str, now: Any) -> list[dict[str, Any]]:
    """For components/radio_cards.html: the prices that hold now, and asking for aid."""
    choices: list[dict[str, Any]] = []
    for tier in PriceTier.objects.filter(cohort=application.cohort_id):
        tier.cohort = application.cohort
        if not tier.holds(now):
            continue
        note = tier_meaning(tier.kind)
        if tier.until:
            note = _("{meaning} Until {day}.").format(meaning=note, day=day(tier.until))
        choices.append(
            {
                "value": tier.kind,
                "label": tier.get_kind_display(),
                "price": money(tier.amount_cents, tier.currency),
                "note": note,
                "checked": chosen == tier.kind,
            }
        )
    choices.append(
        {
            "value": AID_CHOICE,
            "label": _("Supported place or scholarship"),
            "price": _("On request"),
            "note": _("If none of these is possible for you, say so. Many ask; it is welcome."),
            "checked": chosen == AID_CHOICE,
        }
    )
    return choices


def price_initial(application: Application, request: AidRequest | None, now: Any) -> dict[str, Any]:
    """What the price step shows: a price that no longer holds moves to the standard one."""
    if request is not None:
        cents = request.affordable_cents
        return {
            "tier": AID_CHOICE,
            "kind": request.kind,
            "statement": request.statement,
            "affordable": None if cents is None else cents // 100,
        }
    tier = PriceTier.objects.filter(cohort=application.cohort_id, kind=application.tier).first()
    if tier is not None and not tier.holds(now):
        return {"tier": PriceTier.Kind.STANDARD.value, "moved": True}
    return {"tier": application.tier}


def form_of(
    step: str, application: Application, data: Any, request: AidRequest | None, now: Any
) -> Any:
    """The step's form, bound when ``data`` is given; None for steps without one."""
    if step == "words":
        return WordsForm(data, instance=application)
    if step == "price":
        return PriceForm(data, initial=price_initial(application, request, now))
    return None
