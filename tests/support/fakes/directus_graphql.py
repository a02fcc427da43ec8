"""Just enough GraphQL to answer queries for lists: fields, nested rows, arguments, variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'#[^\n]*|[\s,]+|(\$?\w+|-?\d+|"[^"]*"|[{}()\[\]:!])')


class QueryError(Exception):
    """The query cannot be read, or asks for what is not there."""


@dataclass(slots=True)
class Selection:
    """One field of a query with its arguments and what it selects below."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list[Selection] = field(default_factory=list)


def parse(query: str, variables: Mapping[str, Any]) -> list[Selection]:
    """Return the selections of a query, with its variables filled in."""
    parser = _Parser([token for token in _tokens(query) if token], variables)
    while parser.tokens and parser.tokens[0] != "{":
        if parser.take() == "(":
            while parser.take() != ")":
                pass
    return parser.selections()


def _tokens(query: str) -> Iterator[str]:
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise QueryError(f"Syntax Error: unexpected {query[position]!r}.")
        position = match.end()
        yield match[1] or ""


@dataclass(slots=True)
class _Parser:
    tokens: list[str]
    variables: Mapping[str, Any]

    def take(self, expected: str = "") -> str:
        if not self.tokens or (expected and self.tokens[0] != expected):
            raise QueryError(f"Syntax Error: expected {expected or 'more'!r}.")
        return self.tokens.pop(0)

    def selections(self) -> list[Selection]:
        self.take("{")
        found = []
        while self.tokens and self.tokens[0] != "}":
            found.append(self.selection())
        self.take("}")
        return found

    def selection(self) -> Selection:
        alias = name = self.take()
        if self.tokens[0] == ":":
            self.take(":")
            name = self.take()
        selection = Selection(name, alias)
        if self.tokens[0] == "(":
            selection.arguments = self.arguments("(", ")")
        if self.tokens[0] == "{":
            selection.fields = self.selections()
        return selection

    def arguments(self, opening: str, closing: str) -> dict[str, Any]:
        self.take(opening)
        found = {}
        while self.tokens[0] != closing:
            name = self.take()
            self.take(":")
            found[name] = self.value()
        self.take(closing)
        return found

    def value(self) -> Any:
        if self.tokens[0] == "{":
            return self.arguments("{", "}")
        if self.tokens[0] == "[":
            self.take("[")
            items = []
            while self.tokens[0] != "]":
                items.append(self.value())
            self.take("]")
            return items
        token = self.take()
        return self.variables.get(token[1:]) if token.startswith("$") else json.loads(token)
