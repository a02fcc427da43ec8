"""An engine that finds an item wherever the document holds its name: simple, honest, predictable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.analyze.document.model import Document
from functions.analyze.engines.offline import OfflineEngine
from functions.analyze.engines.port import Analysis, Place, Question, Task
from shared.findings.model import Details, Evidence, Finding
from shared.taxonomy.model import Category, Item


def no_fault(_call: str) -> None:
    """Let every call pass."""


@dataclass
class WordEngine(OfflineEngine):
    """``fault`` is called before every question with its name, and may raise."""

    name: str = "words"
    fault: Callable[[str], None] = no_fault
    opened: int = field(default=0)

    def open(self, task: Task) -> Analysis:
        self.opened += 1
        return WordAnalysis(task.document, self.fault)


@dataclass(frozen=True)
class WordAnalysis:
    document: Document
    fault: Callable[[str], None]

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        self.fault("segments")
        return self._find(items)

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        return [self._benefits(question) for question in questions]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        return [self._details(place) for place in places]

    def take_counts(self) -> Mapping[str, int]:
        return {}

    def _benefits(self, question: Question) -> list[Finding]:
        self.fault(f"benefits of {question.segment.item_name}")
        return self._find(question.items)

    def _details(self, place: Place) -> Details:
        item = place.item
        self.fault("details of the product" if place.segment is None else f"details of {item.name}")
        return Details(
            tuple(self._find(item.of(Category.LIMIT))),
            tuple(self._find(item.of(Category.CONDITION))),
            tuple(self._find(item.of(Category.EXCLUSION))),
        )

    def _find(self, items: Sequence[Item]) -> list[Finding]:
        return [
            Finding(item.name, 0.5, (evidence,), item_id=item.item_id)
            for item in items
            if (evidence := self._evidence(item.name)) is not None
        ]

    def _evidence(self, name: str) -> Evidence | None:
        for page in self.document.pages:
            start = page.text.find(name)
            if start >= 0:
                end = start + len(name)
                return Evidence(page.number, name, start, end, tuple(page.boxes(start, end)))
        return None
