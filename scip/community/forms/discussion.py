"""Threads, posts, hiding and reporting."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scip.community.forms.text import LineField, OnceForm, ParagraphsField
from scip.community.models.discussion import BODY_LENGTH

PLAIN = _(
    "Plain text; an empty line begins a new paragraph, and addresses of web pages become links. "
    "Please write nothing by which a client could be recognised."
)


class PostForm(OnceForm):
    """What somebody writes."""

    body = ParagraphsField(label=_("Your words"), max_length=BODY_LENGTH, rows=7, help_text=PLAIN)


class ThreadForm(OnceForm):
    """A new conversation."""

    title = LineField(label=_("What is it about?"), max_length=120)
    body = ParagraphsField(label=_("Your words"), max_length=BODY_LENGTH, rows=9, help_text=PLAIN)


class HideForm(forms.Form):
    """Why a post is hidden."""

    reason = ParagraphsField(
        label=_("Why"),
        max_length=1000,
        rows=4,
        help_text=_("Its author reads this. Say what troubled you and how it could be said."),
    )


class ReportForm(forms.Form):
    """What troubles somebody about a post."""

    reason = ParagraphsField(
        label=_("What troubles you"),
        max_length=1000,
        rows=4,
        help_text=_("The office reads it together with the post, and nobody else."),
    )
