"""The office's pages of a round: wishes at a glance, the proposal, moves by hand, publishing."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from cohorts.admin.pages import acting, page, refused
from cohorts.models import Cohort
from consultations.forms.office import ONLY_IN_DRAFT, MoveForm, RoundForm, WhoForm
from consultations.models import Apart, Group, Placement, Proposal, Round
from consultations.queries.proposals import demand_of, left_out, overview_of
from consultations.queries.rounds import ground_of
from consultations.services import placing, proposals, rounds, wishes
from scip.access.admin import StaffModelAdmin
from scip.audit.services import record
from scip.requirements import Refusal

ALWAYS = ("state", "open_at", "published_at", "published_by", "cancelled_at")
PLACES = "admin:consultations_round_places"

type Act = Callable[..., object]
ACTS: dict[str, tuple[Act, Any]] = {
    "open": (rounds.open_round, _("The round is open; people can say what they wish.")),
    "close": (rounds.close_round, _("The time for wishes is over; you can make a proposal.")),
    "cancel": (rounds.cancel_round, _("The round is given up; nobody is placed by it.")),
    "propose": (proposals.propose, _("Here is a proposal. Nobody is told before you publish it.")),
}


class WaitingFilter(admin.SimpleListFilter):
    """Rounds that are closed and wait for the office."""

    title = _("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("proposal", _("For a proposal, or its publishing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "proposal":
            return queryset
        found: QuerySet[Any] = queryset.waiting_for_proposal(timezone.now())  # type: ignore[attr-defined]
        return found


@admin.register(Round)
class RoundAdmin(StaffModelAdmin):
    """A round is prepared as a draft; what happens with it has pages of its own."""

    may_add = True
    may_change = True
    form = RoundForm
    list_display = ("name", "state", "opens_at", "closes_at", "people")
    list_filter = (WaitingFilter, "state")
    search_fields = ("name",)
    ordering = ("-closes_at", "pk")
    fields = (
        "name",
        "words",
        "groups",
        "opens_at",
        "closes_at",
        "choices",
        "apart_names",
        "night_from",
        "night_until",
        *ALWAYS,
    )
    change_form_template = "consultations/admin/round_change.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(wishers=Count("preferences"))
        return counted

    @admin.display(description=_("people"))
    def people(self, row: Any) -> int:
        return int(row.wishers)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or obj.state == Round.State.DRAFT:
            return ALWAYS
        return (*ALWAYS, *ONLY_IN_DRAFT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is over is read."""
        is_over = obj is not None and obj.state in {Round.State.PUBLISHED, Round.State.CANCELLED}
        return not is_over and super().has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Groups that take people, each with its topic: few enough to tick."""
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.visible_to(request.user).filter(
                cohort__state=Cohort.State.OPEN
            ).select_related("cohort", "topic")  # fmt: skip
            kwargs["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Round, form: ModelForm[Any], change: bool
    ) -> None:
        if change:
            # The rest stays as it is now: a colleague may have opened or closed the round since.
            obj.save(update_fields=[name for name in form.changed_data if name != "groups"])
        else:
            super().save_model(request, obj, form, change)
        changed = ",".join(sorted(form.changed_data))
        record("round.edited", obj, by=request.user, fields=changed)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups are written only where this page changed them."""
        if not change or "groups" in form.changed_data:
            super().save_related(request, form, formsets, change)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view

        def named(route: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(route, wrap(view), name=f"consultations_round_{name}")
            return pattern

        return [
            named("<int:pk>/places/", require_safe(self.places_view), "places"),
            named("<int:pk>/publish/", self.publish_view, "publish"),
            named("<int:pk>/act/<slug:verb>/", require_POST(self.act_view), "act"),
            named("aparts/<int:pk>/", require_POST(self.apart_view), "apart"),
            named("placements/<int:pk>/move/", self.move_view, "move"),
            named("placements/<int:pk>/retry/", require_POST(self.retry_view), "retry"),
            *super().get_urls(),
        ]

    def places_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Everything about a round on one page; a fixed number of queries."""
        by = acting(self, request)
        round_ = get_object_or_404(Round.objects.visible_to(by), pk=pk)
        now = timezone.now()
        ground = ground_of(round_, now=now)
        proposal = newest(round_)
        return page(
            self,
            request,
            round_,
            "consultations/admin/round_places.html",
            title=_("Wishes and places"),
            ground=ground,
            demand=demand_of(ground),
            left_out=left_out(ground),
            unclear=[WhoForm(None, apart=row, ground=ground) for row in ground.unclear],
            takes_wishes=round_.takes_wishes(now),
            is_closed=round_.is_closed(now),
            proposal=proposal,
            overview=overview_of(proposal, ground) if proposal else None,
        )

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
        """Open, close, give up, propose."""
        by = acting(self, request)
        round_ = get_object_or_404(Round.objects.visible_to(by), pk=pk)
        if verb not in ACTS:
            raise Http404
        act, done = ACTS[verb]
        try:
            act(round_, by=by)
        except Refusal as refusal:
            refused(request, refusal)
        else:
            messages.success(request, done)
        return redirect(PLACES, pk)

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Say what will happen, then do it."""
        by = acting(self, request)
        round_ = get_object_or_404(Round.objects.visible_to(by), pk=pk)
        if request.method == "POST":
            mine = Proposal.objects.visible_to(by).filter(round=round_)
            looked_at = mine.filter(pk=number(request, "proposal")).first()
            try:
                if looked_at is None:
                    raise Refusal(_("Please look at the proposal first, and publish it there."))
                proposals.publish(looked_at, revision=number(request, "revision"), by=by)
                messages.success(request, _("Published. Offers and letters are on their way."))
            except Refusal as refusal:
                refused(request, refusal)
            return redirect(PLACES, pk)
        proposal = newest(round_)
        if proposal is None:
            return redirect(PLACES, pk)
        return page(
            self,
            request,
            round_,
            "consultations/admin/round_publish.html",
            title=_("Publish"),
            proposal=proposal,
            overview=overview_of(proposal, ground_of(round_, now=timezone.now())),
        )

    def apart_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Say whom a name means."""
        by = acting(self, request)
        rows = Apart.objects.visible_to(by).select_related("preference__round", "preference__user")
        apart = get_object_or_404(rows, pk=pk)
        ground = ground_of(apart.preference.round, now=timezone.now())
        form = WhoForm(request.POST, apart=apart, ground=ground)
        if form.is_valid():
            wishes.settle_apart(apart, person=form.chosen(), by=by)
            messages.success(request, _("Noted; the next proposal knows it."))
        else:
            messages.error(request, _("Please choose a person, or “nobody of this round”."))
        return redirect(PLACES, apart.preference.round_id)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Another group for somebody; what it would break is named."""
        by = acting(self, request)
        placement = self.placement(by, pk)
        round_ = placement.proposal.round
        form = MoveForm(request.POST or None, placement=placement)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                proposals.move_person(placement, given["group"], reason=given["reason"], by=by)
                messages.success(request, _("Moved; every explanation is written anew."))
                return redirect(PLACES, round_.pk)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
                for finding in refusal.findings:
                    form.add_error(None, f"{finding.title}: {finding.found or finding.needed}")
        return page(
            self,
            request,
            round_,
            "consultations/admin/placement_move.html",
            title=_("Move {person}").format(person=placement.preference.user),
            placement=placement,
            form=form,
            ranks=placement.preference.ranks.select_related("group__cohort"),
        )

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Try an offer again that could not be made."""
        by = acting(self, request)
        placement = self.placement(by, pk)
        try:
            placing.try_again(placement, by=by)
            messages.success(request, _("It is tried again; open this page anew in a moment."))
        except Refusal as refusal:
            refused(request, refusal)
        return redirect(PLACES, placement.proposal.round_id)

    def placement(self, by: Any, pk: int) -> Placement:
        rows = Placement.objects.visible_to(by)
        return get_object_or_404(
            rows.select_related("proposal__round", "preference__user", "group__cohort"), pk=pk
        )


def newest(round_: Round) -> Proposal | None:
    """The proposal that stands, or the published one."""
    rows = Proposal.objects.filter(round=round_).exclude(state=Proposal.State.REPLACED)
    return rows.select_related("made_by", "published_by").first()


def number(request: HttpRequest, name: str) -> int:
    """A number that the page carried: which proposal was looked at, and as it stood."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
