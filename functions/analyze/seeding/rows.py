"""The rows that a result becomes below a product.

A row's id is derived from the product and the row's place: its parents, its taxonomy item, its scope, and
its number among siblings that have all these in common, counted by value. The same finding therefore has
the same id in every analysis of the product.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.analyze.seeding import values
from shared.directus.taxonomy import relationship_of
from shared.findings import Details, Finding, ResultTree
from shared.seeded_rows import BENEFITS, PARENTS_FIRST, SEGMENTS

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]
"""Rows by collection and id; relations are ids."""

LIMITS = "insurance_dcm_limit"
CONDITIONS = "insurance_dcm_condition"
EXCLUSIONS = "insurance_dcm_exclusion"
PRODUCT = "dcm_product"
EXTRACTION_DATE = "extraction_date"
VALIDATED = "validated_by_human"
NAME_OF = {collection: collection.removeprefix("insurance_dcm_") + "_name" for collection in PARENTS_FIRST}

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:clauseworks:seeded-row")


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
class Wanted:
    """The rows that are to be there, and what could not become one."""

    rows: Rows
    warnings: tuple[str, ...]


def build(tree: ResultTree, origin: Origin) -> Wanted:
    """Return the rows of what a result includes."""
    builder = _Builder(origin)
    product = {PRODUCT: origin.product_id}
    for segment, segment_id in builder.add(SEGMENTS, tree.segments, origin.product_id, product):
        in_segment = {SEGMENTS: segment_id}
        builder.add_details(segment, segment_id, product | in_segment)
        for benefit, benefit_id in builder.add(BENEFITS, segment.benefits, segment_id, in_segment):
            builder.add_details(benefit, benefit_id, product | in_segment | {BENEFITS: benefit_id})
    builder.add_details(tree.product, origin.product_id, product)
    return Wanted(builder.rows, tuple(builder.warnings))


@dataclass(slots=True)
class _Builder:
    origin: Origin
    rows: Rows = field(default_factory=no_rows)
    warnings: list[str] = field(default_factory=list)

    def add_details(self, above: Finding | Details, parent_id: str, parents: Mapping[str, str]) -> None:
        """Add limits, conditions and exclusions below one parent."""
        for collection, findings in (
            (LIMITS, above.limits),
            (CONDITIONS, above.conditions),
            (EXCLUSIONS, above.exclusions),
        ):
            missing = {BENEFITS: None, SEGMENTS: None} | dict(parents)
            self.add(collection, findings, parent_id, missing)

    def add(
        self, collection: str, findings: Iterable[Finding], parent_id: str, parents: Mapping[str, str | None]
    ) -> list[tuple[Finding, str]]:
        """Add a row for each finding; return them with their ids."""
        added = []
        alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.is_included:
                alike[finding.item_id or finding.item_name, finding.scope].append(finding)
        for (item, scope), siblings in alike.items():
            for number, finding in enumerate(sorted(siblings, key=_order)):
                name = "\n".join((parent_id, collection, item, scope, str(number)))
                row_id = str(uuid.uuid5(_NAMESPACE, name))
                own = self._own(collection, finding)
                if own is None:
                    continue
                self.rows[collection][row_id] = {"id": row_id, **own, **self._shared(finding), **parents}
                added.append((finding, row_id))
        return added

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


def _order(finding: Finding) -> tuple[str, bool, float, int, int]:
    """Order siblings by what they say, then by where they say it."""
    proof = finding.evidence[0]
    return finding.unit, finding.value is None, finding.value or 0.0, proof.page, proof.start
