"""What a job executes: stages made of units, described apart from how they are run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.errors import PermanentError
from shared.files import keys
from shared.files.port import FileMissingError, Files
from shared.jobs.model import UNNAMED_PHASE, Artifact, Job, Phase, Unit


@dataclass(slots=True)
class Run:
    """One execution of a job, as its stages see it: the record, the files, the outputs so far.

    Keys written here carry the fence, so that a worker whose claim is void never overwrites the files
    of its successor; nothing counts before the job's record names it.
    """

    job: Job
    files: Files
    finished: dict[str, dict[int, Unit]] = field(default_factory=dict)
    _outputs: dict[str, Any] = field(default_factory=dict)
    _follow_ups: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _artifacts: dict[str, Artifact] = field(default_factory=dict)

    @property
    def params(self) -> Mapping[str, Any]:
        """Return the job's parameters."""
        return self.job.params

    @property
    def artifacts(self) -> Mapping[str, Artifact]:
        """Return the files put so far by this execution."""
        return self._artifacts

    @property
    def follow_ups(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the outputs that this execution has requested so far, with their parameters."""
        return self._follow_ups

    def follow_up(self, output: str, params: Mapping[str, Any] | None = None) -> None:
        """Have an output made by a job of its own, which comes into being when this job completes."""
        self._follow_ups[output] = params or {}

    def key(self, name: str) -> str:
        """Return the S3 key of a file of this job under the current fence."""
        return keys.job_file(self.job.job_id, self.job.fence, name)

    def outputs(self, stage: str) -> list[Any]:
        """Return what the finished units of a stage returned, in order; read once, then kept."""
        return [self._output(unit) for _, unit in sorted(self.finished.get(stage, {}).items())]

    def put_artifact(self, name: str, data: bytes, media_type: str) -> None:
        """Store a file that the job publishes when it completes."""
        key = keys.artifact(self.job.job_id, self.job.fence, name)
        info = self.files.put(key, data, media_type)
        self._artifacts[name] = Artifact(info.key, media_type, len(data), hashlib.sha256(data).hexdigest())

    def save_output(self, stage: str, index: int, output: Any, revision: int) -> Unit:
        """Store what a unit returned and name it as finished; the record follows."""
        key = keys.unit_output(self.job.job_id, self.job.fence, stage, index)
        self.files.put(key, json.dumps(output, ensure_ascii=False).encode(), "application/json")
        self._outputs[key] = output
        return Unit(stage, index, key, self.job.fence, revision)

    def _output(self, unit: Unit) -> Any:
        if unit.key not in self._outputs:
            self._outputs[unit.key] = json.loads(self._read(unit.key))
        return self._outputs[unit.key]

    def _read(self, key: str) -> bytes:
        try:
            return self.files.get(key)
        except FileMissingError as error:
            if key.startswith(keys.job_prefix(self.job.job_id)):
                raise
            raise PermanentError(
                "source-gone",
                f"The files of job {self.job.source_job_id}, which debug_from takes up, no longer exist. "
                "Submit the analysis without debug_from.",
            ) from error


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a workflow.

    ``count`` returns the number of units, made of what earlier stages returned, the same on every call.
    ``work`` does the unit of an index and returns something that JSON can hold. ``weight`` is the stage's
    share of the job's time, in any measure; progress is drawn from it. ``steps`` returns how many of the
    things that people count, pages for example, the first so many units cover; by itself a unit is one step.
    ``phase`` is what its progress shows to readers of documents.
    """

    name: str
    weight: int
    count: Callable[[], int]
    work: Callable[[int], Any]
    steps: Callable[[int], int] = lambda units: units
    phase: Phase = UNNAMED_PHASE


class Workflow(Protocol):
    """All stages of one job, and how it ends; made anew for each run, so it may keep what it has read.

    ``revision`` numbers the form of the units' outputs; a release that changes the form counts it on, so
    that a job in flight does its units again instead of misreading what it finds. A workflow is made before
    the finished units are known: it reads outputs in its stages, not when it is made.
    """

    revision: int

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the stages in order."""
        ...

    def finish(self) -> Mapping[str, Any]:
        """Put the artifacts and return the result; called once every unit is done."""
        ...

    def undo(self) -> None:
        """Take back what the finished units did outside the job's files; called when it is cancelled.

        May be called again after an interruption, and for a job that has not begun. Raises TransientError
        where it has to be tried again: the job is cancelled only after it has returned.
        """
        ...


MakeWorkflow = Callable[[Run], Workflow]
