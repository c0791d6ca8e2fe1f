"""What the office decides here: each shows its letter first, then acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.mail.services import Draft
from scip.requirements import Refusal

type Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing that the office can do to a row in ``states``, with its letter.

    ``form`` makes the form for a row (an empty one asks nothing); ``draft`` renders the letter,
    ``act`` calls the service and raises Refusal.
    """

    title: str | Promise
    done: str | Promise
    send: str | Promise
    states: frozenset[str]
    draft: Callable[[Any, Data], Draft]
    act: Callable[[Any, Data, User], object]
    form: Callable[[Any, Any], forms.Form] = lambda _row, data: forms.Form(data)


class DecidingAdmin(StaffModelAdmin):
    """Facts to read, and ``decisions`` by their verb."""

    decisions: ClassVar[Mapping[str, Decision]] = {}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decide/<slug:verb>/", view, name=name), *super().get_urls()]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only the facts that are there."""
        if obj is None:
            return self.fields
        return [
            name
            for name in map(str, self.fields or ())
            if name in self.readonly_fields or getattr(obj, name) not in {None, ""}
        ]

    def possible(self, row: Any) -> list[tuple[str, Decision]]:
        """The decisions that fit the row's state, with their verbs."""
        return [(verb, item) for verb, item in self.decisions.items() if row.state in item.states]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The row's page, with what can be decided about it."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {"decisions": self.possible(row)} if row is not None else {}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
        """Fill in, look at the letter, then do it."""
        by = self.acting(request)
        decision = self.decisions.get(verb)
        if decision is None:
            raise Http404
        row = get_object_or_404(self.get_queryset(request).select_related("user"), pk=pk)
        if request.method != "POST" and (sentence := not_now(decision, row, by)):
            messages.error(request, sentence)
            return redirect(self.change_name, pk)
        form = decision.form(row, request.POST if request.method == "POST" else None)
        draft: Draft | None = None
        try:
            if request.method == "POST" and form.is_valid() and "send" in request.POST:
                decision.act(row, form.cleaned_data, by)
                messages.success(request, str(decision.done))
                return redirect(self.list_name)
            if form.is_valid() or not form.fields:
                data = form.cleaned_data if form.is_bound else {}
                if form.is_bound:  # looking takes no lock
                    rehearse(decision, row, data, by)
                draft = decision.draft(row, data)
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        return self.page(request, row, decision, form=form, draft=draft)

    @property
    def list_name(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"

    @property
    def change_name(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_change"

    def page(
        self, request: HttpRequest, row: Any, decision: Decision, **context: Any
    ) -> HttpResponse:
        return render(
            request,
            "certification/admin/decide.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": row,
                "title": decision.title,
                "decision": decision,
                "list_name": self.list_name,
                "change_name": self.change_name,
                **context,
            },
        )


def not_now(decision: Decision, row: Any, by: User) -> str:
    """Why the page of a decision is not even opened; looking takes no lock."""
    if row.user_id == by.pk:
        return _("This is about you, so a colleague has to look at it. Nothing was changed.")
    if row.state not in decision.states:
        return _("It is “{state}” now, so that step is not possible any more.").format(
            state=row.get_state_display()
        )
    return ""


def rehearse(decision: Decision, row: Any, data: Data, by: User) -> None:
    """Do it and undo it: what could not be done is refused before a letter is shown."""
    with transaction.atomic():
        decision.act(row, data, by)
        transaction.set_rollback(True)
