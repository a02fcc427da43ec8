"""The held-out corpus: complete labels, and every quote and number stands in its document."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.paths import SAMPLES, TESTS

CORPUS = TESTS / "corpus"
SAMPLE = SAMPLES / "expected" / "helvora-de.json"
NAMES = (
    "alpina-einzel",
    "duform-pinguin",
    "ferienschutz-salvia",
    "gletscher-schutzbrief",
    "haftpflicht-fels",
    "hausrat-kastell",
    "helvia-reise",
    "horizon-formule",
    "karte-lagune",
    "kartenschutz-zinn",
    "komet-studienreise",
    "larkspur-annual",
    "leben-opal",
    "motorfahrzeug-ahorn",
    "ostwind-paket",
    "rechtsschutz-birke",
    "rivage-voyage",
    "schutzbrief-klub",
    "spitalzusatz-linde",
    "tabelle-mobilclub",
    "tarife-nordlicht",
    "tukan-fragen",
)
LIMIT_TYPES = {
    "maximum_coverage_amount",
    "daily_maximum",
    "annual_maximum",
    "per_item_maximum",
    "valuables_limit",
    "deductible",
    "insolvency_coverage_limit",
    "percentage_of_sum",
    "waiting_period",
    "duration_limit",
}
UNITS = {"CHF", "EUR", "GBP", "percent", "hours", "days", "nights", "months"}
NUMBER_WORDS = {
    "zwei": 2,
    "drei": 3,
    "trois": 3,
    "vier": 4,
    "quatre": 4,
    "fünf": 5,
    "cinq": 5,
    "sechs": 6,
    "six": 6,
    "sieben": 7,
    "zehn": 10,
    "dix": 10,
    "douze": 12,
}


def labels(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))
    return loaded


def numbers(quote: str) -> set[int]:
    """Every whole number of the quote, written in digits or as a word."""
    digits = re.sub(r"(?<=\d)['., ](?=\d{3}(?!\d))", "", quote)
    found = {int(number) for number in re.findall(r"\d+", digits)}
    found |= {int(number) * 1_000_000 for number in re.findall(r"(\d+) million", digits)}
    return found | {NUMBER_WORDS[word] for word in re.findall(r"\w+", quote) if word in NUMBER_WORDS}


def test_each_document_has_its_labels() -> None:
    documents = {path.stem for path in CORPUS.glob("*.md")} - {"README"}
    assert documents == {path.stem for path in CORPUS.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_labels_name_every_item(name: str) -> None:
    sample = json.loads(SAMPLE.read_text("utf-8"))
    loaded = labels(name)
    assert loaded["document"] == name
    assert loaded["language"] in {"de", "fr", "en"}
    assert set(loaded["segments"]) == set(sample["segments"])
    assert set(loaded["benefits"]) == set(sample["benefits"])


@pytest.mark.parametrize("name", NAMES)
def test_every_quote_stands_in_the_document(name: str) -> None:
    text = (CORPUS / f"{name}.md").read_text("utf-8")
    loaded = labels(name)
    entries = [*loaded["segments"].values(), *loaded["benefits"].values()]
    quotes = [entry["quote"] for entry in entries]
    quotes += [limit["quote"] for entry in entries for limit in entry.get("limits", [])]
    assert [quote for quote in quotes if quote not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_included_is_proved_and_in_an_included_segment(name: str) -> None:
    loaded = labels(name)
    for pair, label in loaded["benefits"].items():
        segment = loaded["segments"][pair.partition("/")[0]]
        if label["included"]:
            assert segment["included"], pair
            assert label["quote"], pair
            assert label["section"], pair
        if label["included"] is False:
            assert label["limits"] == [], pair
    for segment_name, segment in loaded["segments"].items():
        benefits = [
            label for pair, label in loaded["benefits"].items() if pair.startswith(f"{segment_name}/")
        ]
        assert segment["included"] is not True or any(label["included"] for label in benefits), segment_name


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_gives_a_number_of_its_quote(name: str) -> None:
    for pair, label in labels(name)["benefits"].items():
        for limit in label["limits"]:
            assert set(limit) == {"type", "value", "unit", "scope", "quote"}, pair
            assert limit["type"] in LIMIT_TYPES, pair
            assert limit["quote"], pair
            if limit["value"] is None:
                assert limit["unit"] == "unlimited", pair
            else:
                assert limit["unit"] in UNITS, pair
                assert limit["value"] in numbers(limit["quote"]), (pair, limit)


@pytest.mark.parametrize(
    "name", ["haftpflicht-fels", "hausrat-kastell", "leben-opal", "motorfahrzeug-ahorn", "spitalzusatz-linde"]
)
def test_other_lines_of_business_cover_nothing_of_the_taxonomy(name: str) -> None:
    loaded = labels(name)
    entries = [*loaded["segments"].values(), *loaded["benefits"].values()]
    assert [entry for entry in entries if entry["included"] is not False] == []
