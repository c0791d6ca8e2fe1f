"""The style guide: every component once in light and once in dark, on invented data.

Only where DEBUG or DEMO is on; elsewhere the address does not exist.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from scip.access import public
from scip.requirements import Finding, Status

MOMENT = datetime(2027, 3, 2, 18, 0, tzinfo=UTC)
COLOURS = (
    ("paper", "ink"),
    ("surface", "ink"),
    ("sunken", "ink-soft"),
    ("action", "action-ink"),
    ("action-soft", "action"),
    ("clay-soft", "clay"),
    ("met-soft", "met"),
    ("open-soft", "open"),
    ("danger-soft", "danger"),
)


@dataclass(frozen=True, slots=True)
class Note:
    """What the messages component reads from one of Django's messages."""

    level_tag: str
    text: str

    def __str__(self) -> str:
        return self.text


class ExampleForm(forms.Form):
    """One field of each kind; bound and empty, so that the error states show."""

    use_required_attribute = False

    certificate_name = forms.CharField(
        label=_("Name as it should stand on certificates"),
        help_text=_("Any script, any order. One word is fine."),
    )
    way = forms.ChoiceField(
        label=_("How do you practise?"),
        widget=forms.RadioSelect,
        choices=[
            ("licensed", _("With a licence of my own")),
            ("supervised", _("Under supervision")),
            ("student", _("As a graduate student")),
        ],
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=[("", _("Choose a country")), ("PT", "Portugal"), ("KE", "Kenya")],
    )
    expires_on = forms.DateField(
        label=_("Your insurance ends on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
    )
    document = forms.FileField(
        label=_("Document"), help_text=_("PDF, JPEG or PNG, up to 20 MB."), required=False
    )
    story = forms.CharField(
        label=_("What brings you here?"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    in_practice = forms.BooleanField(label=_("I see clients at present"))


def example_findings() -> tuple[Finding, ...]:
    """One finding in each state."""
    return (
        Finding(
            code="licence",
            title=_("Licence to practise"),
            status=Status.MET,
            found=_("Clinical psychologist, Portugal, until Friday 30 June 2028."),
        ),
        Finding(
            code="insurance",
            title=_("Professional liability insurance"),
            status=Status.OPEN,
            needed=_("It should cover the day on which your cohort begins."),
            found=_("Your document ends on Friday 12 February 2027."),
            next_step=_("Add the renewed document"),
            url="#insurance",
        ),
        Finding(
            code="msc",
            title=_("A full MSC programme"),
            status=Status.WAITING,
            found=_("8-week course, with your document."),
            waiting_for=_("the office"),
            since=MOMENT,
        ),
        Finding(
            code="sessions",
            title=_("Attendance"),
            status=Status.WAIVED,
            found=_("9 of 12 sessions."),
            waived_by="Rosa Lind",
            waiver_reason="make-up work accepted after a birth",
        ),
        Finding(
            code="certificate",
            title=_("Certificate"),
            status=Status.LATER,
            needed=_("It is made once the last session is over."),
        ),
    )


def example_context(scheme: str) -> dict[str, Any]:
    """Data for every component; ``scheme`` keeps ids unique between light and dark."""
    bound = ExampleForm(
        {"country": "PT", "story": _("I want to be kinder to myself, too.")},
        auto_id=f"{scheme}_bound_%s",
    )
    fresh = ExampleForm(auto_id=f"{scheme}_fresh_%s")
    return {
        "scheme": scheme,
        "colours": COLOURS,
        "bound": bound,
        "fresh": fresh,
        "findings": example_findings(),
        "next_title": _("Confirm your fifth session")
        if scheme == "light"
        else _("Confirm your sixth session"),
        "moment": MOMENT,
        "notes": [
            Note("success", str(_("Saved. Your application is with the office now."))),
            Note(
                "warning",
                str(_("Your draft was changed in another window. Both versions are kept.")),
            ),
        ],
        "levels": [
            {
                "letter": "A",
                "name": _("Learning cohort"),
                "note": _("11 of 12 sessions"),
                "state": "done",
                "percent": 100,
            },
            {
                "letter": "B",
                "name": _("Consultation: Trauma"),
                "note": _("Session 6 of 10"),
                "state": "now",
                "percent": 55,
            },
            {
                "letter": "C",
                "name": _("Certification"),
                "note": _("Ten sessions at your own pace"),
                "state": "ahead",
                "percent": 0,
            },
        ],
        "steps": [
            {"label": _("You"), "state": "done", "url": "#you"},
            {"label": _("Practice"), "state": "done", "url": "#practice"},
            {"label": _("Documents"), "state": "now"},
            {"label": _("Price"), "state": "ahead"},
            {"label": _("Summary"), "state": "ahead"},
        ],
        "facts": [
            {"label": _("Paid to CMSC"), "value": "USD 4,890"},
            {"label": _("Still to CMSC"), "value": "USD 750", "note": _("review fee")},
            {"label": _("In all"), "value": "USD 5,640", "total": True},
        ],
        "prices": [
            {
                "name": _("Early bird"),
                "cents": 259500,
                "until": date(2027, 1, 15),
                "tag": _("open"),
                "tag_kind": "met",
            },
            {
                "name": _("Lend a Hand"),
                "cents": 319500,
                "note": _("A little more, so that somebody else can come."),
            },
            {
                "name": _("Supported"),
                "cents": None,
                "note": _("Tell us what you can pay; asking changes nothing."),
            },
        ],
        "options": [
            {
                "value": "standard",
                "label": _("Standard"),
                "price": "USD 2,895",
                "note": _("What the course costs."),
                "checked": True,
            },
            {
                "value": "lend",
                "label": _("Lend a Hand"),
                "price": "USD 3,195",
                "note": _("You carry a part for somebody else."),
            },
            {
                "value": "early",
                "label": _("Early bird"),
                "price": "USD 2,595",
                "note": _("Until Friday 15 January 2027."),
                "disabled": True,
            },
        ],
        "columns": [
            {"label": _("Person")},
            {"label": _("State")},
            {"label": _("Waiting"), "end": True},
        ],
        "rows": [
            [
                {"text": "Amara Okonkwo-Lindqvist", "url": "#amara"},
                {"text": _("Waiting"), "tag_kind": "waiting"},
                {"text": "3", "end": True},
            ],
            [
                {"text": "山田 花子", "url": "#hanako"},
                {"text": _("Still open"), "tag_kind": "open"},
                {"text": "12", "end": True},
            ],
        ],
        "events": [
            {"when": MOMENT, "what": _("Application sent"), "state": "done"},
            {
                "when": MOMENT,
                "what": _("With the office"),
                "note": _("Usually within ten days."),
                "state": "now",
            },
            {"what": _("An answer by letter"), "state": "ahead"},
        ],
        "crumbs": [{"label": _("Cohorts"), "url": "#cohorts"}, {"label": _("Spring 2027")}],
        "bars": [
            {"label": _("Level A"), "value": 120},
            {"label": _("Level B"), "value": 74},
            {"label": _("Level C"), "value": 18, "note": _("3 with the committee")},
        ],
        "kept": {
            "name": "insurance-2026.pdf",
            "url": "#file",
            "note": _("verified on Monday 1 February 2027"),
        },
        "cells": ["present", "present", "partial", "absent", "excused", "empty", "future"],
    }


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in both schemes; 404 outside DEBUG and the demo."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    schemes = [example_context("light"), example_context("dark")]
    return render(request, "styleguide.html", {"schemes": schemes})
