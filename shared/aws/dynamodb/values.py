"""Items as plain values: texts, whole numbers and flags, to what DynamoDB's client speaks and back.

>>> to_attributes({"pk": "JOB#1", "version": 3})
{'pk': {'S': 'JOB#1'}, 'version': {'N': '3'}}
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as the client takes it; values that are None are left out."""
    serialize = _serializer().serialize
    return {name: serialize(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return what ``to_attributes`` was given; every number is whole."""
    deserialize = _deserializer().deserialize
    values = ((name, deserialize(attribute)) for name, attribute in attributes.items())
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in values}


@cache
def _serializer() -> TypeSerializer:
    from boto3.dynamodb.types import TypeSerializer

    return TypeSerializer()


@cache
def _deserializer() -> TypeDeserializer:
    from boto3.dynamodb.types import TypeDeserializer

    return TypeDeserializer()
