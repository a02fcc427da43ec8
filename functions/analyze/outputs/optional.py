"""Outputs that an analysis makes on the way: where one fails, the analysis does not.

The failure is a warning in the result, and what is missing can be made later by an output job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from shared.errors import PermanentError, Problem, TransientError
from shared.jobs.states import FencedError
from shared.jobs.workflow import Run, Stage, Workflow
from shared.observability import logger

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OutputsResult:
    """What a result says of the outputs: by name what each says of itself, and what went wrong."""

    fields: Mapping[str, Any]
    warnings: tuple[str, ...]

    def with_usage(self, report: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a result says of its engine, with what outputs used of a model on the same account.

        The account knows one sum: with two models it gives no cost rather than a wrong one.
        """
        used = [entry["usage"] for entry in self.fields.get("outputs", {}).values() if "usage" in entry]
        if not used:
            return dict(report)
        models = {entry["model"] for entry in used} | ({report["model"]} if report.get("model") else set())
        cost = used[-1]["cost_usd"] if len(models) == 1 else None
        return {**report, "tokens": used[-1]["tokens"], "cost_usd": cost}


class OptionalOutputs:
    """The outputs of one run, by name, in the order in which they are made."""

    def __init__(self, run: Run, outputs: Mapping[str, Workflow]) -> None:
        self._run = run
        self._outputs = outputs

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return all stages; a unit that fails for good says so in its output, and raises nothing."""
        return tuple(
            replace(stage, work=self._guarded(stage))
            for output in self._outputs.values()
            for stage in output.stages
        )

    def finish(self) -> OutputsResult:
        """Publish what was made; return what the result says of it."""
        fields: dict[str, Any] = {}
        warnings: list[str] = []
        for name, output in self._outputs.items():
            failed = next(filter(None, (self._failure(stage.name) for stage in output.stages)), None)
            made = {FAILED: failed} if failed else self._attempt(name, partial(_finished, output))
            fields[name] = made
            warnings += made.get("warnings", [])
            if FAILED in made:
                warnings.append(
                    f"The {name} could not be made: {made[FAILED]['detail']} It can be made again by itself "
                    "(POST /jobs/{id}/outputs)."
                )
        return OutputsResult({"outputs": fields} if fields else {}, tuple(warnings))

    def _guarded(self, stage: Stage) -> Callable[[int], Any]:
        def work(index: int) -> Any:
            if (failed := self._failure(stage.name)) is not None:
                return {FAILED: failed}
            return self._attempt(stage.name, partial(stage.work, index))

        return work

    def _attempt(self, stage: str, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, or that it failed where no further attempt will be made."""
        try:
            return work()
        except FencedError:
            raise
        except PermanentError as error:
            return _failed(error.problem(stage))
        except TransientError as error:
            if self._may_try_again:
                raise
            return _failed(error.problem(stage))
        except Exception as error:
            if self._may_try_again:
                raise
            # Without the error's own words: those of foreign libraries may hold what was read.
            detail = f"{type(error).__name__} in stage {stage!r}."
            return _failed(Problem("unexpected-error", "Unexpected error", detail, 500, stage))

    @property
    def _may_try_again(self) -> bool:
        return self._run.job.attempt < self._run.job.max_attempts

    def _failure(self, stage: str) -> Mapping[str, Any] | None:
        """Return the problem of the first unit of a stage that failed."""
        failures = (output.get(FAILED) for output in self._run.outputs(stage))
        return next((problem for problem in failures if problem is not None), None)


def _finished(output: Workflow) -> dict[str, Any]:
    return dict(output.finish())


def _failed(problem: Problem) -> dict[str, Any]:
    logger.warning("An output was not made", stage=problem.stage, problem=problem.type)
    return {FAILED: problem.to_dict()}
