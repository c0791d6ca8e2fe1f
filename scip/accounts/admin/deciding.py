"""What the office decides about a row: it fills in, reads the letter as it will go, then acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.mail.services import Draft
from scip.requirements import Refusal

type Data = Mapping[str, Any]


def while_in(*states: str) -> Callable[[Any], bool]:
    """A decision that is possible while the row is in one of these states."""
    return lambda row: row.state in states


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing that the office can do to a row, when, and with which letter.

    ``form`` makes the form for a row (an empty one asks nothing); ``draft`` renders the letter,
    ``act`` calls the service; both may raise Refusal. ``send`` says what the last button does,
    ``explanation`` what follows beside the letter.
    """

    title: str | Promise
    done: str | Promise
    is_possible: Callable[[Any], bool]
    draft: Callable[[Any, Data, User], Draft]
    act: Callable[[Any, Data, User], object]
    form: Callable[[Any, Any], forms.BaseForm] = lambda _row, data: forms.Form(data)
    send: str | Promise = ""
    explanation: str | Promise = ""


class DecidingAdmin(StaffModelAdmin):
    """Facts to read, and ``decisions`` by their verb. Nobody decides about themselves."""

    decisions: ClassVar[Mapping[str, Decision]] = {}
    # What is fetched with a row for its own pages.
    row_related: ClassVar[tuple[str, ...]] = ("user",)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decide/<slug:verb>/", view, name=name), *super().get_urls()]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def row_of(self, request: HttpRequest, pk: int | str) -> Any:
        """The row of a page; PermissionDenied for others than the office, 404 if unknown."""
        self.acting(request)
        if not str(pk).isdecimal():
            raise Http404
        return get_object_or_404(
            self.get_queryset(request).select_related(*self.row_related), pk=pk
        )

    def possible(self, row: Any) -> list[tuple[str, Decision]]:
        """The decisions that fit the row as it stands, with their verbs."""
        return [(verb, item) for verb, item in self.decisions.items() if item.is_possible(row)]

    def offered(self, request: HttpRequest, row: Any) -> list[tuple[str, Decision]]:
        """The same for whoever looks: none about themselves, whose very buttons would tell how
        far colleagues have come."""
        return [] if is_about(row, request.user) else self.possible(row)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only the facts that are there."""
        if obj is None or self.fields is None:
            return super().get_fields(request, obj)
        return [
            name
            for name in map(str, self.fields)
            if name in self.readonly_fields or getattr(obj, name) not in {None, ""}
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The row's page, with what can be decided about it."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None:
            shown["decisions"] = self.offered(request, row)
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def own_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What a page of our own about a row needs beside its facts."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "decisions": self.offered(request, row),
        }

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
        """One decision about one row, unless it moved on or is about whoever decides."""
        by = self.acting(request)
        row = self.row_of(request, pk)
        decision = self.decisions.get(verb)
        if decision is None:
            raise Http404
        sentence = not_now(decision, row, by)
        # About oneself not even the form is made: what it offers may be confidential.
        if sentence and (request.method != "POST" or is_about(row, by)):
            messages.warning(request, sentence)
            return redirect(self.row_url(row))
        return self.decide(request, decision, row, by, refused=sentence)

    def decide(
        self, request: HttpRequest, decision: Decision, row: Any, by: User, *, refused: str = ""
    ) -> HttpResponseBase:
        """Fill in, look at the letter, then do it; what was typed stays when it is ``refused``."""
        form = decision.form(row, request.POST if request.method == "POST" else None)
        draft: Draft | None = None
        try:
            if refused:
                raise Refusal(refused)
            if form.is_valid() and "send" in request.POST:
                decision.act(row, form.cleaned_data, by)
                messages.success(request, str(decision.done))
                return redirect(self.row_url(row))
            if form.is_valid():
                rehearse(decision, row and self.row_of(request, row.pk), form.cleaned_data, by)
            if form.is_valid() or not form.fields:
                draft = decision.draft(row, form.cleaned_data if form.is_bound else {}, by)
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
            for finding in refusal.findings:
                form.add_error(None, f"{finding.title}: {finding.found or finding.needed}")
        return self.decide_page(request, decision, row, form=form, draft=draft)

    def decide_page(
        self, request: HttpRequest, decision: Decision, row: Any, **context: Any
    ) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": decision.title,
            "decision": decision,
            "intro": self.intro(row),
            "list_url": self.row_url(None),
            "row_url": self.row_url(row),
            **context,
        }
        return render(request, "admin/decide.html", shown)

    def intro(self, row: Any) -> str:
        """A line above the form, if its reader needs one."""
        return ""

    def row_url(self, row: Any) -> str:
        """The row's page; the list's without one."""
        stem = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{stem}_change", args=[row.pk]) if row else reverse(f"{stem}_changelist")


def is_about(row: Any, user: Any) -> bool:
    """Is the row about whoever looks at it?"""
    return bool(row.user_id == user.pk)


def not_now(decision: Decision, row: Any, by: User) -> str:
    """Why the page of a decision is not even opened; looking takes no lock."""
    if is_about(row, by):
        return _("This is about you, so a colleague has to look at it. Nothing was changed.")
    if not decision.is_possible(row):
        # A second press of the same button comes here, too.
        return _(
            "This was done already, or is not possible any more; its page says how it stands. "
            "Nothing was changed just now."
        )
    return ""


def rehearse(decision: Decision, row: Any, data: Data, by: User) -> None:
    """Do it and undo it: what could not be done is refused before a letter is shown."""
    with transaction.atomic():
        decision.act(row, data, by)
        transaction.set_rollback(True)
