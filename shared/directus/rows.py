"""The rows that analyses seed below a product: where they are, and which of them are protected.

What a human validated stays, and so does what it hangs on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SEGMENTS = "insurance_dcm_segment"
BENEFITS = "insurance_dcm_benefit"
DETAILS = ("insurance_dcm_limit", "insurance_dcm_condition", "insurance_dcm_exclusion")
CHILDREN_FIRST = (*DETAILS, BENEFITS, SEGMENTS)
PARENTS_FIRST = CHILDREN_FIRST[::-1]
VALIDATED = "validated_by_human"


@dataclass(frozen=True, slots=True)
class SeededRow:
    """A row with the ids of the segment and benefit it hangs on; empty where there is none."""

    id: str
    validated: bool = False
    segment: str = ""
    benefit: str = ""


@dataclass(frozen=True, slots=True)
class ProductRows:
    """Every seeded row of one product, by collection."""

    rows: Mapping[str, Sequence[SeededRow]] = field(default_factory=dict)

    @property
    def validated(self) -> int:
        """Return how many rows a human validated."""
        return sum(row.validated for rows in self.rows.values() for row in rows)

    def removable(self, *, force: bool) -> dict[str, list[str]]:
        """Return the ids to remove by collection, children before parents; ``force`` protects nothing."""
        protected = set() if force else self.protected()
        return {
            collection: [
                row.id for row in self.rows.get(collection, ()) if (collection, row.id) not in protected
            ]
            for collection in CHILDREN_FIRST
        }

    def without(self, collection: str, ids: Sequence[str]) -> ProductRows:
        """Return the rows less those of one collection that are gone."""
        gone = set(ids)
        left = [row for row in self.rows.get(collection, ()) if row.id not in gone]
        return ProductRows({**self.rows, collection: left})

    def protected(self) -> set[tuple[str, str]]:
        """Return collection and id of every row that is validated, or an ancestor of such a row."""
        segment_of = {row.id: row.segment for row in self.rows.get(BENEFITS, ())}
        needed: set[tuple[str, str]] = set()
        for collection, row in self._validated_rows():
            needed |= {
                (collection, row.id),
                (BENEFITS, row.benefit),
                (SEGMENTS, row.segment),
                (SEGMENTS, segment_of.get(row.benefit, "")),
            }
        return needed

    @property
    def total(self) -> int:
        """Return how many rows there are."""
        return sum(len(rows) for rows in self.rows.values())

    def _validated_rows(self) -> Iterator[tuple[str, SeededRow]]:
        for collection, rows in self.rows.items():
            yield from ((collection, row) for row in rows if row.validated)


def of_product(product_id: str) -> dict[str, Any]:
    """Return a query's filters by variable: what hangs on the product, directly or through its parents."""
    product = {"dcm_product": {"id": {"_eq": product_id}}}
    segment = {SEGMENTS: product}
    benefit = {BENEFITS: segment}
    detail = {"_or": [product, segment, benefit]}
    names = [collection.removeprefix("insurance_dcm_") + "s" for collection in DETAILS]
    return {"segments": product, "benefits": segment, **dict.fromkeys(names, detail)}
