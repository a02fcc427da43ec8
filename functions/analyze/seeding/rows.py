"""The rows that a result becomes below a product; ``row_ids`` says which, and under which ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from functions.analyze.seeding import values
from shared.directus.row_ids import LIMITS, RowPlacement, placed
from shared.directus.rows import BENEFITS, PARENTS_FIRST, VALIDATED
from shared.directus.taxonomy import relationship_of
from shared.findings.model import Finding, ResultTree

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]
"""Rows by collection and id; relations are ids."""

EXTRACTION_DATE = "extraction_date"
NAME_OF = {collection: collection.removeprefix("insurance_dcm_") + "_name" for collection in PARENTS_FIRST}


def no_rows() -> Rows:
    """Return every collection, empty."""
    return {collection: {} for collection in PARENTS_FIRST}


@dataclass(frozen=True, slots=True)
class Origin:
    """What all rows of one seeding share; ``extraction_date`` is ISO 8601."""

    product_id: str
    document_reference: str
    extraction_date: str


@dataclass(frozen=True, slots=True)
class DesiredRows:
    """The rows that are to be there, and what could not become one."""

    rows: Rows
    warnings: tuple[str, ...]


def build(tree: ResultTree, origin: Origin) -> DesiredRows:
    """Return the rows of what a result includes."""
    builder = _Builder(origin)
    for placement in placed(tree, origin.product_id):
        builder.add(placement)
    return DesiredRows(builder.rows, tuple(builder.warnings))


@dataclass(slots=True)
class _Builder:
    origin: Origin
    rows: Rows = field(default_factory=no_rows)
    warnings: list[str] = field(default_factory=list)

    def add(self, placement: RowPlacement) -> None:
        """Add the row of a finding."""
        own = self._own(placement.collection, placement.finding)
        if own is not None:
            row = {"id": placement.row_id, **own, **self._shared(placement.finding), **placement.parents}
            self.rows[placement.collection][placement.row_id] = row

    def _own(self, collection: str, finding: Finding) -> Row | None:
        """Return the fields of a collection alone; None for a limit that its field cannot hold."""
        row: Row = {NAME_OF[collection]: values.text(finding.item_name, values.MAX_NAME)}
        unit = values.text(finding.unit, values.MAX_NAME)
        if collection == BENEFITS:
            return row | {"actual_value": values.amount(finding.value, finding.unit), "unit": unit}
        if collection != LIMITS:
            return row
        limit = None if finding.value is None else values.number(finding.value)
        if limit is None and finding.value is not None:
            # Nothing in its place would read as unlimited.
            self.warnings.append(
                f"The limit {finding.item_name!r} on page {finding.evidence[0].page} is too large for "
                "Directus, and was not written."
            )
            return None
        return row | {"limit_value": limit, "limit_unit": unit}

    def _shared(self, finding: Finding) -> Row:
        proof = finding.evidence[0]
        scope = f" ({finding.scope})" if finding.scope else ""
        return {
            "status": "published",
            "description": values.text(finding.description + scope, values.MAX_TEXT),
            "taxonomy_item_relationship": relationship_of(finding.item_id) or None,
            "document_reference": values.place(self.origin.document_reference, proof.page),
            "section_reference": values.text(finding.section_reference, values.MAX_REFERENCE),
            "full_text_part": values.text(proof.quote, values.MAX_TEXT),
            "llm_summary": values.text(finding.summary, values.MAX_TEXT),
            EXTRACTION_DATE: self.origin.extraction_date,
            VALIDATED: False,
        }
