"""moto's DynamoDB at the price of the items that a request is about, instead of that of all there are.

A transaction copies every table that it names, whole and in depth, to be able to go back; a query sorts the
whole table; and every copy of an item is kept for good. With some hundred jobs stored, one change of a job
took a second in which nothing else was served, and the memory grew by a table each time. Here a transaction
keeps the items that it names, a query without an index looks at those with its key, and no copy is kept.
"""

from __future__ import annotations

import copy
import inspect
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

Write = Callable[[DynamoDBBackend, list[dict[str, Any]]], None]
Query = Callable[..., Any]
Key = tuple[DynamoType, DynamoType | None]


def install() -> None:
    """Change moto's backend for all of this process; once."""
    DynamoDBBackend.transact_write_items = _restoring(DynamoDBBackend.transact_write_items)
    # In that module nothing but a transaction copies tables.
    models.copy = SimpleNamespace(deepcopy=_copied_unless_a_table)
    Table.query = _narrowed(Table.query)
    for kind in (Item, Table):
        kind.instances_tracked = deque(maxlen=0)


def _restoring(write: Write) -> Write:
    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [
            (table, key, copy.deepcopy(_item(table, key))) for table, key in _named(self, transact_items)
        ]
        try:
            write(self, transact_items)
        except Exception:
            for table, key, item in before:
                _put_back(table, key, item)
            raise

    return transact_write_items


def _copied_unless_a_table(value: Any) -> Any:
    return value if isinstance(value, Table) else copy.deepcopy(value)


def _named(backend: DynamoDBBackend, transact_items: Sequence[dict[str, Any]]) -> Iterator[tuple[Table, Key]]:
    """Yield the keys that a transaction names; an operation that names none, moto refuses."""
    for operation in (value for entry in transact_items for value in entry.values()):
        table = backend.tables.get(operation.get("TableName", ""))
        attributes = operation.get("Key") or operation.get("Item") or {}
        if table is not None and all(name in attributes for name in table.table_key_attrs):
            hash_value, *rest = (DynamoType(attributes[name]) for name in table.table_key_attrs)
            yield table, (hash_value, rest[0] if rest else None)


def _item(table: Table, key: Key) -> Item | None:
    hash_value, range_value = key
    if hash_value not in table.items:
        return None
    return table.items[hash_value] if range_value is None else table.items[hash_value].get(range_value)


def _put_back(table: Table, key: Key, item: Item | None) -> None:
    hash_value, range_value = key
    within, name = (
        (table.items, hash_value) if range_value is None else (table.items[hash_value], range_value)
    )
    if item is None:
        within.pop(name, None)
    else:
        within[name] = item


def _narrowed(query: Query) -> Query:
    parameters = inspect.signature(query)

    def narrow_query(self: Table, *arguments: Any, **filters: Any) -> Any:
        given = parameters.bind(self, *arguments, **filters).arguments
        if given.get("index_name"):
            return query(self, *arguments, **filters)
        narrow, hash_key = copy.copy(self), given["hash_key"]
        narrow.items = {hash_key: self.items[hash_key]} if hash_key in self.items else {}
        return query(narrow, *arguments, **filters)

    return narrow_query
