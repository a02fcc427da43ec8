"""Findings as rows: their ids, and values that the customer's fields take."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from functions.analyze.seeding import values
from functions.analyze.seeding.rows import Origin, Row, Rows, build
from shared.directus.batches import MAX_BYTES, cut
from shared.findings.model import Details, Finding, ResultTree
from tests.support.worlds.seeding import finding, orphans, small_tree

ORIGIN = Origin("p1", "AVB 2026", "2026-11-21T12:00:00.000Z")
LIMITS = "insurance_dcm_limit"


def limits(*found: Finding, product: str = "p1") -> dict[str, Row]:
    tree = ResultTree((finding("luggage", limits=found),))
    return build(tree, replace(ORIGIN, product_id=product)).rows[LIMITS]


def only(table: dict[str, Row]) -> Row:
    (row,) = table.values()
    return row


class TestIds:
    def test_the_same_findings_have_the_same_ids_in_any_order(self) -> None:
        one = limits(finding("a", 1, "CHF"), finding("a", 2, "CHF"), finding("b", 1, "CHF"))
        other = limits(finding("b", 1, "CHF"), finding("a", 2, "CHF"), finding("a", 1, "CHF"))
        assert one == other
        assert len(one) == 3

    def test_a_changed_value_is_the_same_row(self) -> None:
        assert limits(finding("a", 1, "CHF")).keys() == limits(finding("a", 2, "EUR")).keys()

    def test_scopes_items_products_and_parents_are_apart(self) -> None:
        same = finding("a", 1, "CHF")
        tables = [
            limits(same),
            limits(same, product="p2"),
            limits(replace(same, item_id="r-other")),
            limits(replace(same, scope="per person")),
            build(ResultTree((), Details(limits=(same,))), ORIGIN).rows[LIMITS],
        ]
        assert len({row_id for table in tables for row_id in table}) == len(tables)

    def test_a_limit_a_condition_and_an_exclusion_of_one_item_are_apart(self) -> None:
        same = (finding("a"),)
        rows = build(ResultTree((), Details(same, same, same)), ORIGIN).rows
        assert len({row_id for table in rows.values() for row_id in table}) == 3


def test_every_row_has_its_parents_and_its_place_in_the_taxonomy() -> None:
    rows: Rows = build(small_tree(500, 800), ORIGIN).rows
    assert orphans(rows) == []
    assert {row["taxonomy_item_relationship"] for row in rows[LIMITS].values()} == {"r-amount"}
    unplaced = finding("a", 1, "CHF")
    assert only(limits(replace(unplaced, item_id="item:7")))["taxonomy_item_relationship"] is None


def test_what_is_not_included_is_no_row() -> None:
    assert limits(replace(finding("a", 1, "CHF"), is_included=False)) == {}


def test_the_scope_stands_in_the_description() -> None:
    described = replace(finding("a", 1, "CHF", scope="per person"), description="Most paid.")
    assert only(limits(described))["description"] == "Most paid. (per person)"
    assert only(limits(replace(described, description="")))["description"] == "(per person)"


def test_texts_are_cut_and_lose_control_characters() -> None:
    wild = replace(
        finding("x", 1, "CHF"),
        item_name="a\x00b\ud800\ufffe\U0001fffe",
        section_reference="§" * 300,
        summary="\x07 \n",
    )
    row = only(limits(wild))
    assert row["limit_name"] == "ab"
    assert row["section_reference"] == "§" * 199 + "…"
    assert row["llm_summary"] is None
    assert json.dumps(row).encode()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1500.0, 1500),
        (0.5, 0.5),
        (1 / 3, 0.3333),
        (99_999_999_999_999.0, 99_999_999_999_999),
        (1e14, None),
        (math.inf, None),
        (math.nan, None),
    ],
)
def test_numbers_are_kept_as_the_field_holds_them(value: float, kept: float | None) -> None:
    assert values.number(value) == kept


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (None, "unlimited", "unlimited"),
        (None, "", None),
        (1500.0, "CHF", "1500"),
        (12.5, "%", "12.5"),
        (1e20, "CHF", "1e+20"),
    ],
)
def test_amounts_of_benefits_are_texts(value: float | None, unit: str, written: str | None) -> None:
    assert values.amount(value, unit) == written


def test_the_page_stays_whole_where_the_reference_is_cut() -> None:
    place = values.place("x" * 500, 123)
    assert len(place) == values.MAX_REFERENCE
    assert place.endswith("x…, p. 123")
    assert values.place("", 4) == "p. 4"


class TestBatches:
    def test_rows_keep_their_order_within_as_few_batches_as_possible(self) -> None:
        rows = [{"id": str(number)} for number in range(7)]
        assert [len(batch) for batch in cut(rows, 3)] == [3, 3, 1]
        assert [row for batch in cut(rows, 3) for row in batch] == rows
        assert cut([], 3) == []

    def test_batches_stay_below_what_directus_takes(self) -> None:
        rows = [{"id": str(number), "text": "ä" * 60_000} for number in range(20)]
        batches = cut(rows, 500)
        assert len(batches) == 3
        assert all(len(json.dumps(b, ensure_ascii=False).encode()) <= MAX_BYTES + 20 for b in batches)

    def test_a_row_that_is_too_large_goes_alone(self) -> None:
        small, large = {"id": "1"}, {"id": "2", "text": "x" * (MAX_BYTES + 1)}
        assert cut([small, large, small], 500) == [[small], [large], [small]]
