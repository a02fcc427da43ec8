"""The evaluation command over a folder: exports, scores where there are labels, contradictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.evaluation.run import analyse_file, main
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from shared.jobs.model import Status
from shared.taxonomy.reader import parse_taxonomy

TAXONOMY = """
name: small
version: "1"
languages: [en]
product: {name: product}
details:
  limits: [{name: maximum, hints: {kinds: [money]}}]
segments:
  - name: trip
    aliases: {en: [trip]}
    benefits: [{name: rescue, aliases: {en: [rescue]}, limits: ["*"]}]
"""
POLICY = """# Overview

| Trip | Sum |
|---|---|
| Rescue | £20 |

# Your trip

We pay for the rescue up to £30.
"""
LABELS = {
    "segments": {"trip": {"included": True}},
    "benefits": {"trip/rescue": {"included": True, "limits": [{"value": 30}]}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "plus.md").write_text(POLICY)
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "plus.json").write_text(json.dumps(LABELS))
    (tmp_path / "small.yaml").write_text(TAXONOMY)
    return tmp_path


def run(folder: Path, *options: str) -> int:
    places = [str(folder / "documents"), str(folder / "out"), "--taxonomy", str(folder / "small.yaml")]
    return main([*places, *options])


def test_labels_are_scored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--gold", str(folder / "gold"), "--details") == 0
    printed = capsys.readouterr().out
    assert "benefits         1.000   1.000   1.000       1      0       0" in printed
    assert "1 documents  tokens 0 in, 0 out  cost 0.0000 USD" in printed


def test_without_labels_it_exports(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0
    assert "precision" not in capsys.readouterr().out
    assert json.loads((folder / "out" / "plus.json").read_text())["segments"][0]["item_name"] == "trip"


def test_labels_of_no_document_are_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "gold" / "plus.json").unlink()
    assert run(folder, "--gold", str(folder / "gold")) == 2
    assert "no document has labels" in capsys.readouterr().err


def test_a_document_that_fails_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "documents" / "torn.pdf").write_bytes(b"%PDF-1.7 torn")
    assert run(folder, "--gold", str(folder / "gold")) == 1
    assert "torn.pdf" in capsys.readouterr().err


def test_an_empty_folder_is_an_error(folder: Path) -> None:
    (folder / "documents" / "plus.md").unlink()
    assert run(folder) == 2


def test_contradictions_are_warnings_and_part_of_the_result(folder: Path) -> None:
    rules = RulesEngine()
    tools = AnalysisDependencies(parse_taxonomy(TAXONOMY), {rules.name: rules}, checker=rules)
    job, export = analyse_file(folder / "documents" / "plus.md", tools, rules.name)
    assert job.status is Status.COMPLETED
    assert job.result is not None
    assert job.result["warnings"] == [
        "Contradiction in trip/rescue: maximum: 20 GBP on page 1, 30 GBP on page 1."
    ]
    (found,) = json.loads(export)["contradictions"]
    assert [proof["quote"] for proof in found["evidence"]] == [
        "Rescue\t£20",
        "We pay for the rescue up to £30.",
    ]


def test_without_a_checker_nothing_is_looked_for(folder: Path) -> None:
    rules = RulesEngine()
    tools = AnalysisDependencies(parse_taxonomy(TAXONOMY), {rules.name: rules})
    job, export = analyse_file(folder / "documents" / "plus.md", tools, rules.name)
    assert job.result is not None
    assert job.result["warnings"] == json.loads(export)["contradictions"] == []
