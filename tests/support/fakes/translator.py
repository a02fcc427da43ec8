"""A translator that behaves: it knows some pairs, keeps numbers, and fails as it is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.analyze.outputs.translation.port import Wish
from shared.jobs.workflow import Run


class FakeTranslator:
    """Says each text with its target language before it; ``errors`` are raised first, one a call."""

    name = "fake"
    remote = False

    def __init__(
        self, pairs: Sequence[tuple[str, str]] = (("en", "de"),), errors: Sequence[Exception] = ()
    ) -> None:
        self.pairs = set(pairs)
        self.errors = list(errors)
        self.calls: list[list[str]] = []
        self.loses = ""
        self.says = ""

    def offers(self, wish: Wish) -> bool:
        return (wish.source, wish.target) in self.pairs

    def translate(self, paragraphs: Sequence[str], wish: Wish, run: Run) -> list[str]:
        if self.errors:
            raise self.errors.pop(0)
        self.calls.append(list(paragraphs))
        kept = [text.replace(self.loses, "") if self.loses else text for text in paragraphs]
        return [f"[{wish.target}] {text}{self.says}" for text in kept]

    def usage(self, run: Run) -> Mapping[str, Any]:
        return {}
