"""The outbox as the office sees it: what was sent, what waits, what needs another try."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.access.confidential import shown_to
from scip.audit.services import record
from scip.mail.models import Letter
from scip.mail.services import send_again

# Letters of sign-in hold codes and links that open an account; only their reader sees them.
SIGN_IN = "account:"
# What the mail server's refusal means, by the error that begins `Letter.last_error`.
REFUSED = ("SMTPRecipientsRefused",)
# Answers that begin with 4 ask to come back later.
NOT_LATER, TOO_LARGE = "(5", "(552"
NEVER_MADE = (
    "MessageError",
    "HeaderParseError",
    "HeaderWriteError",
    "ValueError",
    "UnicodeEncodeError",
)


class ProgressFilter(admin.SimpleListFilter):
    """Where letters are on their way."""

    title = _("progress")
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("waiting")),
            ("stuck", _("tried and still waiting")),
            ("given_up", _("given up")),
            ("sent", _("sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Letter]) -> QuerySet[Letter]:
        unsent = queryset.filter(sent_at=None)
        match self.value():
            case "waiting":
                return unsent.filter(given_up_at=None)
            case "stuck":
                return unsent.filter(given_up_at=None, attempts__gt=0)
            case "given_up":
                return unsent.exclude(given_up_at=None)
            case "sent":
                return queryset.exclude(sent_at=None)
            case _other:
                return queryset


@admin.register(Letter)
class LetterAdmin(StaffModelAdmin):
    """Letters to read, never to change; one that is stuck can be tried again."""

    list_display = ("subject", "to_address", "progress", "why", "created_at", "sent_at")
    list_filter = (ProgressFilter,)
    search_fields = ("to_address", "subject")
    ordering = ("-id",)
    actions = ("try_again",)
    change_form_template = "mail/admin/letter_change.html"
    fields = (
        "subject",
        "reader",
        "to_address",
        "reply_to",
        "progress",
        "created_at",
        "due_at",
        "sent_at",
        "given_up_at",
        "attempts",
        "why",
        "last_error",
        "attached",
        "wording",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        rows: QuerySet[Letter] = shown_to(request.user, super().get_queryset(request))
        return (
            rows.defer("html", "attachments")
            if is_list(request)
            else rows.select_related("to_user")
        )

    @admin.display(description=_("progress"))
    def progress(self, letter: Letter) -> Any:
        if letter.sent_at:
            return _("sent")
        if letter.given_up_at:
            return _("given up")
        return _("waiting, tried before") if letter.attempts else _("waiting")

    @admin.display(description=_("why not sent"))
    def why(self, letter: Letter) -> Any:
        """In plain words; what the server said stands beside it."""
        if letter.sent_at or not letter.last_error:
            return "–"
        error = letter.last_error.split(":", 1)[0]
        if error in REFUSED and NOT_LATER not in letter.last_error:
            return _("The mail server did not take it yet; it is tried again.")
        if error in REFUSED:
            return _("The address was not taken: it may be mistyped, or closed.")
        if error == "SMTPSenderRefused" and TOO_LARGE in letter.last_error:
            return _("The letter is larger than the mail server allows.")
        if error == "SMTPDataError" and NOT_LATER in letter.last_error:
            return _("The mail server took the address, and not the letter.")
        if error in NEVER_MADE:
            return _("No e-mail could be made of it; tell whoever runs the site.")
        return _("The mail server was away, or took no letters.")

    @admin.display(description=_("for"))
    def reader(self, letter: Letter) -> Any:
        """Whose letter it is, with their address of today where that is another."""
        user = letter.to_user
        if user is None:
            return _("an address without an account")
        person = format_html('<a href="{}">{}</a>', reverse("admin:person", args=[user.pk]), user)
        if user.email in {letter.to_address, ""}:
            return person
        return format_html(gettext("{}, whose address is {} by now"), person, user.email)

    @admin.display(description=_("text"))
    def wording(self, letter: Letter) -> Any:
        if letter.dedupe_key.startswith(SIGN_IN):
            return _("This letter is about signing in, so its text is for its reader alone.")
        return letter.text

    @admin.display(description=_("attachments"))
    def attached(self, letter: Letter) -> str:
        return ", ".join(item["name"] for item in letter.attachments) or "–"

    def has_send_permission(self, request: HttpRequest) -> bool:
        return self.opens_for(request)

    @admin.action(description=_("Try again to send"), permissions=["send"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        """Bring unsent letters back into the queue; sent ones stay as they are."""
        unsent = list(queryset.filter(sent_at=None).exclude(to_address=""))
        for letter in unsent:
            send_again(letter)
            record("letter.tried_again", letter, by=request.user)
        said = ngettext(
            "{count} letter is on its way again.",
            "{count} letters are on their way again.",
            len(unsent),
        )
        self.message_user(request, said.format(count=len(unsent)), messages.SUCCESS)


def is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")
