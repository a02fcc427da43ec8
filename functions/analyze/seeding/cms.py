"""A product's rows in Directus: one query reads them all, one request writes a batch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.analyze.seeding.plan import Batch, Operation
from functions.analyze.seeding.rows import NAME_OF, Row, Rows
from shared.directus import PRODUCTS, Directus, DirectusNotFoundError, DirectusRejectedError
from shared.directus.model import reference
from shared.directus.rows import PARENTS_FIRST, of_product
from shared.errors import PermanentError

_QUERY = Path(__file__).with_name("product_rows.graphql")
_FIELD = re.compile(r'field "(\w+)"')
_MOVED_ON = {"RECORD_NOT_UNIQUE", "INVALID_FOREIGN_KEY"}


class ProductGoneError(DirectusNotFoundError):
    """The product is not there any more, or not for the worker."""


class MovedOnError(Exception):
    """Directus no longer holds what was read: the rows are to be read again. ``refusal`` is its answer."""

    def __init__(self, refusal: PermanentError) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def read(directus: Directus, product_id: str) -> tuple[Row, Rows]:
    """Return the product (name and document reference) and its rows; raises ProductGoneError."""
    where = {"products": {"id": {"_eq": product_id}}, **of_product(product_id)}
    answer = directus.graphql_rows(_QUERY.read_text(encoding="utf-8"), where)
    if not answer[PRODUCTS]:
        raise ProductGoneError(f"Product {product_id!r}")
    rows = {name: {reference(row["id"]): _flat(row) for row in answer[name]} for name in PARENTS_FIRST}
    return answer[PRODUCTS][0], rows


def write(directus: Directus, batch: Batch) -> None:
    """Write one batch, whole or not at all.

    Raises MovedOnError where a row is there already, or it or its parent is gone, and PermanentError
    ``seeding-rejected`` with the row's name where Directus refuses what one of the rows says.
    """
    try:
        _send(directus, batch)
    except DirectusNotFoundError as refusal:
        raise MovedOnError(refusal) from refusal
    except DirectusRejectedError as refusal:
        if refusal.reason in _MOVED_ON:
            raise MovedOnError(refusal) from refusal
        raise _blame(directus, batch, refusal) from refusal


def _send(directus: Directus, batch: Batch) -> None:
    match batch.operation:
        case Operation.CREATE:
            directus.create(batch.collection, batch.rows)
        case Operation.UPDATE:
            directus.update(batch.collection, batch.rows)
        case Operation.DELETE:
            directus.delete(batch.collection, [row["id"] for row in batch.rows])


def _blame(directus: Directus, batch: Batch, refusal: DirectusRejectedError) -> PermanentError:
    """Find the row that Directus refuses, by halves: its answer does not say. The others are written."""
    rows = batch.rows
    while len(rows) > 1:
        half = len(rows) // 2
        try:
            _send(directus, Batch(batch.operation, batch.collection, rows[:half]))
        except DirectusRejectedError as again:
            rows, refusal = rows[:half], again
        else:
            rows = rows[half:]
    name = rows[0].get(NAME_OF[batch.collection]) or rows[0]["id"]
    # Directus repeats the value in its message, and that is text of the document: the field is enough.
    field = _FIELD.search(refusal.message)
    return PermanentError(
        "seeding-rejected",
        f"Directus refuses to {batch.operation} {name!r} in {batch.collection}: {refusal.reason}"
        + (f" (field {field[1]})" if field else ""),
    )


def _flat(row: Mapping[str, Any]) -> Row:
    """Return a row whose relations are ids."""
    return {
        name: (reference(value) if isinstance(value, Mapping) or name == "id" else value)
        for name, value in row.items()
    }
