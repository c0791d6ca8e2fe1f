"""Letters and lines of the log that would tell somebody of the office who reads, hears and answers
about themselves: a colleague reads them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet, Value

from certification.portfolio.models import Excerpt
from certification.review.models import (
    Appeal,
    AppealDocument,
    Assignment,
    Decision,
    Dossier,
    PanelSeat,
    Question,
    Submission,
)
from scip.accounts.models import User

# Models of the committee's and the panel's work, with the way to whom it is about.
ABOUT: Mapping[type[Any], str] = {
    Submission: "candidacy__user",
    Assignment: "submission__candidacy__user",
    Question: "assignment__submission__candidacy__user",
    Decision: "submission__candidacy__user",
    Dossier: "snapshot__submission__candidacy__user",
    Appeal: "candidacy__user",
    AppealDocument: "appeal__candidacy__user",
    PanelSeat: "appeal__candidacy__user",
    Excerpt: "portfolio__candidacy__user",
}
# By which keys letters name their occasion; the number is followed by more words, or by nothing.
OCCASIONS = (
    (Submission, "submission:{}"),
    (Assignment, "assignment:{}"),
    (Assignment, "view:given:{}"),
    (Question, "question:asked:{}"),
    (Question, "question:withheld:{}"),
    (Question, "question:answered:{}"),
    (Decision, "decision:{}"),
    (Appeal, "appeal:{}"),
    (PanelSeat, "panelseat:{}"),
)
# What stands under a candidate's own name, and was done by whoever answered.
ANSWERS = (
    "submission.certified",
    "submission.development",
    "decision.sent",
    "candidacy.certified",
    "candidacy.opened_again",
    "completion.recorded",
    "credential.issued",
    "appeal.hearing",
    "appeal.decided",
)


def own_rows(user: User) -> dict[type[Any], list[int]]:
    """Keys of all such rows about somebody, by their model; one query."""
    models = list(ABOUT)
    parts: list[QuerySet[Any, Any]] = [
        model._base_manager.filter(**{way: user.pk})
        .order_by()
        .values_list(Value(models.index(model)), "pk")
        for model, way in ABOUT.items()
    ]
    found: dict[type[Any], list[int]] = defaultdict(list)
    for place, pk in parts[0].union(*parts[1:], all=True):
        found[models[place]].append(pk)
    return found


def letters_kept_back(user: User) -> Q:
    """Letters to others about one's own submission or appeal."""
    rows, found = own_rows(user), Q(pk=None)
    for model, occasion in OCCASIONS:
        for pk in rows[model]:
            key = occasion.format(pk)
            found |= Q(dedupe_key=key) | Q(dedupe_key__startswith=f"{key}:")
    return found & (Q(to_user=None) | ~Q(to_user=user.pk))


def entries_kept_back(user: User) -> Q:
    """Lines of the log about it that tell of others' acts."""
    rows = own_rows(user)
    found = Q(subject_id=user.pk, action__in=ANSWERS)
    for model in (Submission, Assignment, Question, Decision, Appeal, PanelSeat, AppealDocument):
        keys = [str(pk) for pk in rows[model]]
        found |= Q(object_type=model._meta.label_lower, object_id__in=keys)
    # Most lines have neither key, and what is unknown must not be left out.
    opened = Q(data__has_key="dossier", data__dossier__in=rows[Dossier])
    opened |= Q(data__has_key="excerpt", data__excerpt__in=rows[Excerpt])
    found |= Q(action="document.opened", subject_id=None) & opened
    return found & (Q(actor_id=None) | ~Q(actor_id=user.pk))
