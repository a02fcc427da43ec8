"""Jobs, and what follows from them, under everything that can happen to them, in any order, on any stores.

Messages are lost, doubled, reordered and stray, processes die between any two outside effects or in the
middle of a unit, services fail for a while, workers stall past their lease while another one takes over,
clocks differ by minutes and jump, releases change what units look like, people pause, resume, cancel, retry
and unlock. At the end the faults stop and the queues drain: every job has to be where it belongs.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from functions.cleanup.removal.expiry import Expiry
from shared.files.keys import job_prefix
from shared.jobs import states
from shared.jobs.model import Activity, Kind, Status
from shared.jobs.outputs import follow_up_id
from shared.jobs.queue import JobMessage
from shared.observability import logger
from tests.contracts.jobs import new_job
from tests.support.fakes.faults import Fault
from tests.support.fakes.history import check_history, check_moved_on
from tests.support.jobs_world import JobsWorld
from tests.support.memory.documents import MemoryDocuments

RESULT = {"sum": 11}
MAX_DRAIN = 200
MAX_JOBS = 6

FAULTS = st.none() | st.tuples(st.sampled_from(["crash", "crash", "error", "outage"]), st.integers(0, 25))
PICK = st.integers(0, 10_000)
SKEW = st.sampled_from([0, 0, 0, -300, 300])
ASKED = st.sampled_from(["pause", "resume", "cancel", "unlock", "renew"])


class JobsMachine(JobsWorld):
    """See the module: the rules, what must hold at every moment, and the end."""

    # --- What people do ----------------------------------------------------------------------------

    @initialize()
    def first_job(self) -> None:
        self.submit(None, 4, None)

    @precondition(lambda self: len(self.ids) + len(self.gone) < MAX_JOBS)
    @rule(fault=FAULTS, max_attempts=st.sampled_from([1, 2, 4]), kept=st.none() | st.integers(1, 2))
    def submit(self, fault: Fault | None, max_attempts: int, kept: int | None) -> None:
        end = None if kept is None else self.clock() + timedelta(days=kept)
        self._accept(new_job(self.clock, "alice", max_attempts=max_attempts, expires_at=end), fault)

    @precondition(lambda self: self.ids and len(self.ids) + len(self.gone) < MAX_JOBS)
    @rule(pick=PICK, fault=FAULTS, from_stage=st.booleans())
    def submit_again(self, pick: int, fault: Fault | None, *, from_stage: bool) -> None:
        """Somebody redoes a job that has ended, or starts again behind what it has done: a new job."""
        old = self._job(self._pick(pick))
        if old.status.terminal and not (from_stage and old.cancel_requested):
            source = {"debug_from": "add", "source_job_id": old.job_id} if from_stage else {}
            params = old.params if old.kind is Kind.OUTPUT else {}
            again = {"kind": old.kind, "retry_of": old.job_id, "params": {**params, **source}}
            self._accept(new_job(self.clock, "bob", **again), fault)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, what=ASKED, fault=FAULTS)
    def ask(self, pick: int, what: str, fault: Fault | None) -> None:
        with self.faults.armed(fault):
            self._ask(self._pick(pick), what)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, what=st.sampled_from(["pause", "resume", "cancel"]))
    def ask_twice(self, pick: int, what: str) -> None:
        """Whatever the first request did, the second one changes nothing."""
        job_id = self._pick(pick)
        first = self._ask(job_id, what)
        before = self._job(job_id)
        assert self._ask(job_id, what) == ("repeated" if first == "done" else first)
        assert self._job(job_id) == before

    # --- What happens to messages and workers --------------------------------------------------------

    @rule(pick=PICK, fault=FAULTS, units=st.none() | st.integers(0, 4), skew=SKEW)
    def deliver(self, pick: int, fault: Fault | None, units: int | None, skew: int) -> None:
        """Deliver any message, to a worker that may fail anywhere or run out of time after some units."""
        self._deliver(pick, fault, units, skew)

    @rule(
        pick=PICK,
        at=st.integers(0, 15),
        jump=st.sampled_from([0, 89, 90, 200]),
        asked=st.lists(ASKED, max_size=2),
        other=st.none() | st.tuples(st.booleans(), st.none() | st.integers(1, 3)),
        later=st.none() | st.tuples(st.integers(0, 3), ASKED),
    )
    def deliver_with_others(
        self,
        pick: int,
        at: int,
        jump: int,
        asked: list[str],
        other: tuple[bool, int | None] | None,
        later: tuple[int, str] | None,
    ) -> None:
        """Before any operation of a worker time passes, people ask for things, another worker wakes up."""
        letter = self._visible(pick)
        if letter is None:
            return
        job_id = letter.message.job_id

        def meanwhile() -> None:
            self.clock.advance(seconds=jump)
            for what in asked:
                self._ask(job_id, what)
            if other is not None:
                copy, units = other
                if copy:
                    self.mail.send(letter.message)
                self._reconciler().run()
                for found in self.mail.visible()[-1:]:
                    self._hand_over(found, None, units, 0)
            if later is not None:
                self.faults.arm(later[0], partial(self._ask, job_id, later[1]))

        self.faults.arm(at, meanwhile)
        self._hand_over(letter, None, None, 0)

    @rule(pick=PICK, at=st.integers(0, 12), what=st.none() | ASKED)
    def overtake(self, pick: int, at: int, what: str | None) -> None:
        """A worker sleeps through its lease, wherever it is, and wakes up when another one is done."""
        self.deliver_with_others(pick, at, 90, [what] if what else [], (True, None), None)

    @rule(
        pick=PICK,
        error=st.sampled_from(["transient", "permanent", "unexpected", "time-out"]),
        after=st.integers(0, 3),
    )
    def deliver_bad_unit(self, pick: int, error: str, after: int) -> None:
        """A unit, or what takes it back, fails; a time-out kills the process in its middle."""
        passing = iter(range(after))

        def fail() -> None:
            if next(passing, None) is None:
                self.in_unit = None
                self._raise(error)

        self.in_unit = fail
        try:
            self._deliver(pick, None, None)
        finally:
            self.in_unit = None

    @rule(pick=PICK)
    def duplicate(self, pick: int) -> None:
        if letters := self.mail.letters():
            self.mail.send(letters[pick % len(letters)].message)

    @rule(pick=PICK)
    def lose(self, pick: int) -> None:
        if letters := self.mail.letters():
            self.mail.delete(letters[pick % len(letters)])

    @rule(pick=st.none() | PICK)
    def stray(self, pick: int | None) -> None:
        """An old message turns up, of a job that may have ended, or that there never was."""
        known = [*self.ids, *self.gone]
        job_id = "nobody" if pick is None else known[pick % len(known)]
        self.mail.send(JobMessage(job_id, Kind.ANALYSIS, "redriven"))

    @rule(fault=FAULTS, skew=SKEW)
    def reconcile(self, fault: Fault | None, skew: int) -> None:
        self.lists_show_what_is_so()
        with self.faults.armed(fault):
            self._reconciler(skew).run()

    @rule(fault=FAULTS, skew=SKEW)
    def expire(self, fault: Fault | None, skew: int) -> None:
        """What has expired is removed: only what has ended, and files and record together in the end."""
        clock = self._skewed(skew)
        with self.faults.armed(fault):
            Expiry(self.store, MemoryDocuments(clock), self.files, clock, page=2).run()
        for job_id in [one for one in self.ids if self._find(one) is None]:
            last = self.seen.pop(job_id)
            assert last.status.terminal
            assert last.expires_at is not None
            assert last.expires_at <= self.clock()
            assert self.raw_files.delete_prefix(job_prefix(job_id)) == 0
            assert (self.raw.events(job_id), self.raw.units(job_id)) == ([], [])
            self.ids.remove(job_id)
            self.gone.append(job_id)

    @rule(seconds=st.sampled_from([1, 45, 90, 600, 3600, 100_000]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @precondition(lambda self: self.release == 1)
    @rule()
    def deploy(self) -> None:
        """A new release does not read the units of the one before."""
        self.release += 1

    # --- What must hold at every moment ------------------------------------------------------------

    @invariant()
    def what_follows_comes_with_the_completion(self) -> None:
        """An analysis has its output from the moment on that it is completed, and not before."""
        for job in [self._job(job_id) for job_id in self.ids]:
            if job.kind is Kind.OUTPUT or job.job_id in self.followed:
                continue
            follow_up = self._find(follow_up_id(job.job_id, "toy"))
            assert (follow_up is not None) == (job.status is Status.COMPLETED)
            if follow_up is not None:
                assert follow_up.params["source_job_id"] == job.job_id
                self.followed.append(job.job_id)
                self.ids.append(follow_up.job_id)

    @invariant()
    def records_only_move_on(self) -> None:
        for job_id in self.ids:
            now, before = self._job(job_id), self.seen.get(job_id)
            if before is not None:
                check_moved_on(before, now)
            self.seen[job_id] = now

    @invariant()
    def finished_units_are_not_done_again(self) -> None:
        assert not self.repeated
        assert not self.deaf, "a worker went on though it had seen that it was to stop"

    @invariant()
    def history_explains_the_record(self) -> None:
        for job in self._kept():
            check_history(job, self.raw.events(job.job_id, limit=10_000))
            units = len(self.raw.units(job.job_id))
            assert units == job.units_done or (self.release > 1 and units < job.units_done)

    @invariant()
    def results_are_whole_or_not_there(self) -> None:
        for job in self._kept():
            whole = {"toy": RESULT} if job.kind is Kind.OUTPUT else RESULT
            assert (job.status is Status.COMPLETED) == (job.result == whole) == bool(job.artifacts)
            assert (job.status is Status.FAILED) == (job.error is not None)
            assert all(self.raw_files.get(artifact.key) == b"11" for artifact in job.artifacts.values())
            assert job.status is not Status.COMPLETED or not job.cancel_requested

    def lists_show_what_is_so(self) -> None:
        jobs = [self._job(job_id) for job_id in self.ids]
        for activity in Activity:
            for kind in (Kind.ANALYSIS, Kind.OUTPUT):
                listed = set(self.raw.active(activity, kind, 10_000)) & set(self.ids)
                assert listed == {j.job_id for j in jobs if (j.activity, j.kind) == (activity, kind)}
        soon = self.clock() + timedelta(days=2)
        overdue = {j.job_id for j in jobs if j.activity and (due := states.due_at(j)) and due <= soon}
        assert set(self.raw.due(soon, 10_000)) & set(self.ids) >= overdue

    # --- The end -----------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._drain()
            self.what_follows_comes_with_the_completion()
            self.records_only_move_on()
            self.finished_units_are_not_done_again()
            self.history_explains_the_record()
            self.results_are_whole_or_not_there()
            self.lists_show_what_is_so()
            for job_id in self.ids:
                files = self.raw_files.delete_prefix(job_prefix(job_id))
                assert not files or self._job(job_id).status is not Status.CANCELLED, "a file was left"
        finally:
            logger.setLevel(self.level)

    def _drain(self) -> None:
        """Let the system recover: no more faults, and nobody leaves a job paused."""
        for _ in range(MAX_DRAIN):
            self.what_follows_comes_with_the_completion()
            active = [job for job_id in self.ids if not (job := self._job(job_id)).status.terminal]
            if not active and not self.mail.letters():
                return
            for job in active:
                if job.status is Status.PAUSED:
                    self._ask(job.job_id, "resume")
            self._reconciler().run()
            while (letter := self._visible(0)) is not None:
                self._hand_over(letter, None, None, 0)
            self.clock.advance(seconds=900)
        raise AssertionError(f"jobs that never end: {active}")
