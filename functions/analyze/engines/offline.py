"""What engines have in common that ask no model: they cost nothing, and do whole segments at once."""

from __future__ import annotations

from collections.abc import Mapping

from functions.analyze.engines.port import BatchSizes, EngineReport
from shared.errors import PermanentError
from shared.jobs.workflow import Run

# Segments in a batch; in a document of more pages than this a single segment may take seconds.
SEGMENTS = 4
LONG_DOCUMENT = 100


class OfflineEngine:
    """See Engine; a subclass names itself, and has ``open``."""

    name: str

    def check(self, run: Run) -> None:
        """See Engine."""
        if run.params.get("hybrid"):
            raise PermanentError(
                "hybrid-without-model",
                f"The engine {self.name!r} asks no model: hybrid needs openai or bedrock.",
            )

    def sizes(self, page_count: int) -> BatchSizes:
        """See Engine."""
        return BatchSizes(segments=SEGMENTS if page_count <= LONG_DOCUMENT else 1)

    def report(self, run: Run, counts: Mapping[str, int]) -> EngineReport:
        """See Engine."""
        return without_model(self.name)


def without_model(engine: str) -> EngineReport:
    """Return what a result says of an engine that has asked no model."""
    return EngineReport({"engine": engine, "tokens": {"input": 0, "output": 0}, "cost_usd": 0})
