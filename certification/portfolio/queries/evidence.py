"""Which writing and which excerpt shows which competency, and which nothing shows yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.portfolio.models import CaseStudy, Excerpt, WriteUp
from supervision.models import Competency


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One competency with what shows it."""

    competency: Competency
    cases: tuple[CaseStudy, ...]
    write_ups: tuple[WriteUp, ...]
    excerpts: tuple[Excerpt, ...] = ()

    @property
    def count(self) -> int:
        return len(self.cases) + len(self.write_ups) + len(self.excerpts)

    @property
    def is_gap(self) -> bool:
        return not self.count

    @property
    def in_words(self) -> str:
        """How often it is shown, as a sentence."""
        if self.is_gap:
            return _("Nothing shows this yet.")
        said = []
        if self.cases:
            said.append(
                ngettext("{count} case study", "{count} case studies", len(self.cases)).format(
                    count=len(self.cases)
                )
            )
        if self.write_ups:
            said.append(
                ngettext("{count} write-up", "{count} write-ups", len(self.write_ups)).format(
                    count=len(self.write_ups)
                )
            )
        if self.excerpts:
            said.append(
                ngettext("{count} excerpt", "{count} excerpts", len(self.excerpts)).format(
                    count=len(self.excerpts)
                )
            )
        return _("Shown in {what}.").format(what=_(" and ").join(said))

    @property
    def marks(self) -> frozenset[int]:
        return frozenset(case.pk for case in self.cases)


def evidence_map(
    competencies: Sequence[Competency],
    cases: Sequence[CaseStudy],
    write_ups: Sequence[WriteUp],
    excerpts: Sequence[Excerpt] = (),
) -> list[Shown]:
    """Each competency of the framework with its evidence; looks at prefetched rows only."""
    return [
        Shown(
            competency=item,
            cases=tuple(case for case in cases if item in case.competencies.all()),
            write_ups=tuple(row for row in write_ups if item in row.competencies.all()),
            excerpts=tuple(row for row in excerpts if item in row.competencies.all()),
        )
        for item in competencies
    ]


def gaps_in(shown: Sequence[Shown]) -> list[Competency]:
    return [item.competency for item in shown if item.is_gap]
