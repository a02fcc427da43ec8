"""Compares what two or more products grant: benefit by benefit, limit by limit, each with its evidence.

Pure: results in, rows out. Every row has one entry a product, in the products' order. Numbers are set side
by side only where they mean the same: the same currency or unit (hours, days and weeks are one), the same
scope and variant. What cannot be compared says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from shared.findings.model import Finding, ResultTree, is_currency

UNLIMITED = "unlimited"
_HOURS = {"minutes": 1 / 60, "hours": 1.0, "days": 24.0, "weeks": 168.0}
_MONTHS = {"months": 1.0, "years": 12.0}

# Why a row of limits cannot be compared.
ONE_ONLY = "only_one_states_it"
OTHER_CURRENCY = "other_currency"
OTHER_UNIT = "other_unit"
OTHER_SCOPE = "other_scope"
SEVERAL = "several_values"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CellEvidence:
    """Where a product says it: page (from 1), the verbatim passage, its span in the page's text."""

    page: int
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What one product says: null for unlimited, and where there is no number."""

    confidence: float
    section_reference: str
    evidence: tuple[CellEvidence, ...]
    value: float | None = None
    unit: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit of the same unit and scope; a product may state several values, or none.

    ``highest`` are the products (from 0) with the greatest value, where values can be compared.
    """

    item_name: str
    unit: str
    scope: str
    cells: tuple[tuple[Cell, ...], ...]
    comparable: bool
    reason: str
    highest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A condition or exclusion; null for a product that does not name it."""

    item_name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A segment or benefit; ``cells`` has null for a product that does not grant it.

    ``only`` is the product (from 0) that alone grants it, null where there are more.
    """

    item_name: str
    item_id: str
    cells: tuple[Cell | None, ...]
    only: int | None
    benefits: tuple[ComparisonRow, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    conditions: tuple[NamedRow, ...] = ()
    exclusions: tuple[NamedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Only:
    """What one product alone grants: names of segments, and of benefits as ``segment/benefit``."""

    segments: tuple[str, ...]
    benefits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows of everything that at least one product grants, in the first product's order."""

    segments: tuple[ComparisonRow, ...]
    limits: tuple[LimitRow, ...]
    conditions: tuple[NamedRow, ...]
    exclusions: tuple[NamedRow, ...]
    only: tuple[Only, ...] = field(default=())


def compare(results: Sequence[ResultTree]) -> Comparison:
    """Return the comparison of two or more results that were found with the same taxonomy."""
    segments = _rows([result.segments for result in results])
    products = [result.product for result in results]
    return Comparison(
        segments=segments,
        limits=_limits([product.limits for product in products]),
        conditions=_named([product.conditions for product in products]),
        exclusions=_named([product.exclusions for product in products]),
        only=tuple(_only(number, segments) for number in range(len(results))),
    )


def _rows(findings: Sequence[Sequence[Finding]]) -> tuple[ComparisonRow, ...]:
    """Return a row for each item that a product grants; findings are by product."""
    return tuple(
        _row([_first(column, key, _key) for column in findings])
        for key in _ordered(_key(finding) for column in findings for finding in column)
    )


def _row(findings: Sequence[Finding | None]) -> ComparisonRow:
    any_of = next(finding for finding in findings if finding is not None)
    granting = [number for number, finding in enumerate(findings) if finding is not None]

    def below(kind: str) -> list[Sequence[Finding]]:
        return [() if finding is None else getattr(finding, kind) for finding in findings]

    return ComparisonRow(
        item_name=any_of.item_name,
        item_id=any_of.item_id,
        cells=tuple(None if finding is None else _cell(finding) for finding in findings),
        only=granting[0] if len(granting) == 1 else None,
        benefits=_rows(below("benefits")),
        limits=_limits(below("limits")),
        conditions=_named(below("conditions")),
        exclusions=_named(below("exclusions")),
    )


def _named(findings: Sequence[Sequence[Finding]]) -> tuple[NamedRow, ...]:
    rows = []
    for name in _ordered(finding.item_name for column in findings for finding in column):
        chosen = [_first(column, name, _name) for column in findings]
        rows.append(NamedRow(name, tuple(None if each is None else _cell(each) for each in chosen)))
    return tuple(rows)


def _limits(findings: Sequence[Sequence[Finding]]) -> tuple[LimitRow, ...]:
    """Return the rows of each kind of limit: one for each unit and scope that a product states it in."""
    rows = []
    for name in _ordered(finding.item_name for column in findings for finding in column):
        of_kind = [[finding for finding in column if finding.item_name == name] for column in findings]
        for unit, scope in _measures(of_kind):
            rows.append(_limit_row(name, unit, scope, of_kind))
    return tuple(rows)


def _measures(of_kind: Sequence[Sequence[Finding]]) -> list[tuple[str, str]]:
    """Return units and scopes; "unlimited" joins the sums of its scope, where there are any."""
    every = [(_unit(finding), _scope(finding)) for column in of_kind for finding in column]
    sums = {scope for unit, scope in every if is_currency(unit)}
    return _ordered((unit, scope) for unit, scope in every if unit != UNLIMITED or scope not in sums)


def _limit_row(name: str, unit: str, scope: str, of_kind: Sequence[Sequence[Finding]]) -> LimitRow:
    def belongs(finding: Finding) -> bool:
        joins = _unit(finding) == UNLIMITED and is_currency(unit)
        return _scope(finding) == scope and (_unit(finding) == unit or joins)

    cells = [[finding for finding in column if belongs(finding)] for column in of_kind]
    values = [{_measured(finding) for finding in column} for column in cells]
    stating = [number for number, column in enumerate(values) if column]
    reason = ""
    if any(len(column) > 1 for column in values):
        reason = SEVERAL
    elif len(stating) == 1:
        others = [
            finding for number, column in enumerate(of_kind) if number != stating[0] for finding in column
        ]
        reason = _reason(unit, scope, others)
    highest: tuple[int, ...] = ()
    if not reason:
        greatest = max(next(iter(values[number])) for number in stating)
        highest = tuple(number for number in stating if next(iter(values[number])) == greatest)
    return LimitRow(
        item_name=name,
        unit=unit,
        scope=scope,
        cells=tuple(tuple(_cell(finding) for finding in column) for column in cells),
        comparable=not reason,
        reason=reason,
        highest=highest,
    )


def _reason(unit: str, scope: str, others: Sequence[Finding]) -> str:
    """Return why no other product's limit of the kind stands beside one."""
    if not others:
        return ONE_ONLY
    if any(_unit(finding) == unit for finding in others):
        return OTHER_SCOPE
    if is_currency(unit) and any(is_currency(_unit(finding)) for finding in others):
        return OTHER_CURRENCY
    return OTHER_UNIT if any(_scope(finding) == scope for finding in others) else OTHER_SCOPE


def _only(number: int, segments: Sequence[ComparisonRow]) -> Only:
    return Only(
        tuple(row.item_name for row in segments if row.only == number),
        tuple(
            f"{row.item_name}/{benefit.item_name}"
            for row in segments
            for benefit in row.benefits
            if benefit.only == number
        ),
    )


def _cell(finding: Finding) -> Cell:
    proofs = tuple(CellEvidence(each.page, each.quote, each.start, each.end) for each in finding.evidence)
    return Cell(
        finding.confidence, finding.section_reference, proofs, finding.value, finding.unit, finding.scope
    )


def _key(finding: Finding) -> str:
    """Return what distinguishes the items of one taxonomy: the place, else the name."""
    return finding.item_id or finding.item_name


def _unit(finding: Finding) -> str:
    """Return the unit that values are compared in."""
    if finding.unit in _HOURS:
        return "hours"
    return "months" if finding.unit in _MONTHS else finding.unit


def _measured(finding: Finding) -> float:
    """Return the value in that unit; "unlimited" is above every number."""
    if finding.value is None:
        return math.inf
    return round(finding.value * {**_HOURS, **_MONTHS}.get(finding.unit, 1.0), 6)


def _scope(finding: Finding) -> str:
    """Return scope and variant in one spelling."""
    parts = {" ".join(part.split()).casefold() for part in finding.scope.split(",")}
    return ", ".join(sorted(parts - {""}))


def _name(finding: Finding) -> str:
    return finding.item_name


def _first(findings: Iterable[Finding], wanted: str, of: Callable[[Finding], str]) -> Finding | None:
    return next((finding for finding in findings if of(finding) == wanted), None)


def _ordered(values: Iterable[_T]) -> list[_T]:
    """Return each value once, in the order of their first appearance."""
    return list(dict.fromkeys(values))
