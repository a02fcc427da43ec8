"""The port of the summarisers that write sentences of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.analyze.outputs.summary.extractive import Candidate
from shared.jobs.workflow import Run


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary, with the pages (from 1) that it is drawn from."""

    text: str
    pages: tuple[int, ...]


class Summariser(Protocol):
    """Writes a summary of the central sentences of a document."""

    name: str

    def summarise(
        self, sentences: Sequence[Candidate], count: int, language: str, run: Run
    ) -> Sequence[Sentence]:
        """Return up to ``count`` sentences in ``language``; raises TransientError or PermanentError."""
        ...

    def usage(self, run: Run) -> Mapping[str, Any]:
        """Return what the job has used of it: ``model``, ``tokens`` and ``cost_usd``."""
        ...
