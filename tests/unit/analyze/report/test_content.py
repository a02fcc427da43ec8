"""What a report says: words, amounts, order and what belongs together."""

from __future__ import annotations

import pytest

from functions.analyze.outputs.report.content import amount_text, by_proof, limits_text, titles
from functions.analyze.outputs.report.words import _tables, labels, readable, words
from shared.taxonomy.reader import load_taxonomy
from tests.support.builders.report_findings import finding, report


def test_every_language_has_every_word() -> None:
    tables = _tables()
    assert {language: table.keys() for language, table in tables.items()} == dict.fromkeys(
        tables, tables["en"].keys()
    )


@pytest.mark.parametrize(
    ("language", "value", "unit", "expected"),
    [
        ("en", 1500000.0, "CHF", "CHF\u00a01,500,000"),
        ("de", 1500.0, "EUR", "EUR\u00a01’500"),
        ("fr", 1500.5, "EUR", "EUR\u00a01\u202f500,50"),
        ("de", 30.0, "%", "30\u00a0%"),
        ("de", 48.0, "hours", "48\u00a0Stunden"),
        ("xx", 7.0, "days", "7\u00a0days"),
        ("en", 3.0, "", "3"),
        ("fr", None, "unlimited", "illimité"),
        ("en", None, "", ""),
    ],
)
def test_amounts_read_as_the_language_writes_them(
    language: str, value: float | None, unit: str, expected: str
) -> None:
    assert words(language).amount(finding("limit", "Baggage", value=value, unit=unit)) == expected


def test_scopes_are_translated_and_variants_stay() -> None:
    assert words("de").scope("per person, Premium") == "pro Person, Premium"


def test_labels_come_from_the_taxonomy_else_from_the_name() -> None:
    found = labels(load_taxonomy("travel-insurance"), "de")
    assert found["luggage_travel_delay"] == "Reisegepäck und Reiseverspätung"
    assert labels(load_taxonomy("travel-insurance"), "it") == labels(load_taxonomy("travel-insurance"), "en")
    assert readable("luggage_loss") == "Luggage loss"


def test_groups_name_each_level_once() -> None:
    levels = [
        tuple(None if group is None or group.entry is None else group.entry.label for group in level)
        for level in report().groups()
    ]
    assert levels == [
        (None, None, None),
        ("Luggage", None, "Luggage"),
        ("Luggage", "Loss of luggage", "Loss of luggage"),
    ]
    assert report().count("limits") == 4


def test_entries_of_one_passage_stand_together_with_all_their_amounts() -> None:
    benefit = report().segments[0].benefits[0]
    (together,) = by_proof(benefit.limits)
    assert titles(together) == [
        ("Maximum", "CHF\u00a02,000 (per person) · unlimited (Premium)"),
        ("Deductible", "12.50\u00a0%"),
    ]
    assert limits_text(benefit).splitlines()[0].startswith("Maximum: CHF")
    assert amount_text(together[2]) == "12.50\u00a0%"


def test_the_printed_page_number_is_told_where_it_differs() -> None:
    entry = report().segments[0].entry
    assert entry is not None
    assert (entry.proof.page, entry.proof.page_label) == (1, "i")
