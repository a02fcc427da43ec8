"""What the jobs machine acts on: stores, a queue, workers and people, with faults between any two effects."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, cast

from hypothesis.stateful import RuleBasedStateMachine

from functions.analyze.outputs.workflow import OutputWorkflow
from functions.cleanup.reconcile.reconciler import Reconciler
from shared.clock import Clock
from shared.errors import PermanentError, TransientError
from shared.files.port import Files
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind
from shared.jobs.queue import JobMessage, JobQueue
from shared.jobs.runner import ExecutionLimits, Runner
from shared.jobs.states import RefusedError, RepeatedError
from shared.jobs.store import JobNotFoundError, JobStore, edit
from shared.jobs.workflow import MakeWorkflow, Run, Workflow
from shared.observability import logger
from tests.contracts.jobs import submit
from tests.support.fakes.faults import CrashError, Fault, Faults, Watched
from tests.support.fakes.history import told_to_stop
from tests.support.fakes.mail import Letter
from tests.support.fakes.place import Place, time_for
from tests.support.fakes.toy_workflow import Toy

LEASE = timedelta(seconds=90)
PAGES = 3


class JobsWorld(RuleBasedStateMachine):
    """``make_place`` gives each example stores of its own; ``raw`` are they themselves, without faults."""

    make_place: ClassVar[Callable[[], Place]]

    def __init__(self) -> None:
        super().__init__()
        self.level = logger.log_level
        logger.setLevel(logging.CRITICAL)
        place = type(self).make_place()
        self.clock, self.faults, self.mail = place.clock, Faults(), place.mail
        self.raw, self.raw_files = place.store, place.files
        self.store = cast(JobStore, Watched(place.store, self.faults))
        self.files = cast(Files, Watched(place.files, self.faults))
        self.queue = cast(JobQueue, Watched(place.mail, self.faults))
        self.ids: list[str] = []
        self.gone: list[str] = []
        self.followed: list[str] = []
        self.seen: dict[str, Job] = {}
        self.repeated: list[tuple[str, str, int]] = []
        self.deaf: list[tuple[str, str, int]] = []
        self.release = 1
        self.in_unit: Callable[[], None] | None = None

    def _accept(self, job: Job, fault: Fault | None) -> None:
        """Do what the API does: write, then send. What is written is accepted."""
        with self.faults.armed(fault):
            submit(self.store, job)
            self.ids.append(job.job_id)
            self.queue.send(JobMessage.about(job))

    def _ask(self, job_id: str, what: str) -> str:
        """Do what the API does for a person, an operator or a heartbeat; return how it ended."""
        if what == "renew":
            if (job := self._find(job_id)) is None:
                return "refused"
            assert not self.store.renew(job_id, job.fence - 1, self.clock() + LEASE)
            kept = self.store.renew(job_id, job.fence, self.clock() + LEASE)
            assert kept == (job.lease_until is not None)
            return "done"
        ask: Any = states.unlock if what == "unlock" else getattr(states, f"request_{what}")
        answer = "done"
        try:
            job = edit(self.store, job_id, lambda j: cast(Change, ask(j, self.clock(), "alice")))
        except RepeatedError as repeated:
            answer, job = "repeated", repeated.job
        except (RefusedError, JobNotFoundError):
            return "refused"
        if what != "pause":
            self.queue.send(JobMessage.about(job, what))
        return answer

    def _deliver(self, pick: int, fault: Fault | None, units: int | None, skew: int = 0) -> None:
        if (letter := self._visible(pick)) is not None:
            self._hand_over(letter, fault, units, skew)

    def _hand_over(self, letter: Letter, fault: Fault | None, units: int | None, skew: int) -> None:
        """Hand a message to a worker; it comes back unless the worker answers."""
        before, calm = self._find(letter.message.job_id), self.faults.action is None
        self.mail.hold(letter)
        with self.faults.armed(fault):
            self._runner(skew).handle(letter.message, time_for(units))
            self.mail.delete(letter)
        if calm and before is not None and before.lease_until is not None:
            now = self.clock() + timedelta(seconds=skew)
            assert before.lease_until <= now or self._job(before.job_id) == before, "two workers"

    def _visible(self, pick: int) -> Letter | None:
        visible = self.mail.visible()
        return visible[pick % len(visible)] if visible else None

    def _runner(self, skew: int) -> Runner:
        kinds: dict[Kind, MakeWorkflow] = {
            Kind.ANALYSIS: self._workflow,
            Kind.OUTPUT: lambda run: OutputWorkflow(run, {"toy": self._workflow}),
        }
        limits = ExecutionLimits(LEASE, timedelta(seconds=20))
        clock = self._skewed(skew)
        return Runner(self.store, self.files, self.queue, kinds, limits=limits, clock=clock)

    def _workflow(self, run: Run) -> Workflow:
        job, release = run.job, self.release

        def unit(stage: str, index: int) -> None:
            # One that was overtaken in its sleep does a unit before it hears of it; what it did is void.
            if self._job(job.job_id).fence == job.fence:
                self._check_unit(job, stage, index, release)
            fail()

        def fail() -> None:
            if self.in_unit is not None:
                self.in_unit()

        return Toy(PAGES, release, unit, undo_hook=fail, follow_ups={"toy": {}})(run)

    def _check_unit(self, job: Job, stage: str, index: int, release: int) -> None:
        """Note a unit that is begun though it is finished, or though the worker was to stop."""
        source = self.raw.units(job.source_job_id) if job.debug_from and stage == "read" else []
        done = [u for u in [*source, *self.raw.units(job.job_id)] if u.revision == release]
        if (stage, index) in [(u.stage, u.index) for u in done]:
            self.repeated.append((job.job_id, stage, index))
        if told_to_stop(self.raw.events(job.job_id, limit=10_000)):
            self.deaf.append((job.job_id, stage, index))

    def _raise(self, error: str) -> None:
        self.clock.advance(seconds=60)
        if error == "transient":
            raise TransientError("aws-unavailable", "S3 answered 503.", retry_after=1000.0)
        if error == "permanent":
            raise PermanentError("file-corrupt", "The file is corrupt.")
        if error == "time-out":
            raise CrashError
        raise ZeroDivisionError

    def _reconciler(self, skew: int = 0) -> Reconciler:
        return Reconciler(self.store, self.queue, self._skewed(skew), page=2)

    def _skewed(self, seconds: int) -> Clock:
        return lambda: self.clock() + timedelta(seconds=seconds)

    def _job(self, job_id: str) -> Job:
        job = self._find(job_id)
        assert job is not None
        return job

    def _kept(self) -> list[Job]:
        """Return the jobs that are not being removed."""
        return [job for job_id in self.ids if (job := self.raw.get(job_id)) is not None]

    def _find(self, job_id: str) -> Job | None:
        return self.raw.get(job_id) or self.raw.expired(job_id)

    def _pick(self, pick: int) -> str:
        return self.ids[pick % len(self.ids)]
