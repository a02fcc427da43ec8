"""The questions of ``questions.txt``, with where the answer stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT, SAMPLES

FILE = Path(__file__).with_name("questions.txt")


@dataclass(frozen=True, slots=True)
class Case:
    """A question about a document: a passage on ``page`` that holds ``phrase`` answers it."""

    document: str
    language: str
    page: int
    phrase: str
    question: str

    def answered_by(self, text: str, pages: range) -> bool:
        """Say whether a passage, which lies on some pages, answers the question."""
        return self.page in pages and letters(self.phrase) in letters(text)


def cases() -> list[Case]:
    """Return all questions."""
    lines = [line for line in FILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [_case(line) for line in lines]


def find(document: str, evaluation: str = "") -> Path | None:
    """Return a document: of the samples, of the corpus, or of the evaluation folder where there is one."""
    places = [SAMPLES, ROOT / "tests" / "corpus"]
    if evaluation:
        places.append(Path(evaluation) / "documents")
    return next((path for place in places if (path := place / document).is_file()), None)


def letters(text: str) -> str:
    """Return letters and digits only: hyphens and line ends come and go."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _case(line: str) -> Case:
    document, language, page, phrase, question = (part.strip() for part in line.split(" | "))
    return Case(document, language, int(page), phrase, question)
