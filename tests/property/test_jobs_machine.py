"""Jobs under everything that can happen to them, in any order, on the stores in memory.

Messages are lost, doubled and reordered, processes die between any two outside effects, workers stall past
their lease while another one takes over, people pause, resume, cancel and retry, and the clock jumps. At
the end the faults stop and the queues drain: every job has to be where it belongs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.cleanup.reconcile import Reconciler
from shared.errors import PermanentError, TransientError
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Limits, Runner, unlimited
from shared.jobs.states import RefusedError
from shared.jobs.store import edit
from shared.jobs.workflow import Run, Workflow, job_prefix
from shared.memory import MemoryFiles, MemoryJobs, MemoryQueue
from shared.observability import logger
from tests.fakes.toy_workflow import Toy
from tests.store_contract import FakeClock, new_job, submit

LEASE = timedelta(seconds=90)
VISIBILITY = timedelta(seconds=120)
PAGES = 3
RESULT = {"sum": 11}
MAX_DRAIN = 300

MOVES = {
    Status.QUEUED: {Status.QUEUED, Status.RUNNING, Status.PAUSED, Status.CANCELLED, Status.FAILED},
    Status.RUNNING: set(Status),
    Status.PAUSED: {Status.PAUSED, Status.QUEUED, Status.CANCELLED, Status.FAILED},
}


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass(slots=True)
class Faults:
    """Does something at one operation, counted from when it was armed; every operation passes here."""

    countdown: int = 0
    action: Callable[[], None] | None = None

    def __call__(self, _operation: str) -> None:
        if self.action is None:
            return
        self.countdown -= 1
        if self.countdown < 0:
            action, self.action = self.action, None
            action()

    @contextmanager
    def armed(self, fault: tuple[str, int] | None) -> Iterator[None]:
        """Let an operation fail, or the process die in its place; what was begun ends there."""
        if fault is not None:
            crash = fault[0] == "crash"
            error = CrashError() if crash else TransientError("aws-unavailable", "Throttled.")
            self.countdown, self.action = fault[1], partial(_raise, error)
        try:
            yield
        except (CrashError, TransientError):
            pass
        finally:
            self.action = None


def _raise(error: BaseException) -> None:
    raise error


FAULTS = st.none() | st.tuples(st.sampled_from(["crash", "crash", "error"]), st.integers(0, 25))
PICK = st.integers(0, 10_000)


class JobsMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.level = logger.log_level
        logger.setLevel(logging.CRITICAL)
        self.clock = FakeClock()
        self.faults = Faults()
        self.store = MemoryJobs(self.clock, self.faults)
        self.queue = MemoryQueue(self.clock, self.faults)
        self.files = MemoryFiles(self.faults)
        self.ids: list[str] = []
        self.seen: dict[str, Job] = {}
        self.repeated: list[tuple[str, str, int]] = []
        self.in_unit: Callable[[str], None] | None = None

    # --- What people do ----------------------------------------------------------------------------

    @rule(fault=FAULTS)
    def submit(self, fault: tuple[str, int] | None) -> None:
        self._accept(new_job(self.clock, "alice", max_attempts=3), fault)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, fault=FAULTS)
    def retry(self, pick: int, fault: tuple[str, int] | None) -> None:
        """An operator redoes a job that has ended: that is a new job."""
        old = self._job(self._pick(pick))
        if old.status.terminal:
            self._accept(new_job(self.clock, "alice", retry_of=old.job_id), fault)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, what=st.sampled_from(["pause", "resume", "cancel"]), fault=FAULTS)
    def ask(self, pick: int, what: str, fault: tuple[str, int] | None) -> None:
        with self.faults.armed(fault):
            self._ask(self._pick(pick), what)

    # --- What happens to messages and workers --------------------------------------------------------

    @precondition(lambda self: self.queue.messages)
    @rule(pick=PICK, fault=FAULTS, units=st.none() | st.integers(0, 4))
    def deliver(self, pick: int, fault: tuple[str, int] | None, units: int | None) -> None:
        """Deliver any message, to a worker that may fail anywhere or run out of time after some units."""
        self._deliver(pick, fault, units)

    @precondition(lambda self: self.queue.messages)
    @rule(
        pick=PICK,
        at=st.integers(0, 30),
        jump=st.sampled_from([0, 89, 90, 200]),
        asked=st.lists(st.sampled_from(["pause", "resume", "cancel"]), max_size=2),
        other=st.none() | st.tuples(PICK, st.none() | st.integers(1, 3)),
        later=st.none() | st.tuples(st.integers(0, 3), st.sampled_from(["pause", "resume", "cancel"])),
    )
    def deliver_with_others(
        self,
        pick: int,
        at: int,
        jump: int,
        asked: list[str],
        other: tuple[int, int | None] | None,
        later: tuple[int, str] | None,
    ) -> None:
        """Before any operation of a worker time passes, people ask for things, another worker wakes up."""
        job_id = self._next_visible(pick)

        def meanwhile() -> None:
            self.clock.advance(seconds=jump)
            for what in asked:
                self._ask(job_id, what)
            if other is not None:
                self._reconciler().run()
                self._deliver(other[0], None, other[1])
            if later is not None:
                self.faults.countdown, self.faults.action = later[0], partial(self._ask, job_id, later[1])

        if job_id:
            self.faults.countdown, self.faults.action = at, meanwhile
            self._deliver(pick, None, None)

    @precondition(lambda self: self.queue.messages)
    @rule(pick=PICK, error=st.sampled_from(["transient", "permanent", "unexpected"]))
    def deliver_bad_unit(self, pick: int, error: str) -> None:
        def fail(_job_id: str) -> None:
            self.in_unit = None
            if error == "transient":
                raise TransientError("aws-unavailable", "S3 answered 503.", retry_after=1000.0)
            if error == "permanent":
                raise PermanentError("file-corrupt", "The file is corrupt.")
            raise ZeroDivisionError

        self.in_unit = fail
        try:
            self._deliver(pick, None, None)
        finally:
            self.in_unit = None

    @precondition(lambda self: self.queue.messages)
    @rule(pick=PICK)
    def duplicate(self, pick: int) -> None:
        self.queue.messages.append(self.queue.messages[pick % len(self.queue.messages)])

    @precondition(lambda self: self.queue.messages)
    @rule(pick=PICK)
    def lose(self, pick: int) -> None:
        del self.queue.messages[pick % len(self.queue.messages)]

    @rule(fault=FAULTS)
    def reconcile(self, fault: tuple[str, int] | None) -> None:
        with self.faults.armed(fault):
            self._reconciler().run()

    @rule(seconds=st.sampled_from([1, 45, 90, 600, 3600]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    # --- What must hold at every moment ------------------------------------------------------------

    @invariant()
    def records_only_move_on(self) -> None:
        for job_id in self.ids:
            now, before = self._job(job_id), self.seen.get(job_id)
            if before is not None:
                assert not before.status.terminal or now == before, "a terminal job changed"
                assert now.fence >= before.fence
                assert now.version >= before.version
                assert now.percent_complete >= before.percent_complete
                assert now.units_done >= before.units_done
                assert now.attempt >= before.attempt
                assert now.cancel_requested >= before.cancel_requested
            self.seen[job_id] = now

    @invariant()
    def finished_units_are_not_done_again(self) -> None:
        assert not self.repeated

    @invariant()
    def history_explains_the_record(self) -> None:
        for job_id in self.ids:
            job, events = self._job(job_id), self.store.events(job_id, limit=10_000)
            assert [event.number for event in events] == list(range(1, job.version + 1))
            assert (events[-1].status, events[-1].progress) == (job.status, job.percent_complete)
            assert all(b.status in MOVES[a.status] for a, b in pairwise(events))
            assert sum(event.status.terminal for event in events) == job.status.terminal
            assert len(self.store.units(job_id)) == job.units_done
            assert sum(event.type in {"started", "taken_over"} for event in events) <= job.fence

    @invariant()
    def results_are_whole_or_not_there(self) -> None:
        for job_id in self.ids:
            job = self._job(job_id)
            assert (job.status is Status.COMPLETED) == (job.result == RESULT) == bool(job.artifacts)
            assert (job.status is Status.FAILED) == (job.error is not None)
            assert all(self.files.get(artifact.key) == b"11" for artifact in job.artifacts.values())
            assert job.status is not Status.COMPLETED or not job.cancel_requested

    # --- The end -----------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._drain()
            self.records_only_move_on()
            self.finished_units_are_not_done_again()
            self.history_explains_the_record()
            self.results_are_whole_or_not_there()
            self._cancelled_jobs_left_nothing()
        finally:
            logger.setLevel(self.level)

    def _drain(self) -> None:
        """Let the system recover: no more faults, and nobody leaves a job paused."""
        for _ in range(MAX_DRAIN):
            active = [job for job_id in self.ids if not (job := self._job(job_id)).status.terminal]
            if not active:
                return
            for job in active:
                if job.status is Status.PAUSED:
                    self._ask(job.job_id, "resume")
            self._reconciler().run()
            while (message := self.queue.receive()) is not None:
                self._runner().handle(message)
            self.clock.advance(seconds=300)
        raise AssertionError(f"jobs that never end: {active}")

    def _cancelled_jobs_left_nothing(self) -> None:
        kept = {key for job_id in self.ids if self._cancelled(job_id) for key in self._files_of(job_id)}
        assert not kept, kept

    # --- Helpers -----------------------------------------------------------------------------------

    def _accept(self, job: Job, fault: tuple[str, int] | None) -> None:
        """Do what the API does: write, then send. What is written is accepted."""
        with self.faults.armed(fault):
            submit(self.store, job)
            self.ids.append(job.job_id)
            self.queue.send(JobMessage(job.job_id, job.kind))

    def _ask(self, job_id: str, what: str) -> None:
        request: Callable[..., Change] = getattr(states, f"request_{what}")
        try:
            job = edit(self.store, job_id, lambda j: request(j, self.clock(), "alice"))
        except RefusedError:
            return
        if what != "pause":
            self.queue.send(JobMessage(job_id, job.kind, what))

    def _deliver(self, pick: int, fault: tuple[str, int] | None, units: int | None) -> None:
        """Hand a visible message to a worker; it comes back unless the worker answers."""
        visible = self._visible()
        if not visible:
            return
        entry = visible[pick % len(visible)]
        self.queue.messages.remove(entry)
        answered = False
        with self.faults.armed(fault):
            self._runner().handle(entry[1], _remaining(units))
            answered = True
        if not answered:
            self.queue.messages.append((self.clock() + VISIBILITY, entry[1]))

    def _visible(self) -> list[tuple[datetime, JobMessage]]:
        return [entry for entry in self.queue.messages if entry[0] <= self.clock()]

    def _next_visible(self, pick: int) -> str:
        visible = self._visible()
        return visible[pick % len(visible)][1].job_id if visible else ""

    def _runner(self) -> Runner:
        kinds = {Kind.ANALYSIS: self._workflow}
        limits = Limits(LEASE, timedelta(seconds=20))
        return Runner(self.store, self.files, self.queue, kinds, limits=limits, clock=self.clock)

    def _workflow(self, run: Run) -> Workflow:
        job_id = run.job.job_id

        def hook(stage: str, index: int) -> None:
            done = {(unit.stage, unit.index) for unit in self.store._units.get(job_id, {}).values()}
            if (stage, index) in done:
                self.repeated.append((job_id, stage, index))
            if self.in_unit is not None:
                self.in_unit(job_id)

        return Toy(PAGES, hook)(run)

    def _reconciler(self) -> Reconciler:
        return Reconciler(self.store, self.queue, self.clock, page=2)

    def _job(self, job_id: str) -> Job:
        return self.store._jobs[job_id]

    def _pick(self, pick: int) -> str:
        return self.ids[pick % len(self.ids)]

    def _cancelled(self, job_id: str) -> bool:
        return self._job(job_id).status is Status.CANCELLED

    def _files_of(self, job_id: str) -> list[str]:
        return [key for key in self.files.keys() if key.startswith(job_prefix(job_id))]  # noqa: SIM118


def _remaining(units: int | None) -> Callable[[], float]:
    """Return the remaining time of an invocation that has enough for some units."""
    if units is None:
        return unlimited
    left = iter([100.0] * units)
    return lambda: next(left, 0.0)


TestJobs = JobsMachine.TestCase
TestJobs.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
