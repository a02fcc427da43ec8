"""Products side by side: what one only grants, and which numbers mean the same."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.findings.comparison import (
    ONE_ONLY,
    OTHER_CURRENCY,
    OTHER_SCOPE,
    OTHER_UNIT,
    SEVERAL,
    Comparison,
    LimitRow,
    compare,
)
from shared.findings.model import Details, Evidence, Finding, ResultTree

EVIDENCE = (Evidence(3, "We pay for it", 10, 23, ((0.0, 1.0, 2.0, 3.0),)),)


def finding(name: str, **fields: Any) -> Finding:
    return Finding(name, 0.9, EVIDENCE, item_id=fields.pop("item_id", name), **fields)


def limit(value: float | None, unit: str = "CHF", scope: str = "", name: str = "maximum") -> Finding:
    return finding(name, value=value, unit=unit, scope=scope)


def product(*limits: Finding) -> ResultTree:
    benefit = finding("loss", item_id="luggage/loss", limits=limits)
    return ResultTree((finding("luggage", benefits=(benefit,)),))


def rows(*products: ResultTree) -> list[LimitRow]:
    return list(compare(products).segments[0].benefits[0].limits)


def test_what_one_only_grants_is_told_with_its_evidence() -> None:
    one = ResultTree((finding("luggage"), finding("legal", benefits=(finding("advice"),))))
    two = ResultTree((finding("luggage", benefits=(finding("delay"),)),))
    result = compare([one, two])
    assert [(row.item_name, row.only) for row in result.segments] == [("luggage", None), ("legal", 0)]
    luggage, legal = result.segments
    assert [cell is None for cell in luggage.cells] == [False, False]
    assert legal.cells[1] is None
    assert legal.cells[0] is not None
    assert legal.cells[0].evidence[0].quote == "We pay for it"
    assert luggage.benefits[0].only == 1
    assert result.only[0].segments == ("legal",)
    assert result.only[0].benefits == ("legal/advice",)
    assert result.only[1].benefits == ("luggage/delay",)


def test_three_products_have_three_cells_each() -> None:
    trees = [product(limit(1.0)), product(limit(2.0)), ResultTree()]
    result = compare(trees)
    assert all(len(row.cells) == 3 for row in result.segments)
    (row,) = rows(*trees)
    assert [len(cells) for cells in row.cells] == [1, 1, 0]
    assert row.highest == (1,)


def test_the_same_measure_is_compared() -> None:
    (row,) = rows(product(limit(2000.0, scope="per person")), product(limit(3000.0, scope="Per  Person")))
    assert (row.comparable, row.highest, row.reason) == (True, (1,), "")
    assert (row.unit, row.scope) == ("CHF", "per person")


def test_equal_values_are_both_the_highest() -> None:
    (row,) = rows(product(limit(5.0)), product(limit(5.0)))
    assert row.highest == (0, 1)


def test_unlimited_is_above_every_sum_of_its_scope() -> None:
    (row,) = rows(product(limit(None, "unlimited")), product(limit(10**9)))
    assert row.comparable
    assert row.highest == (0,)


def test_unlimited_alone_is_a_row_of_its_own() -> None:
    (row,) = rows(product(limit(None, "unlimited")), product(limit(None, "unlimited")))
    assert (row.unit, row.comparable, row.highest) == ("unlimited", True, (0, 1))


def test_durations_are_compared_whatever_their_unit() -> None:
    (row,) = rows(product(limit(48.0, "hours")), product(limit(3.0, "days")))
    assert (row.unit, row.comparable, row.highest) == ("hours", True, (1,))
    (row,) = rows(product(limit(2.0, "years")), product(limit(18.0, "months")))
    assert (row.unit, row.highest) == ("months", (0,))


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        ((100.0, "CHF", ""), (100.0, "EUR", ""), OTHER_CURRENCY),
        ((100.0, "CHF", ""), (10.0, "%", ""), OTHER_UNIT),
        ((100.0, "CHF", "per person"), (100.0, "CHF", "per event"), OTHER_SCOPE),
        ((100.0, "CHF", "variant a"), (100.0, "CHF", "variant b"), OTHER_SCOPE),
        ((3.0, "days", ""), (1.0, "months", ""), OTHER_UNIT),
    ],
)
def test_what_means_something_else_is_not_compared(
    one: tuple[float, str, str], two: tuple[float, str, str], reason: str
) -> None:
    found = rows(product(limit(*one)), product(limit(*two)))
    assert [(row.comparable, row.reason, row.highest) for row in found] == [(False, reason, ())] * 2


def test_a_limit_of_one_product_only_says_so() -> None:
    (row,) = rows(product(limit(100.0)), product())
    assert (row.comparable, row.reason) == (False, ONE_ONLY)


def test_several_values_of_one_product_cannot_be_compared() -> None:
    (row,) = rows(product(limit(100.0), limit(200.0)), product(limit(150.0)))
    assert (row.comparable, row.reason) == (False, SEVERAL)
    assert [len(cells) for cells in row.cells] == [2, 1]


def test_variants_that_both_have_are_compared_one_by_one() -> None:
    one = product(limit(100.0, scope="basic"), limit(200.0, scope="plus"))
    two = product(limit(300.0, scope="plus"), limit(50.0, scope="basic"))
    assert [(row.scope, row.highest) for row in rows(one, two)] == [("basic", (0,)), ("plus", (1,))]


def test_conditions_and_exclusions_are_rows_at_every_level() -> None:
    war, police = finding("war"), finding("police_report")
    one = ResultTree(
        (finding("luggage", exclusions=(war,), conditions=(police,)),), Details(exclusions=(war,))
    )
    two = ResultTree((finding("luggage"),), Details(exclusions=(war,), limits=(limit(1.0),)))
    result = compare([one, two])
    assert [cell is None for cell in result.segments[0].exclusions[0].cells] == [False, True]
    assert [cell is None for cell in result.segments[0].conditions[0].cells] == [False, True]
    assert [cell is None for cell in result.exclusions[0].cells] == [False, False]
    assert result.limits[0].reason == ONE_ONLY


@st.composite
def trees(draw: st.DrawFn) -> ResultTree:
    names = st.sampled_from(["a", "b", "c"])
    values = st.builds(
        limit,
        st.one_of(st.none(), st.floats(0, 1e6)),
        st.sampled_from(["CHF", "EUR", "days", "hours", "%", "unlimited"]),
        st.sampled_from(["", "per person", "x, y", "Y,x"]),
        st.sampled_from(["maximum", "deductible"]),
    )
    segments = []
    for name in draw(st.lists(names, unique=True, max_size=3)):
        benefits = tuple(
            finding(each, item_id=f"{name}/{each}", limits=tuple(draw(st.lists(values, max_size=3))))
            for each in draw(st.lists(names, unique=True, max_size=2))
        )
        segments.append(finding(name, benefits=benefits))
    return ResultTree(tuple(segments))


def limit_rows(result: Comparison) -> list[LimitRow]:
    return [row for segment in result.segments for benefit in segment.benefits for row in benefit.limits]


@given(st.lists(trees(), min_size=2, max_size=4))
def test_nothing_is_lost_and_nothing_is_twice(products: list[ResultTree]) -> None:
    result = compare(products)
    given_limits = sum(
        len(benefit.limits) for tree in products for segment in tree.segments for benefit in segment.benefits
    )
    cells = [cell for row in limit_rows(result) for cells in row.cells for cell in cells]
    unlimited = [cell for cell in cells if cell.value is None]
    # "Unlimited" stands in the row of each currency of its scope.
    assert len(cells) - len(unlimited) <= given_limits <= len(cells)
    for row in limit_rows(result):
        assert len(row.cells) == len(products)
        assert row.comparable == (not row.reason) == bool(row.highest)
    for number, only in enumerate(result.only):
        named = {segment.item_name for segment in products[number].segments}
        others = {s.item_name for n, tree in enumerate(products) if n != number for s in tree.segments}
        assert set(only.segments) == named - others
    json.dumps(dataclasses.asdict(result), allow_nan=False)
