"""What ties a reader to a candidate, computed from history (`domain.md`, "conflicts").

One table of sources, read in two ways: for many people at once, to tell who may be asked, and as a
condition inside a queryset, so that nothing opens to somebody who turns out to be barred.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from certification.review.models import (
    MAY_BE_ALLOWED,
    Assignment,
    DeclaredTie,
    NotToRead,
    PanelSeat,
    Tie,
)
from certification.review.requirements.assigning import ROLES
from cohorts.models import Enrolment
from scip.accounts.models import Role, User
from supervision.models import Agreement, FeePayment, Recommendation, SupervisionSession

BARS = frozenset(Tie) - MAY_BE_ALLOWED


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that tie two people: the tie, the rows, and the ways to member and candidate."""

    kind: Tie
    rows: QuerySet[Any]
    member: str
    candidate: str

    def candidates_of(self, user: User) -> QuerySet[Any]:
        """Keys of the people whom these rows tie to somebody."""
        return self.rows.filter(**{self.member: user.pk}).order_by().values(self.candidate)


def sources() -> Iterator[Source]:
    """What history says; people's own words stand in `DeclaredTie` and `NotToRead`."""
    sessions, agreements = SupervisionSession.objects.all(), Agreement.objects.all()
    yield Source(Tie.SUPERVISED, sessions, "supervisor__user", "candidacy__user")
    yield Source(Tie.AGREEMENT, agreements, "supervisor__user", "candidacy__user")
    yield Source(
        Tie.RECOMMENDATION,
        Recommendation.objects.all(),
        "agreement__supervisor__user",
        "agreement__candidacy__user",
    )
    yield Source(
        Tie.PAYMENT,
        FeePayment.objects.all(),
        "block__agreement__supervisor__user",
        "block__agreement__candidacy__user",
    )
    yield Source(Tie.FACILITATED, Enrolment.objects.all(), "cohort__facilitators", "user")


def kind_of(name: NotToRead) -> Tie:
    """What it means to be named by a candidate: a colleague may be allowed, others are barred."""
    return Tie.COLLEAGUE if name.tie == NotToRead.Tie.COLLEAGUE else Tie.NAMED


def means(user: User) -> Q:
    """Is it this person whom a candidate named? By any address that is confirmed as theirs, and by
    name unless the address that was given is somebody else's: candidates know people by addresses
    with which nobody signs in here."""
    confirmed = EmailAddress.objects.filter(verified=True)
    by_address = Q(email=user.email) | Q(email__in=confirmed.filter(user=user).values("email"))
    if not user.name:
        return by_address
    is_nobodys = ~Exists(confirmed.filter(email=OuterRef("email")))
    return by_address | Q(is_nobodys, name__iexact=user.name)


def tied_to(user: User, kinds: Collection[Tie], *, candidate: str) -> Q:
    """Rows whose ``candidate`` (the way to a person) has one of these ties to somebody."""
    found = Q(**{candidate: user.pk}) if Tie.SELF in kinds else Q(pk=None)
    tied = [source.candidates_of(user) for source in sources() if source.kind in kinds]
    declared = DeclaredTie.objects.filter(member=user, kind__in=kinds)
    tied.append(declared.values("candidate"))
    names = NotToRead.objects.filter(means(user)).order_by()
    is_colleague = Q(tie=NotToRead.Tie.COLLEAGUE)
    if Tie.COLLEAGUE in kinds:
        tied.append(names.filter(is_colleague).values("submission__candidacy__user"))
    if Tie.NAMED in kinds:
        tied.append(names.exclude(is_colleague).values("submission__candidacy__user"))
    for people in tied:
        found |= Q(**{f"{candidate}__in": people})
    return found


def ties_of(candidate: User, members: Collection[User]) -> dict[int, frozenset[Tie]]:
    """What ties each of these people to a candidate; seven queries however many there are, and
    one more where the candidate named somebody."""
    found = ties_between([(candidate, member) for member in members])
    return {member.pk: found[candidate.pk, member.pk] for member in members}


def ties_between(
    pairs: Collection[tuple[User, User]],
) -> dict[tuple[int, int], frozenset[Tie]]:
    """What ties the two of each pair of candidate and member, by their keys; as many queries as
    `ties_of` however many candidates there are."""
    found: dict[tuple[int, int], set[Tie]] = {(one.pk, other.pk): set() for one, other in pairs}
    candidates, members = {one.pk for one, _other in pairs}, {other.pk for _one, other in pairs}
    for key, ties in found.items():
        if key[0] == key[1]:
            ties.add(Tie.SELF)
    for source in sources():
        both = {f"{source.candidate}__in": candidates, f"{source.member}__in": members}
        rows = source.rows.filter(**both).order_by()
        for key in rows.values_list(source.candidate, source.member).distinct():
            found.get(key, set()).add(source.kind)
    declared = DeclaredTie.objects.filter(candidate__in=candidates, member__in=members)
    for candidate, member, kind in declared.values_list("candidate", "member", "kind"):
        found.get((candidate, member), set()).add(Tie(kind))
    about = NotToRead.objects.filter(submission__candidacy__user__in=candidates)
    names = list(about.annotate(candidate=F("submission__candidacy__user")))
    for name, user in meant_by(names, {other for _one, other in pairs}) if names else ():
        found.get((name.candidate, user.pk), set()).add(kind_of(name))
    return {key: frozenset(kinds) for key, kinds in found.items()}


