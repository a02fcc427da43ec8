"""The shipped samples, from PDF to findings, against what a careful reader finds in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.analyze.extract import open_source
from shared.findings.model import ResultTree
from shared.taxonomy.model import Taxonomy
from tests.support import shipped
from tests.support.paths import SAMPLES
from tests.support.rules_analysis import analyse, findings, limits_of, pairs


def sample(name: str) -> Any:
    source = open_source((SAMPLES / name).read_bytes(), name)
    document = source.assemble(source.pages(1, source.page_count))
    source.close()
    return document


def f1(wanted: set[Any], given: set[Any]) -> float:
    return 2 * len(wanted & given) / (len(wanted) + len(given))


@pytest.fixture(scope="module")
def travel() -> Taxonomy:
    return shipped.taxonomy("travel-insurance")


@pytest.mark.parametrize("name", ["helvora-de", "helvora-fr", "helvora-en"])
def test_travel_policies(travel: Taxonomy, name: str) -> None:
    document = sample(f"{name}.pdf")
    tree = analyse(document, travel)
    expected = json.loads((SAMPLES / "expected" / f"{name}.json").read_text())
    open_questions = {pair for pair, label in expected["benefits"].items() if label["included"] is None}
    segments = {key for key, label in expected["segments"].items() if label["included"]}
    benefits = {key for key, label in expected["benefits"].items() if label["included"]}
    limits = {
        (pair, limit["value"])
        for pair in benefits
        for limit in expected["benefits"][pair]["limits"]
        if limit["value"] is not None
    }
    found = {(pair, value) for pair in benefits & pairs(tree) for _, value, _ in limits_of(tree, pair)}
    assert f1(segments, {segment.item_name for segment in tree.segments}) >= 0.95
    assert f1(benefits, pairs(tree) - open_questions) >= 0.95
    assert f1(limits, {entry for entry in found if entry[1] is not None}) >= 0.65
    for finding in findings(tree):
        for proof in finding.evidence:
            assert document.pages[proof.page - 1].text[proof.start : proof.end] == proof.quote


@pytest.mark.parametrize("name", ["small.md", "small.txt", "small.html", "small.docx"])
def test_a_short_policy_in_four_formats(travel: Taxonomy, name: str) -> None:
    tree = analyse(sample(name), travel)
    expected = json.loads((SAMPLES / "expected" / "small.json").read_text())
    benefits = {key for key, label in expected["benefits"].items() if label["included"]}
    assert pairs(tree) == benefits
    for pair in benefits:
        wanted = {limit["value"] for limit in expected["benefits"][pair]["limits"]}
        assert {value for _, value, _ in limits_of(tree, pair)} == wanted


def test_a_household_policy_is_no_travel_insurance(travel: Taxonomy) -> None:
    assert analyse(sample("helvora-household-en.pdf"), travel) == ResultTree()


def test_the_second_taxonomy_reads_the_household_policy() -> None:
    tree = analyse(sample("helvora-household-en.pdf"), shipped.taxonomy("household-contents"))
    assert pairs(tree) == {
        "damage_to_contents/fire_and_lightning",
        "damage_to_contents/storm_and_flood",
        "damage_to_contents/escape_of_water",
        "damage_to_contents/theft",
        "additional_cover/freezer_food",
        "additional_cover/lock_replacement",
        "additional_cover/alternative_accommodation",
        "occupier_liability/injury_to_visitors",
    }
    assert limits_of(tree, "additional_cover/alternative_accommodation") == {
        ("maximum_amount", 10000.0, "GBP"),
        ("maximum_duration", 12.0, "months"),
    }
    assert limits_of(tree, "occupier_liability/injury_to_visitors") == {("maximum_amount", 2000000.0, "GBP")}
