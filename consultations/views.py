"""Level B's public page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cohorts.requirements.attendance import sessions_needed
from consultations.models import Topic
from scip.policy.models import Edition
from scip.publishing import meta_of, published


@published
@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    edition = Edition.objects.visible_to(request.user).in_force()
    context = {
        "meta": meta_of(
            request,
            _("Consultation groups (Level B)"),
            _(
                "Small live groups on one clinical theme each: what happens in them, which themes "
                "there are, what they cost and what you are called afterwards."
            ),
        ),
        "edition": edition,
        "level_b_hours": edition.level_b_sessions * edition.level_b_session_minutes // 60,
        "level_b_session_hours": edition.level_b_session_minutes / 60,
        "level_b_needed": sessions_needed(edition.level_b_sessions, edition.attendance_percent),
        "topics": Topic.objects.visible_to(request.user).offered(),
    }
    return render(request, "consultations/topic_list.html", context)
