"""Which engine does a job: the one that it names, else the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.analyze.engines.offline import without_model
from functions.analyze.engines.port import Engine, EngineReport
from shared.errors import PermanentError
from shared.jobs.workflow import Run


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engines of this process by name; ``missing`` says what those need that are not configured."""

    engines: Mapping[str, Engine]
    default: str = "rules"
    missing: Mapping[str, str] = field(default_factory=dict)

    def name(self, run: Run) -> str:
        """Return the name of the engine that a job runs with."""
        return str(run.params.get("engine") or self.default)

    def engine(self, run: Run) -> Engine:
        """Return the engine of a job.

        Raises PermanentError where it is not configured here, or cannot do a job with these parameters.
        """
        name = self.name(run)
        engine = self.engines.get(name)
        if engine is None:
            raise PermanentError(
                "engine-not-configured",
                f"The engine {name!r} is not configured here. {self.missing.get(name, '')}".rstrip(),
            )
        engine.check(run)
        return engine

    def report(self, run: Run, counts: Mapping[str, int]) -> EngineReport:
        """Return what a result says of its engine, which may be configured no longer."""
        name = self.name(run)
        engine = self.engines.get(name)
        return without_model(name) if engine is None else engine.report(run, counts)
