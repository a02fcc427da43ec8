"""A model reads a twentieth of what it would if it were asked item by item with the whole text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.benchmarks import models
from tests.support.paths import SAMPLES, TESTS

CORPUS = TESTS / "corpus"
REAL = sorted(Path(os.environ.get("EVALUATION_DIR", "/nowhere"), "documents").glob("*.pdf"))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> models.Figures:
    """A policy as long as insurers write them: a travel policy behind wordings of other lines."""
    parts = sorted(CORPUS.glob("*.md"))
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in parts if path.stem != "alpina-einzel")
    policy = (CORPUS / "alpina-einzel.md").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("long") / "long.md"
    path.write_text(f"{policy}\n\n{text[: 60_000 - len(policy)]}\n", encoding="utf-8")
    return models.measure(path)


def test_a_long_policy_takes_a_twentieth(long: models.Figures) -> None:
    assert long.told > 10
    assert long.ratio >= 20


def test_what_a_model_is_shown_proves_most_of_what_there_is(long: models.Figures) -> None:
    assert long.shown >= 0.6


def test_rules_first_take_less(tmp_path: Path) -> None:
    policy = SAMPLES / "helvora-de.pdf"
    assert models.measure(policy, hybrid=True).tokens < models.measure(policy).tokens


@pytest.mark.skipif(not REAL, reason="needs the real documents: EVALUATION_DIR")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_documents_take_a_twentieth(path: Path) -> None:
    assert models.measure(path).ratio >= 20
