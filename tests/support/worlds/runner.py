"""A runner of toy workflows with everything it writes to, for tests of what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.analyze.outputs.workflow import OutputWorkflow
from shared.jobs import states
from shared.jobs.execution import ExecutionLimits, Outcome, Remaining
from shared.jobs.model import Change, Job, Kind, Unit
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner, unlimited
from shared.jobs.states import RefusedError, RepeatedError
from shared.jobs.store import edit
from shared.jobs.workflow import MakeWorkflow
from tests.contracts.jobs import LEASE, FakeClock, new_job, submit
from tests.support.fakes.toy_workflow import Toy, no_hook
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyQueue

STEPS = [("read", 0), ("read", 1), ("read", 2), ("read", 3), ("add", 0), ("add", 1)]


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass(slots=True)
class RunnerWorld:
    """A runner of toy workflows and everything it writes to."""

    clock: FakeClock = field(default_factory=FakeClock)
    toy: Toy = field(default_factory=Toy)
    files: FaultyFiles = field(default_factory=FaultyFiles)
    store: FaultyJobs = field(init=False)
    queue: FaultyQueue = field(init=False)
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        self.store = FaultyJobs(self.clock)
        self.queue = FaultyQueue(self.clock)
        self.runner = self.worker()

    def worker(self) -> Runner:
        limits = ExecutionLimits(LEASE, timedelta(seconds=20))
        kinds: Mapping[Kind, MakeWorkflow] = {
            Kind.ANALYSIS: self.toy,
            Kind.OUTPUT: lambda run: OutputWorkflow(run, {"toy": self.toy}),
        }
        return Runner(self.store, self.files, self.queue, kinds, limits=limits, clock=self.clock)

    def submit(self, **fields: Any) -> Job:
        return submit(self.store, new_job(self.clock, **fields))

    def message(self, job: Job) -> JobMessage:
        return JobMessage.about(job)

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        return self.runner.handle(self.message(job), remaining)

    def take(self, job: Job) -> Job:
        """Let a worker have the job that does nothing with it."""
        return edit(self.store, job.job_id, lambda j: states.take(j, self.clock(), "w", LEASE))

    def job(self, job: Job) -> Job:
        stored = self.store.get(job.job_id)
        assert stored is not None
        return stored

    def ask(self, what: Any, job: Job) -> Job:
        return edit(self.store, job.job_id, lambda j: what(j, self.clock(), "alice"))

    def answer(self, what: str, job: Job) -> str:
        """Ask for something; return whether that was refused, or asked for before."""
        try:
            self.ask(getattr(states, f"request_{what}"), job)
        except RepeatedError as repeated:
            return "repeated" if repeated.job == self.job(job) else "stale"
        except RefusedError:
            return "refused"
        return "done"

    def history(self, job: Job) -> list[str]:
        return [event.type for event in self.store.events(job.job_id)]

    def on(self, stage: str, index: int, action: Any) -> None:
        """Do something in the middle of a unit, the first time it is done."""

        def hook(at_stage: str, at_index: int) -> None:
            if (at_stage, at_index) == (stage, index) and self.toy.done[stage, index] == 1:
                action()

        self.toy.hook = hook

    def forget(self) -> None:
        """Forget the units that were done, and what was to happen in them."""
        self.toy.done.clear()
        self.toy.hook = no_hook


def raising(error: BaseException) -> Any:
    def action() -> None:
        raise error

    return action


class Interposed(FaultyJobs):
    """Does something once, just before a change of some type is written."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.before: dict[str, Callable[[], object]] = {}

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        if (action := self.before.pop(change.event.type, None)) is not None:
            action()
        FaultyJobs.save(self, before, change, unit)
