"""Which row each finding of a product becomes, and under which id.

A row's id is derived from the product and the row's place: its parents, its taxonomy item, its scope, and
its number among siblings that have all these in common, counted by value. The same finding therefore has
the same id in every analysis of the product.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.directus.rows import BENEFITS, DETAILS, SEGMENTS
from shared.findings.model import Details, Finding, ResultTree
from shared.findings.paths import paths

PRODUCT = "dcm_product"
LIMITS, CONDITIONS, EXCLUSIONS = DETAILS

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:clauseworks:seeded-row")


@dataclass(frozen=True, slots=True)
class RowPlacement:
    """A finding that is included, its path in the result, and its row: id and what it hangs on."""

    path: str
    finding: Finding
    collection: str
    row_id: str
    parents: Mapping[str, str | None]


def placed(tree: ResultTree, product_id: str) -> Iterator[RowPlacement]:
    """Yield what becomes a row below a product, parents before children."""
    product = {PRODUCT: product_id}
    for segment in _rows(paths("", "segments", tree.segments), SEGMENTS, product_id, product):
        yield segment
        in_segment = {SEGMENTS: segment.row_id}
        yield from _details(segment.path, segment.finding, segment.row_id, product | in_segment)
        benefits = paths(segment.path, "benefits", segment.finding.benefits)
        for benefit in _rows(benefits, BENEFITS, segment.row_id, in_segment):
            yield benefit
            in_benefit = product | in_segment | {BENEFITS: benefit.row_id}
            yield from _details(benefit.path, benefit.finding, benefit.row_id, in_benefit)
    yield from _details("", tree.product, product_id, product)


def _details(
    path: str, above: Finding | Details, parent_id: str, parents: Mapping[str, str]
) -> Iterator[RowPlacement]:
    """Yield the limits, conditions and exclusions below one parent."""
    named: dict[str, str | None] = {BENEFITS: None, SEGMENTS: None, **parents}
    for collection, kind, findings in (
        (LIMITS, "limits", above.limits),
        (CONDITIONS, "conditions", above.conditions),
        (EXCLUSIONS, "exclusions", above.exclusions),
    ):
        yield from _rows(paths(path, kind, findings), collection, parent_id, named)


def _rows(
    findings: Iterator[tuple[str, Finding]],
    collection: str,
    parent_id: str,
    parents: Mapping[str, str | None],
) -> Iterator[RowPlacement]:
    alike: dict[tuple[str, str], list[tuple[str, Finding]]] = defaultdict(list)
    for path, finding in findings:
        if finding.is_included:
            alike[finding.item_id or finding.item_name, finding.scope].append((path, finding))
    for (item, scope), siblings in alike.items():
        for number, (path, finding) in enumerate(sorted(siblings, key=_order)):
            name = "\n".join((parent_id, collection, item, scope, str(number)))
            yield RowPlacement(path, finding, collection, str(uuid.uuid5(_NAMESPACE, name)), parents)


def _order(sibling: tuple[str, Finding]) -> tuple[str, bool, float, int, int]:
    """Order siblings by what they say, then by where they say it."""
    finding = sibling[1]
    proof = finding.evidence[0]
    return finding.unit, finding.value is None, finding.value or 0.0, proof.page, proof.start
