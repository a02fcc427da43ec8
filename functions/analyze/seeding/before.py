"""What the rows were before a seeding, kept so that a cancelled one can be taken back.

Values are noted before the first write that changes them. A seeding that another one finds unfinished
leaves its notes to it: what counts is how the rows were when last a seeding had ended as it should.
"""

from __future__ import annotations

import json
from typing import Any

from functions.analyze.seeding.plan import Plan, make_plan
from functions.analyze.seeding.rows import Row, Rows, no_rows
from shared.directus.rows import PARENTS_FIRST

Before = dict[str, dict[str, Row | None]]
"""Rows as they were, by collection and id; None for one that was not there."""


def noted(existing: Rows, plan: Plan, earlier: Before) -> Before:
    """Return the notes with what the plan is about to write; what was noted earlier stays as it is."""
    fresh = {
        collection: {row_id: existing[collection].get(row_id) for row_id in ids}
        for collection, ids in plan.touched().items()
    }
    return {name: fresh[name] | earlier.get(name, {}) for name in PARENTS_FIRST}


def restoration(existing: Rows, before: Before) -> Plan:
    """Return what brings the noted rows back; a row that a human validated since stays."""
    wanted = no_rows()
    for collection, rows in before.items():
        wanted[collection] = {row_id: row for row_id, row in rows.items() if row is not None}
    own = {name: {row_id for row_id, row in before.get(name, {}).items() if row is None} for name in existing}
    return make_plan(existing, wanted, own=own)


def to_json(before: Before) -> bytes:
    """Return the form that the file store keeps."""
    return json.dumps(before, ensure_ascii=False).encode()


def from_json(data: bytes) -> Before:
    """Read what ``to_json`` wrote."""
    before: dict[str, Any] = json.loads(data)
    return before
