"""What the rules would find in a document whose words they had never seen: each one left out in its turn.

Of what matches in the left-out document, everything that matches in none of the others is hidden: single
words of patterns, and whole patterns. That is harder than the truth, since general words go, too, that happen
to stand in one document only. Needs the labelled documents of ``EVALUATION_DIR``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from functions.analyze.engines.rules.matching import Form, Match, WordIndex
from functions.analyze.evaluation import run as evaluate
from functions.analyze.evaluation.scoring import TIERS, Judgement, judge, score
from tests.benchmarks.figures import show

SCORED = TIERS[:3]


@dataclass
class Vocabulary:
    """The words and patterns that match in a document, or are to be hidden from one."""

    words: set[Form] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)

    def only(self, others: list[Vocabulary]) -> Vocabulary:
        """Return what matches here and in none of the others."""
        return Vocabulary(
            self.words.difference(*(other.words for other in others)),
            self.patterns.difference(*(other.patterns for other in others)),
        )


def run() -> None:
    """Print the F1 of each document with everything known, and with its own words hidden."""
    if "EVALUATION_DIR" not in os.environ:
        show("left-out documents", "skipped: EVALUATION_DIR names no folder")
        return
    folder = Path(os.environ["EVALUATION_DIR"])
    documents = sorted((folder / "documents").glob("*.pdf"))
    seen: dict[Path, Vocabulary] = {}
    full = {document: _judged(document, folder, Vocabulary(), seen) for document in documents}
    for document in documents:
        hidden = seen[document].only([seen[other] for other in documents if other != document])
        left_out = _judged(document, folder, hidden, {})
        figures = f"{_figures(full[document])}   its {len(hidden.words)} words hidden: {_figures(left_out)}"
        show(f"left out: {document.stem}", figures)


def _figures(judgement: Judgement) -> str:
    return " / ".join(f"{score([judgement], tier).f1:.3f}" for tier in SCORED)


def _judged(document: Path, folder: Path, hidden: Vocabulary, seen: dict[Path, Vocabulary]) -> Judgement:
    """Analyse one document without what is hidden, and note in ``seen`` what matched."""
    matched = seen.setdefault(document, Vocabulary())
    words, find = WordIndex._words, WordIndex.find

    def known_words(index: WordIndex, form: Form) -> Iterator[str]:
        for word in () if form in hidden.words else words(index, form):
            matched.words.add(form)
            yield word

    def known_find(index: WordIndex, pattern: str) -> dict[int, Match]:
        found = {} if pattern in hidden.patterns else find(index, pattern)
        if found:
            matched.patterns.add(pattern)
        return found

    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(io.StringIO()):
        alone = Path(place, "documents")
        alone.mkdir()
        (alone / document.name).symlink_to(document.resolve())
        with patch.object(WordIndex, "_words", known_words), patch.object(WordIndex, "find", known_find):
            assert evaluate.main([str(alone), place]) == 0
        export = json.loads(Path(place, f"{document.stem}.json").read_text())
    return judge(json.loads((folder / "gold" / f"{document.stem}.json").read_text()), export)
