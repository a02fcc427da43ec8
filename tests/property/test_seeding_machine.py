"""Seedings and cleanups of one product under everything that can happen to them, in any order.

Processes die between any two outside effects and before or after any request, jobs are paused, resumed and
cancelled, leases run out, people validate rows. Whenever a seeding completes, the product is as its
findings say; in the end it is as the job that completed last left it, or as before where none did.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.analyze.seeding.plan import product_rows
from functions.analyze.seeding.rows import Rows, no_rows
from shared.errors import TransientError
from shared.jobs.model import Job, Kind, Status
from shared.jobs.runner import Remaining, unlimited
from shared.jobs.states import RefusedError
from shared.observability import logger
from tests.support.fakes.directus_server import DirectusServer
from tests.support.worlds.seeding import InProcess, SeedingWorld, orphans, small_tree, without_dates

TREES = [
    small_tree(500),
    small_tree(500, 800),
    small_tree(700),
    small_tree(1, 2, 3, segment="health"),
]
PICK = st.integers(0, 10_000)
FAULTS = st.none() | st.tuples(st.sampled_from(["crash", "crash", "error"]), st.integers(0, 40))
MAX_DRAIN = 400


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


class SeedingMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.level = logger.log_level
        logger.setLevel(logging.CRITICAL)
        self.countdown = -1
        self.error: BaseException = CrashError()
        server = DirectusServer()
        self.world = SeedingWorld(server, InProcess(server, self._count), fault=self._count)
        self.jobs: list[Job] = []
        self.ended: set[str] = set()
        self.settled: Rows | None = no_rows()
        self.validated: dict[tuple[str, str], dict[str, Any]] = {}

    # --- What people do ----------------------------------------------------------------------------

    @rule(tree=st.integers(0, len(TREES) - 1))
    def seed(self, tree: int) -> None:
        self.jobs.append(self.world.submit(TREES[tree]))
        self.world.clock.advance(seconds=1)

    @rule()
    def clean(self) -> None:
        self.jobs.append(self.world.submit_cleanup())

    @precondition(lambda self: self.jobs)
    @rule(pick=PICK, what=st.sampled_from(["pause", "resume", "cancel"]))
    def ask(self, pick: int, what: str) -> None:
        self._ask(self._pick(pick), what)

    @rule(pick=PICK)
    def validate(self, pick: int) -> None:
        """A human looks at a row, changes it and says that it is right."""
        rows = [(name, row) for name, table in self.world.rows().items() for row in table.values()]
        if rows:
            name, row = rows[pick % len(rows)]
            stored = self.world.server.tables[name][row["id"]]
            stored.update(validated_by_human=True, description="seen")
            self.validated[name, row["id"]] = dict(stored)

    # --- What happens to workers ---------------------------------------------------------------------

    @precondition(lambda self: self.jobs)
    @rule(pick=PICK, fault=FAULTS, units=st.none() | st.integers(1, 9))
    def deliver(self, pick: int, fault: tuple[str, int] | None, units: int | None) -> None:
        self._deliver(self._pick(pick), fault, _remaining(units))

    @precondition(lambda self: len(self.jobs) > 1)
    @rule(
        pick=PICK,
        at=st.integers(0, 40),
        jump=st.sampled_from([0, 95, 1000]),
        other=PICK,
        units=st.none() | st.integers(1, 9),
    )
    def deliver_while_another_sleeps(
        self, pick: int, at: int, jump: int, other: int, units: int | None
    ) -> None:
        """A worker sleeps, perhaps past its job's lease or its product's, while somebody else is at work."""
        second = self._pick(other)

        def meanwhile() -> None:
            self.world.clock.advance(seconds=jump)
            self._deliver(second, None, _remaining(units))

        self.meanwhile: Callable[[], None] | None = meanwhile
        self._deliver(self._pick(pick), ("sleep", at), unlimited)

    @rule(seconds=st.sampled_from([30, 91, 600, 1000]))
    def pass_time(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)

    # --- What must hold at every moment ------------------------------------------------------------

    @invariant()
    def nothing_is_an_orphan(self) -> None:
        assert orphans(self.world.rows()) == []

    @invariant()
    def validated_rows_stay_as_they_are(self) -> None:
        rows = self.world.rows()
        for (name, row_id), row in self.validated.items():
            assert rows[name].get(row_id) == row

    # --- The end -----------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._drain()
            if self.settled is not None:
                self._is_as(self.settled)
        finally:
            logger.setLevel(self.level)

    def _drain(self) -> None:
        for _ in range(MAX_DRAIN):
            active = [job for job in self.jobs if not self.world.job(job).status.terminal]
            if not active:
                return
            for job in active:
                self._ask(job, "resume")
                self._deliver(job, None, unlimited)
                self.nothing_is_an_orphan()
                self.validated_rows_stay_as_they_are()
            self.world.clock.advance(seconds=61)
        raise AssertionError(f"jobs that never end: {[self.world.job(job) for job in active]}")

    def _deliver(self, job: Job, fault: tuple[str, int] | None, remaining: Remaining) -> None:
        self.kind, self.countdown = fault or ("", -1)
        try:
            self.world.deliver(job, remaining)
        except (CrashError, TransientError):
            pass
        finally:
            self.countdown = -1
        self._look()

    def _look(self) -> None:
        """See what has ended, and what the product has to be like now."""
        for job in self.jobs:
            now = self.world.job(job)
            if not now.status.terminal or job.job_id in self.ended:
                continue
            self.ended.add(job.job_id)
            assert now.status is not Status.FAILED, now.error
            if now.status is Status.CANCELLED:
                # What a cancelled cleanup removed stays removed: what is there is known to nobody.
                self.settled = self.settled if job.kind is Kind.ANALYSIS else None
                continue
            self.settled = self.world.wanted(job) if job.kind is Kind.ANALYSIS else no_rows()
            assert (now.result or {})["success" if job.kind is Kind.CLEANUP else "seeding_success"] is True
            self._is_as(self.settled)

    def _is_as(self, wanted: Rows) -> None:
        """Compare the product with what it has to be, apart from what is validated or an ancestor of that."""
        rows, expected = without_dates(self.world.rows()), without_dates(wanted)
        protected = product_rows(rows).protected()
        for name, table in rows.items():
            assert expected[name].keys() <= table.keys(), f"{name}: rows are missing"
            for row_id, row in table.items():
                if (name, row_id) in protected and row_id not in expected[name]:
                    continue
                assert row_id in expected[name], f"{name}: a row too many"
                assert row["validated_by_human"] or row == expected[name][row_id]

    def _pick(self, pick: int) -> Job:
        """Return a job, one that has not ended where there is one."""
        active = [job for job in self.jobs if not self.world.job(job).status.terminal]
        return (active or self.jobs)[pick % len(active or self.jobs)]

    def _ask(self, job: Job, what: str) -> None:
        try:
            self.world.ask(what, job)
        except RefusedError:
            return

    def _count(self, _operation: str) -> None:
        """Let the worker die, fail or sleep at one of the operations of stores and Directus."""
        if self.countdown < 0:
            return
        self.countdown -= 1
        if self.countdown >= 0:
            return
        if self.kind == "sleep":
            assert self.meanwhile is not None
            self.meanwhile()
        else:
            raise CrashError if self.kind == "crash" else TransientError("unavailable", "No answer.")


def _remaining(units: int | None) -> Remaining:
    """Return the remaining time of an invocation that has enough for some units."""
    if units is None:
        return unlimited
    left = iter([100.0] * units)
    return lambda: next(left, 0.0)


TestSeedings = SeedingMachine.TestCase
TestSeedings.settings = settings(
    max_examples=80,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
