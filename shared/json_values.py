"""Dataclasses to JSON values and back, by their annotations.

Tuples become lists and are read as tuples again; what a later release adds with a default may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def to_json_values(kind: type[_T], value: _T) -> Any:
    """Return a value of a kind as JSON values, in the order of its fields."""
    return _adapter(kind).dump_python(value, mode="json")


def from_json_values(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """Read what ``to_json_values`` wrote; raises ValueError where it does not fit."""
    value: _T = _adapter(kind).validate_python(data)
    return value


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Return what maps a kind, made at its first use: that takes some 10 ms."""
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
