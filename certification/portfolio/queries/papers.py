"""What stands in a paper of case studies."""

from collections.abc import Iterable

from certification.portfolio.models import CaseStudy, WriteUp, Writing
from scip.pdf.case_studies import PrintedCase


def parts_to_read(row: Writing) -> list[tuple[str, str]]:
    """Label and words of every part with something in it; lists one below the other."""
    found = []
    for name in row.PARTS:
        if name == "title" or not row.has_part(name):
            continue
        label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        if name == "competencies":
            words = "\n".join(item.name for item in row.competencies.all())
        elif name == "levels":
            levels = [item for item in CaseStudy.Level if item in row.levels]  # type: ignore[attr-defined]
            words = "\n".join(str(item.label) for item in levels)
        else:
            words = getattr(row, name)
        found.append((label[0].upper() + label[1:], words))
    return found


def printed_text(row: WriteUp) -> PrintedCase:
    """A write-up or reflection, for paper."""
    return PrintedCase(
        title=str(row),
        client="",
        is_done=row.is_done,
        saved_at=row.saved_at,
        parts=tuple(parts_to_read(row)),
    )


def printed_case(case: CaseStudy) -> PrintedCase:
    """One case study with label and competencies at hand, for paper."""
    return PrintedCase(
        title=str(case),
        client=case.label.name if case.label else "",
        is_done=case.is_done,
        saved_at=case.saved_at,
        parts=tuple(parts_to_read(case)),
    )


def length_of(cases: Iterable[PrintedCase]) -> int:
    """How many characters there are to set."""
    return sum(len(words) for case in cases for _label, words in case.parts)
