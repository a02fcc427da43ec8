"""What has to be written so that the rows that are there become the rows that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from functions.analyze.seeding.rows import EXTRACTION_DATE, Row, Rows
from shared.directus.rows import (
    BENEFITS,
    CHILDREN_FIRST,
    PARENTS_FIRST,
    SEGMENTS,
    VALIDATED,
    ProductRows,
    SeededRow,
)

Cut = Callable[[Sequence[Row]], list[list[Row]]]

_NUMBERS = frozenset({"limit_value"})


class Operation(StrEnum):
    """What a request does to its rows."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: whole rows to create, ids with changed fields to update, ids alone to delete."""

    operation: Operation
    collection: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows by collection; ``kept`` counts those that a human validated, which stay as they are."""

    create: Mapping[str, Sequence[Row]]
    update: Mapping[str, Sequence[Row]]
    delete: Mapping[str, Sequence[Row]]
    kept: int

    def batches(self, cut: Cut) -> list[Batch]:
        """Return the requests in an order in which no row ever lacks its parents."""
        steps = [
            (Operation.CREATE, self.create, PARENTS_FIRST),
            (Operation.UPDATE, self.update, PARENTS_FIRST),
        ]
        steps.append((Operation.DELETE, self.delete, CHILDREN_FIRST))
        return [
            Batch(operation, collection, batch)
            for operation, rows, order in steps
            for collection in order
            for batch in cut(rows[collection])
        ]

    def counts(self) -> dict[str, int]:
        """Return how many rows it writes, by operation."""
        steps = {Operation.CREATE: self.create, Operation.UPDATE: self.update, Operation.DELETE: self.delete}
        return {operation.value: sum(map(len, rows.values())) for operation, rows in steps.items()}

    def touched(self) -> dict[str, list[str]]:
        """Return the ids that it writes, by collection."""
        return {
            collection: [
                row["id"] for step in (self.create, self.update, self.delete) for row in step[collection]
            ]
            for collection in PARENTS_FIRST
        }


def make_plan(existing: Rows, wanted: Rows, *, own: Mapping[str, set[str]] | None = None) -> Plan:
    """Compare what is there with what is wanted.

    Rows that a human validated are never written, nor are their ancestors deleted. ``own`` restricts the
    deletion of rows that are not wanted to these ids, and lets a changed extraction date count as well: what
    is put back has to be as it was. Otherwise every unwanted row goes, and a date alone is no change.
    """
    protected = product_rows(existing).protected()
    create, update, delete = {}, {}, {}
    for collection in PARENTS_FIRST:
        there, here = existing[collection], wanted[collection]
        create[collection] = [row for row_id, row in sorted(here.items()) if row_id not in there]
        update[collection] = [
            {"id": row_id, **changed}
            for row_id, row in sorted(here.items())
            if row_id in there
            and not there[row_id][VALIDATED]
            and (changed := _changes(there[row_id], row, exact=own is not None))
        ]
        delete[collection] = [
            {"id": row_id}
            for row_id in sorted(there)
            if row_id not in here
            and (collection, row_id) not in protected
            and (own is None or row_id in own[collection])
        ]
    return Plan(create, update, delete, kept=product_rows(existing).validated)


def product_rows(rows: Rows) -> ProductRows:
    """Return the rows as protection looks at them."""
    return ProductRows(
        {
            collection: [
                SeededRow(row_id, bool(row[VALIDATED]), row.get(SEGMENTS) or "", row.get(BENEFITS) or "")
                for row_id, row in by_id.items()
            ]
            for collection, by_id in rows.items()
        }
    )


def apply(rows: Rows, batch: Batch) -> None:
    """Change the rows as a request that went through has changed them."""
    table = rows[batch.collection]
    for row in batch.rows:
        if batch.operation is Operation.DELETE:
            table.pop(row["id"], None)
        else:
            table[row["id"]] = {**table.get(row["id"], {VALIDATED: False}), **row}


def _changes(old: Row, new: Row, *, exact: bool) -> Row:
    """Return the fields that differ; the date goes along with any of them."""
    changed = {
        name: value for name, value in new.items() if _plain(name, old.get(name)) != _plain(name, value)
    }
    return changed if exact or set(changed) - {EXTRACTION_DATE} else {}


def _plain(name: str, value: Any) -> Any:
    """Return a value in the one form in which both sides compare."""
    if name == VALIDATED:
        return bool(value)
    if value is None or value == "":
        return None
    return float(value) if name in _NUMBERS else str(value)
