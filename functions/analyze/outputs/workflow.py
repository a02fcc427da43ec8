"""An output job as a workflow: the stages of the outputs that its parameters name, one after another.

Each output is a workflow of its own. Outputs of one job are made of different stages, whose
names keep them apart, in the units and for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import PermanentError
from shared.jobs.workflow import MakeWorkflow, Run, Stage, Workflow


class OutputWorkflow:
    """One run of an output job.

    ``makers`` makes the workflow of each output by its name. Raises PermanentError for a name that is not
    among them.
    """

    def __init__(self, run: Run, makers: Mapping[str, MakeWorkflow]) -> None:
        self._outputs: dict[str, Workflow] = {}
        for name in run.params.get("outputs", ()):
            if name not in makers:
                raise PermanentError("unknown-output", f"This worker does not make the output {name!r}.")
            self._outputs[name] = makers[name](run)
        # Another number as soon as the units of any output have another form.
        self.revision = sum(output.revision for output in self._outputs.values())

    @property
    def stages(self) -> Sequence[Stage]:
        """See Workflow."""
        return [stage for output in self._outputs.values() for stage in output.stages]

    def finish(self) -> Mapping[str, Any]:
        """Return the result of each output under its name."""
        return {name: dict(output.finish()) for name, output in self._outputs.items()}

    def undo(self) -> None:
        """Take every output back, the last one first."""
        for output in reversed(self._outputs.values()):
            output.undo()
