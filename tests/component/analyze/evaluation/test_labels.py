"""Labels from the rows of a product: what humans validated is right, the rest is not scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.analyze.evaluation import labels
from functions.analyze.evaluation.scoring import judge, score
from functions.analyze.seeding.rows import Origin, Rows, build
from shared.directus.taxonomy_rows import rows_of as rows_in_directus
from shared.findings.model import ResultTree, to_tree
from shared.taxonomy.reader import parse_taxonomy
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.fakes.taxonomy_rows import answered
from tests.support.worlds.seeding import small_tree

TAXONOMY = parse_taxonomy(
    """
name: small
version: "1"
languages: [en]
product: {name: product}
segments:
  - {name: luggage, benefits: [{name: loss}, {name: delay}]}
  - {name: car, benefits: [{name: towing}]}
"""
)


def rows_of(tree: ResultTree, *validated: str) -> Rows:
    """Return the rows that a seeding writes, those of the named collections validated."""
    rows = build(tree, Origin("p1", "AVB", "2031-01-01")).rows
    for collection, by_id in rows.items():
        for row in by_id.values():
            row["validated_by_human"] = collection.removeprefix("insurance_dcm_") in validated
    return rows


def test_validated_rows_are_included_and_others_undecided() -> None:
    made = labels.labels_of(rows_of(small_tree(500.0), "benefit"), TAXONOMY, "p1", complete=False)
    assert made["segments"] == {"luggage": {"included": True}, "car": {"included": None}}
    assert made["benefits"]["luggage/loss"] == {"included": True, "limits": None}
    assert made["benefits"]["luggage/delay"]["included"] is None
    assert made["details"] == {}


def test_validated_details_are_known_where_they_stand() -> None:
    rows = rows_of(small_tree(500.0), "benefit", "limit", "condition", "exclusion")
    made = labels.labels_of(rows, TAXONOMY, "p1", complete=False)
    limits = made["benefits"]["luggage/loss"]["limits"]
    assert limits == [{"type": "amount", "value": 500.0, "unit": "CHF"}]
    assert made["details"] == {
        "luggage/loss": {"conditions": ["report"]},
        "product": {"exclusions": ["war"]},
    }


def test_a_complete_product_denies_what_no_row_names() -> None:
    rows = rows_of(small_tree(), "segment", "benefit", "condition", "exclusion")
    made = labels.labels_of(rows, TAXONOMY, "p1", complete=True)
    assert made["segments"]["car"] == {"included": False}
    assert made["benefits"]["luggage/delay"]["included"] is False
    assert made["benefits"]["luggage/loss"]["limits"] == []
    assert made["details"]["luggage/loss"] == {"conditions": ["report"], "exclusions": []}


def test_labels_of_a_result_judge_it_right() -> None:
    tree = small_tree(500.0, 900.0)
    rows = rows_of(tree, "segment", "benefit", "limit", "condition", "exclusion")
    made = labels.labels_of(rows, TAXONOMY, "p1", complete=True)
    judgement = judge(made, to_tree(tree))
    assert judgement.missed == ()
    assert score([judgement], "limits").right == 2
    assert all(finding.right for finding in judgement.findings)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectusServer]:
    """A Directus with a product, its taxonomy and a validated segment, as the environment names it."""
    with DirectusServer() as server:
        server.add("domain_context_model", {"id": "m1"})
        server.add("taxonomy_items", *answered(rows_in_directus(TAXONOMY, "m1")))
        server.add(
            "dcm_product",
            {"id": "p1", "product_name": "Plus", "full_text_part": "# Luggage", "domain_context_model": "m1"},
        )
        for collection, by_id in rows_of(small_tree(500.0), "benefit", "limit").items():
            server.add(collection, *by_id.values())
        monkeypatch.setenv("DIRECTUS_URL", server.url)
        monkeypatch.setenv("DIRECTUS_TOKEN", TOKEN)
        yield server


def test_the_command_writes_labels_and_document(
    shop: DirectusServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, documents = tmp_path / "gold", tmp_path / "documents"
    assert labels.main(["p1", str(gold), "--documents", str(documents)]) == 0
    made = json.loads((gold / "p1.json").read_text())
    assert made["benefits"]["luggage/loss"]["limits"][0]["value"] == 500
    assert (documents / "p1.txt").read_text() == "# Luggage"
    assert capsys.readouterr().out.strip() == str(gold / "p1.json")


def test_an_attached_file_keeps_its_ending(shop: DirectusServer, tmp_path: Path) -> None:
    shop.tables["dcm_product"]["p1"] |= {"full_text_part": None, "document_file": "f1"}
    shop.files["f1"], shop.file_names["f1"] = (b"%PDF-", "application/pdf"), "Conditions.pdf"
    assert labels.main(["p1", str(tmp_path), "--documents", str(tmp_path)]) == 0
    assert (tmp_path / "p1.pdf").read_bytes() == b"%PDF-"


def test_an_unknown_product_is_named(
    shop: DirectusServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert labels.main(["p2", str(tmp_path)]) == 1
    assert "p2" in capsys.readouterr().err


def test_without_directus_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIRECTUS_URL", raising=False)
    assert labels.main(["p1", str(tmp_path)]) == 2
