"""The findings of a report as one flat table: a row for each, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from functions.analyze.outputs.report.content import KINDS, Entry, Group, Report


@dataclass(frozen=True, slots=True)
class Row:
    """One finding; ``segment`` and ``benefit`` are where it stands, empty above them.

    ``value`` is the number as the result has it, or None, also for "unlimited".
    """

    segment: str
    benefit: str
    kind: str
    item: str
    item_name: str
    value: float | None
    unit: str
    scope: str
    page: int
    page_label: str
    section: str
    quote: str
    confidence: float


COLUMNS = ("segment", "benefit", "kind", "item", "item_name", "value", "unit", "scope", "page", "page_label",
           "section", "quote", "confidence")  # fmt: skip


def rows(report: Report) -> Iterator[Row]:
    """Yield a row for each finding: what holds for the product first, then segment by segment."""
    for segment, benefit, group in report.groups():
        if group.entry is not None:
            yield _row(group.entry, segment, benefit)
        for kind in KINDS:
            for entry in getattr(group, kind):
                yield _row(entry, segment, benefit)


def _row(entry: Entry, segment: Group | None, benefit: Group | None) -> Row:
    finding, proof = entry.finding, entry.proof
    return Row(
        segment=_label(segment),
        benefit=_label(benefit),
        kind=entry.kind,
        item=entry.label,
        item_name=finding.item_name,
        value=finding.value,
        unit=finding.unit,
        scope=finding.scope,
        page=proof.page,
        page_label=proof.page_label,
        section=proof.section,
        quote=proof.quote,
        confidence=finding.confidence,
    )


def _label(group: Group | None) -> str:
    return "" if group is None or group.entry is None else group.entry.label
