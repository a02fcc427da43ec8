"""One product under its lease: what is there, what is written, and how it is taken back.

The lease's note names the file with the rows as they were before. It is set before the first write, and
empty or void once the rows are as they should be: void when the job that wrote the file has completed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from functions.analyze.seeding import cms
from functions.analyze.seeding.before import Before, from_json, noted, restoration, to_json
from functions.analyze.seeding.plan import Batch, Plan, apply, make_plan
from functions.analyze.seeding.rows import Row, Rows, no_rows
from shared.directus import Directus
from shared.directus.product_lock import ProductLock
from shared.errors import TransientError
from shared.files import keys
from shared.files.port import FileMissingError
from shared.jobs.model import Status
from shared.jobs.workflow import Run

ROUNDS = 3

# How often in a row Directus may hold something else than what was read, as after a batch whose answer
# was lost; without any change in between it is refused for good at once.
_TURNS = 20


@dataclass(frozen=True, slots=True)
class SeedingDependencies:
    """What seedings work with."""

    directus: Directus
    lock: ProductLock


class Session:
    """The product of a job as one execution of it sees it; making one takes the lease, ``open`` reads.

    Raises BusyError where another job holds the product, LeaseLostError where one has taken over, and what
    the client of Directus raises.
    """

    def __init__(self, dependencies: SeedingDependencies, run: Run) -> None:
        self._dependencies = dependencies
        self._run = run
        self._lease = dependencies.lock.take(run.job)
        self._before: Before = self._unfinished()
        self.product: Row = {}
        self.rows: Rows = no_rows()

    def open(self) -> None:
        """Read product and rows as they are now; raises ProductGoneError."""
        self.product, self.rows = cms.read(self._dependencies.directus, self._run.job.product_id)

    def plan(self, wanted: Rows) -> Plan:
        """Return what is left to write."""
        return make_plan(self.rows, wanted)

    def note(self, plan: Plan) -> None:
        """Note what the plan is about to change; to be called before its first batch is written."""
        before = noted(self.rows, plan, self._before)
        if before == self._before and self._lease.note:
            return
        key = self._run.key(keys.SEEDING_MANIFEST)
        self._run.files.put(key, to_json(before), "application/json")
        self._keep(note=key)
        self._before = before

    def step(self, wanted: Rows) -> Batch | None:
        """Write the next batch of what is left; return it, or None where nothing is."""
        plan = self.plan(wanted)
        for _ in range(_TURNS):
            try:
                return self._step(plan)
            except cms.MovedOnError as moved:
                before, plan, refusal = plan, self.refresh(wanted), moved.refusal
            if plan == before:
                break
        raise refusal

    def refresh(self, wanted: Rows) -> Plan:
        """Read the product again; return what is left to write, noted."""
        self._keep()
        self.open()
        plan = self.plan(wanted)
        if any(plan.counts().values()):
            self.note(plan)
        return plan

    def undo(self) -> None:
        """Bring back what is noted, and read it back; nothing where a later seeding has completed."""
        for _ in range(ROUNDS):
            batches = self._restoration().batches(self._dependencies.directus.cut)
            if not batches:
                self.close(note="")
                return
            with suppress(cms.MovedOnError):
                for batch in batches:
                    self._write(batch)
        raise TransientError(
            "undo-incomplete", "Rows that were seeded cannot be brought back to what they were in Directus."
        )

    def _restoration(self) -> Plan:
        """Return what is left to bring back: nothing of a product that is gone."""
        if not any(self._before.values()):
            return make_plan(no_rows(), no_rows())
        try:
            self.open()
        except cms.ProductGoneError:
            return make_plan(no_rows(), no_rows())
        return restoration(self.rows, self._before)

    def close(self, note: str | None = None) -> None:
        """Give the product back before the job has ended."""
        self._dependencies.lock.give_back(self._lease, note)

    def _step(self, plan: Plan) -> Batch | None:
        batches = plan.batches(self._dependencies.directus.cut)
        if not batches:
            return None
        self._write(batches[0])
        return batches[0]

    def _write(self, batch: Batch) -> None:
        self._keep()
        cms.write(self._dependencies.directus, batch)
        apply(self.rows, batch)

    def _keep(self, note: str | None = None) -> None:
        self._lease = self._dependencies.lock.keep(self._lease, note)

    def _unfinished(self) -> Before:
        """Return the notes of a seeding that has not ended as it should, this job's own among them."""
        key = self._lease.note
        if not key:
            return {}
        _, job_id, _ = key.split("/", 2)
        if self._dependencies.lock.status(job_id) is not Status.COMPLETED:
            with suppress(FileMissingError):
                return from_json(self._run.files.get(key))
        self._keep(note="")
        return {}