def told_of(candidate: User, members: Collection[int]) -> dict[int, frozenset[Tie]]:
    """What these people (their keys) told of themselves about a candidate, in whichever case; one
    query."""
    found: dict[int, set[Tie]] = {}
    rows = DeclaredTie.objects.filter(candidate=candidate, member__in=members)
    for member, kind in rows.values_list("member", "kind"):
        found.setdefault(member, set()).add(Tie(kind))
    return {member: frozenset(kinds) for member, kinds in found.items()}


def meant_by(names: Collection[Any], members: Collection[User]) -> Iterator[tuple[Any, User]]:
    """Who of these people is meant by which name, as `means` has it; one query."""
    confirmed = EmailAddress.objects.filter(verified=True).filter(
        Q(user__in=members) | Q(email__in=[name.email for name in names])
    )
    owners: dict[str, set[int]] = {}
    for email, owner in confirmed.values_list("email", "user"):
        owners.setdefault(email, set()).add(owner)
    for name in names:
        known = owners.get(name.email, set())
        for member in members:
            is_same = not known and same_name(name.name, member.name)
            if member.pk in known or name.email == member.email or is_same:
                yield name, member


def same_name(one: str, other: str) -> bool:
    return bool(one) and one.casefold() == other.casefold()


def open_assignments(user: Any) -> QuerySet[Assignment]:
    """The assignments by which somebody may read at this moment: accepted after a declaration,
    today's role for that very seat, nothing that bars, and no tie that nobody allowed.

    Every page, file and search of the reading room begins here.
    """
    rows = Assignment.objects.filter(state__in=Assignment.READING, declared_at__isnull=False)
    if not user.is_authenticated:
        return rows.none()
    # A chair whose term as a chair is over may go on as a reviewer, and leads nothing any more.
    seats = [seat for seat, roles in ROLES.items() if user.has_role(*roles)]
    way = "submission__candidacy__user"
    return rows.filter(member=user, seat__in=seats).exclude(
        tied_to(user, BARS, candidate=way)
        | (Q(allowed_at=None) & tied_to(user, MAY_BE_ALLOWED, candidate=way))
    )


def is_shut() -> Q:
    """Assignments whose room is shut until somebody has looked at a tie."""
    return Q(state__in=Assignment.READING, allowed_at=None) & tie_to_look_at()


def tie_to_look_at() -> Q:
    """Assignments between whose people something stands that may be allowed, for everybody at
    once: what `tied_to` asks for one."""
    way = "submission__candidacy__user"
    here = {"submission__candidacy__user": OuterRef(way), "tie": NotToRead.Tie.COLLEAGUE}
    confirmed = EmailAddress.objects.filter(verified=True, email=OuterRef("email"))
    theirs = Q(email=OuterRef("member__email")) | Exists(
        confirmed.filter(user=OuterRef(OuterRef("member")))
    )
    by_name = Q(name__iexact=OuterRef("member__name")) & ~Q(name="") & ~Exists(confirmed)
    declared = DeclaredTie.objects.filter(kind__in=MAY_BE_ALLOWED)
    found = Q(Exists(declared.filter(member=OuterRef("member"), candidate=OuterRef(way))))
    found |= Q(Exists(NotToRead.objects.filter(theirs | by_name, **here)))
    for source in sources():
        if source.kind in MAY_BE_ALLOWED:
            people = {source.member: OuterRef("member"), source.candidate: OuterRef(way)}
            found |= Q(Exists(source.rows.filter(**people)))
    return found


def open_seats(user: Any) -> QuerySet[PanelSeat]:
    """The seats by which somebody may read an appeal now: accepted after a declaration, and no
    tie at all; who hears an appeal had no part in anything (`domain.md`, "Appeal")."""
    rows = PanelSeat.objects.filter(state__in=PanelSeat.READING, declared_at__isnull=False)
    if not user.is_authenticated or not user.has_role(Role.PANEL, Role.SUPERVISOR):
        return rows.none()
    tied = tied_to(user, frozenset(Tie), candidate="appeal__candidacy__user")
    return rows.filter(member=user).exclude(tied)
