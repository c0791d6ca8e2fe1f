"""What the public pages tell search engines in structured data (schema.org)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scip.pages.queries import CohortCard
from scip.policy.models import Edition


def organisation(edition: Edition) -> dict[str, Any]:
    return {
        "@type": "EducationalOrganization",
        "@id": f"{settings.SITE_URL}/#organisation",
        "name": edition.organisation,
        "url": f"{settings.SITE_URL}/",
    }


def course(edition: Edition, cards: Sequence[CohortCard]) -> dict[str, Any]:
    """Level A with its next dates and lowest prices."""
    minutes = edition.level_a_sessions * edition.level_a_session_minutes
    return {
        "@type": "Course",
        "name": _("Self-Compassion in Psychotherapy, Level A: learning cohort"),
        "description": _("Live online training for mental-health clinicians."),
        "url": settings.SITE_URL + reverse("pages:program"),
        "provider": {"@id": f"{settings.SITE_URL}/#organisation"},
        "hasCourseInstance": [cohort_instance(card, minutes) for card in cards],
    }


def cohort_instance(card: CohortCard, minutes: int) -> dict[str, Any]:
    """One cohort; the address is its public page."""
    instance: dict[str, Any] = {
        "@type": "CourseInstance",
        "name": card.cohort.title,
        "courseMode": "Online",
        "courseWorkload": f"PT{minutes // 60}H",
        "startDate": card.first_starts_at.isoformat(),
        "url": settings.SITE_URL + reverse("cohorts:detail", args=[card.cohort.slug]),
        "location": {
            "@type": "VirtualLocation",
            "url": settings.SITE_URL + reverse("cohorts:detail", args=[card.cohort.slug]),
        },
    }
    if card.lowest is not None:
        instance["offers"] = {
            "@type": "Offer",
            "price": f"{card.lowest.cents / 100:.2f}",
            "priceCurrency": card.lowest.currency,
        }
    return instance


def questions(entries: Sequence[Any]) -> dict[str, Any]:
    """The FAQ page's questions and answers."""
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": entry.question,
                "acceptedAnswer": {"@type": "Answer", "text": entry.answer},
            }
            for entry in entries
        ],
    }
