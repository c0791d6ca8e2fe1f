"""The public site in the office's hands: faculty, questions, interest list, messages."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.pages import services
from scip.pages.emails import draft_answer
from scip.pages.models import ContactMessage, FacultyMember, FaqEntry, InterestEntry
from scip.requirements import Refusal


@admin.register(FacultyMember)
class FacultyAdmin(StaffModelAdmin):
    """People who teach, as the site shows them."""

    may_add = True
    may_change = True
    list_display = ("name", "role", "place", "position", "is_shown")
    list_editable = ("position", "is_shown")
    list_filter = ("is_shown",)
    search_fields = ("name",)


@admin.register(FaqEntry)
class FaqAdmin(StaffModelAdmin):
    """Questions and answers of the public page."""

    may_add = True
    may_change = True
    list_display = ("question", "topic", "position", "is_on_home", "is_shown")
    list_editable = ("position", "is_on_home", "is_shown")
    list_filter = ("topic", "is_shown")
    search_fields = ("question", "answer")
    ordering = ("topic", "position", "id")


@admin.register(InterestEntry)
class InterestAdmin(StaffModelAdmin):
    """Who wants to hear from us, and about what. An entry is deleted when its person asks."""

    list_display = ("email", "name", "country", "about", "created_at", "told_at")
    list_filter = ("about", ("told_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name")
    ordering = ("-id",)
    date_hierarchy = None
    fields = ("email", "name", "country", "about", "note", "created_at", "told_at")
    actions = ("note_told",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.opens_for(request)

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return self.opens_for(request)

    @admin.action(description=_("Note that they were told"), permissions=["tell"])
    def note_told(self, request: HttpRequest, queryset: QuerySet[InterestEntry]) -> None:
        told = services.note_told(queryset, by=request.user)
        said = ngettext("{count} entry noted.", "{count} entries noted.", told)
        self.message_user(request, said.format(count=told), messages.SUCCESS)

    def delete_model(self, request: HttpRequest, obj: InterestEntry) -> None:
        services.leave_interest_list(obj.pk, by=request.user)


class AnswerForm(forms.Form):
    """What the office writes back; greeting and signature are part of it."""

    body = forms.CharField(
        label=_("Your answer"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"}),
        help_text=_("“Warmly, the SCIP office” and their own message follow below it."),
        error_messages={"required": _("Write what you would like to answer.")},
    )


@admin.register(ContactMessage)
class ContactAdmin(StaffModelAdmin):
    """Messages of visitors: read, answered by letter, or set aside."""

    list_display = ("name", "email", "beginning", "state", "created_at", "answered_by")
    list_filter = ("state",)
    list_select_related = ("answered_by",)
    search_fields = ("name", "email", "message")
    ordering = ("-id",)
    fields = (
        "name",
        "email",
        "message",
        "created_at",
        "state",
        "answered_at",
        "answered_by",
        "set_aside_at",
        "set_aside_by",
    )
    actions = ("note_answered", "set_aside", "take_up_again")
    change_form_template = "admin/pages/contactmessage/change_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.opens_for(request)

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return self.opens_for(request)

    def delete_model(self, request: HttpRequest, obj: ContactMessage) -> None:
        services.delete_message(obj, by=request.user)

    @admin.display(description=_("begins"))
    def beginning(self, message: ContactMessage) -> str:
        words = " ".join(message.message.split())
        return f"{words[:70]}…" if len(words) > 70 else words

    def act(self, request: HttpRequest, rows: QuerySet[ContactMessage], verb: Any) -> None:
        """Do it for each row; those that refuse say why, the others go on."""
        done = 0
        for row in rows:
            try:
                verb(row, by=request.user)
                done += 1
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal.sentence}", messages.WARNING)
        if done:
            said = ngettext("{count} message changed.", "{count} messages changed.", done)
            self.message_user(request, said.format(count=done), messages.SUCCESS)

    @admin.action(description=_("Note as answered elsewhere"), permissions=["answer"])
    def note_answered(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        self.act(request, queryset, services.note_answered)

    @admin.action(description=_("Set aside, no answer needed"), permissions=["answer"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        self.act(request, queryset, services.set_aside)

    @admin.action(description=_("Take up again"), permissions=["answer"])
    def take_up_again(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        self.act(request, queryset, services.take_up_again)

    def get_urls(self) -> list[URLPattern]:
        answer = self.admin_site.admin_view(self.answer_view)
        return [
            path("<int:pk>/answer/", answer, name="pages_contactmessage_answer"),
            *super().get_urls(),
        ]

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Write, look at the letter, then send it; what was typed survives each step."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        message = get_object_or_404(ContactMessage.objects.visible_to(request.user), pk=pk)
        form = AnswerForm(request.POST or None)
        draft = None
        if request.method == "POST" and form.is_valid():
            draft = draft_answer(message, form.cleaned_data["body"])
            if "send" in request.POST:
                try:
                    services.answer_message(message, draft=draft, by=request.user)
                except Refusal as refusal:
                    messages.error(request, str(refusal.sentence))
                else:
                    messages.success(request, _("Your answer is on its way."))
                    return redirect("admin:pages_contactmessage_changelist")
            elif "edit" in request.POST:
                draft = None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": message,
            "title": _("Answer"),
            "form": form,
            "draft": draft,
        }
        return render(request, "admin/pages/contactmessage/answer.html", context)
