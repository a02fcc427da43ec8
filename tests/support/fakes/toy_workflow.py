"""A workflow of small units that remembers what was done, for tests of the machinery around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.jobs.model import Kind
from shared.jobs.workflow import Run, Stage, Workflow

Hook = Callable[[str, int], None]


def no_hook(_stage: str, _index: int) -> None:
    """Let every unit pass."""


@dataclass(slots=True)
class Toy:
    """Makes workflows of two stages: ``read`` (``pages`` units) and ``add``, one for every two pages.

    ``hook`` is called in the middle of each unit and may raise; ``done`` counts the units begun. Analyses are
    followed by the outputs ``follow_ups``.
    """

    pages: int = 4
    revision: int = 1
    hook: Hook = no_hook
    finish_hook: Callable[[], object] = lambda: None
    undo_hook: Callable[[], object] = lambda: None
    follow_ups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    done: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __call__(self, run: Run) -> Workflow:
        return _ToyWorkflow(self.revision, self, run)


@dataclass(slots=True)
class _ToyWorkflow:
    revision: int
    toy: Toy
    run: Run

    @property
    def stages(self) -> Sequence[Stage]:
        return (
            Stage("read", 3, lambda: self.toy.pages, self._read),
            Stage("add", 1, lambda: len(self.run.outputs("read")) // 2, self._add),
        )

    def finish(self) -> Mapping[str, Any]:
        self.toy.finish_hook()
        total = sum(self.run.outputs("add"))
        self.run.put_artifact("sum.txt", str(total).encode(), "text/plain")
        if self.run.job.kind is Kind.ANALYSIS:
            for name, params in self.toy.follow_ups.items():
                self.run.follow_up(name, params)
        return {"sum": total}

    def undo(self) -> None:
        self.toy.undo_hook()

    def _read(self, index: int) -> int:
        self.toy.done["read", index] += 1
        self.toy.hook("read", index)
        return int("1" + "0" * (index % 4))

    def _add(self, index: int) -> int:
        self.toy.done["add", index] += 1
        self.toy.hook("add", index)
        return sum(self.run.outputs("read")[2 * index : 2 * index + 2])
