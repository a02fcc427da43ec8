"""A small world for seedings: stores in memory, a fake Directus, and jobs whose findings are given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.analyze.seeding.rows import Origin, Rows, build
from functions.analyze.seeding.session import SeedingDependencies
from functions.analyze.seeding.stage import Seeding
from functions.cleanup.reconcile.reconciler import Reconciler
from functions.cleanup.removal.seeded import DirectusRows
from functions.cleanup.removal.workflow import CleanupDependencies, CleanupWorkflow
from shared.directus import Directus, RetryPolicy
from shared.directus.errors import error_of_response
from shared.directus.product_lock import ProductLock
from shared.directus.rows import PARENTS_FIRST
from shared.findings.model import Details, Evidence, Finding, ResultTree
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import ExecutionLimits, Outcome, Remaining, Runner, unlimited
from shared.jobs.store import edit
from shared.jobs.workflow import Run, Workflow
from tests.contracts.jobs import LEASE, FakeClock
from tests.support.fakes.directus_answers import TOKEN, RefusedError, answer
from tests.support.fakes.directus_server import DirectusServer
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyQueue
from tests.support.memory.leases import MemoryLeases

PRODUCT = "p1"
BY = Owner("directus", "seeder")


def finding(
    name: str, value: float | None = None, unit: str = "", *, scope: str = "", **more: Any
) -> Finding:
    """Return a finding with a line of evidence; its taxonomy item has the name as id."""
    proof = Evidence(1, f"We grant {name}.", 0, len(name) + 10)
    return Finding(name, 0.9, (proof,), item_id=f"r-{name}", value=value, unit=unit, scope=scope, **more)


def small_tree(*limits: float, segment: str = "luggage") -> ResultTree:
    """A segment with one benefit that has these limits, and an exclusion of the product."""
    amounts = tuple(finding("amount", value, "CHF") for value in limits)
    benefit = finding("loss", 100, "CHF", limits=amounts, conditions=(finding("report"),))
    return ResultTree((finding(segment, benefits=(benefit,)),), Details(exclusions=(finding("war"),)))


@dataclass(slots=True)
class _Given:
    """The workflow of an analysis whose findings are known: its seeding alone."""

    revision = 1
    run: Run
    means: SeedingDependencies | None
    tree: ResultTree
    seeding: Seeding = field(init=False)

    def __post_init__(self) -> None:
        self.seeding = Seeding(self.run, self.means, lambda: self.tree)

    @property
    def stages(self) -> Any:
        return self.seeding.stages

    def finish(self) -> Mapping[str, Any]:
        result = self.seeding.result()
        if result.file is not None:
            self.run.put_artifact("seeding.json", json.dumps(result.file).encode(), "application/json")
        return {**result.fields, "warnings": list(result.warnings)}

    def undo(self) -> None:
        self.seeding.undo()


class InProcess(Directus):
    """A client that calls the fake without a network; ``fault`` is called before and after each request."""

    def __init__(self, server: DirectusServer, fault: Callable[[str], None] = lambda _: None) -> None:
        super().__init__("http://directus.invalid", TOKEN, policy=RetryPolicy(attempts=1), batch_size=2)
        self.server = server
        self.fault = fault

    def _send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> bytes:
        self.fault("directus.request")
        query = {name: [value] for name, value in (params or {}).items()}
        try:
            _, content, _ = answer(self.server, method, path, query, json.dumps(body).encode())
        except RefusedError as error:
            raise error_of_response(
                f"{method} {path}", error.status, {}, json.dumps(error.body).encode()
            ) from error
        finally:
            self.server.requests.append((method, path))
            self.fault("directus.answer")
        return content


@dataclass(slots=True)
class SeedingWorld:
    """Everything a seeding touches; time stands still unless a test moves it."""

    server: DirectusServer
    directus: Directus
    clock: FakeClock = field(default_factory=FakeClock)
    fault: Callable[[str], None] = lambda _operation: None
    trees: dict[str, ResultTree] = field(default_factory=dict)
    store: FaultyJobs = field(init=False)
    files: FaultyFiles = field(init=False)
    queue: FaultyQueue = field(init=False)
    leases: MemoryLeases = field(init=False)

    def __post_init__(self) -> None:
        self.store = FaultyJobs(self.clock, self._fault)
        self.files = FaultyFiles(self._fault)
        self.queue = FaultyQueue(self.clock, self._fault)
        self.leases = MemoryLeases(self.clock, self._fault)
        self.server.add("dcm_product", {"id": PRODUCT, "product_name": "Plus", "document_reference": "AVB"})

    def submit(self, tree: ResultTree, **params: Any) -> Job:
        """Accept an analysis with these findings; it seeds unless told otherwise."""
        self.know(tree)
        asked = {"product_id": PRODUCT, "seed_directus": True, **params}
        now = self.clock()
        job = Job(uuid7(), Kind.ANALYSIS, BY, asked, now, now, max_attempts=1000)
        self.trees[job.job_id] = tree
        return self.store.create(states.submitted(job, BY.key))

    def submit_cleanup(self, **params: Any) -> Job:
        now = self.clock()
        asked = {"product_id": PRODUCT, "as_admin": True, **params}
        job = Job(uuid7(), Kind.CLEANUP, BY, asked, now, now, max_attempts=1000)
        return self.store.create(states.submitted(job, BY.key))

    def know(self, tree: ResultTree) -> None:
        """Give Directus the relationships that the findings name."""
        rows = build(tree, Origin(PRODUCT, "", "")).rows
        for row in (row for table in rows.values() for row in table.values()):
            self.server.add("taxonomy_item_relationships", {"id": row["taxonomy_item_relationship"]})

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        return self.runner().handle(JobMessage(job.job_id, job.kind), remaining)

    def run(self, tree: ResultTree, **params: Any) -> Job:
        """Submit an analysis and execute it to its end."""
        return self.drain(self.submit(tree, **params))

    def drain(self, job: Job) -> Job:
        """Deliver until the job has ended; the clock jumps over every wait."""
        for _ in range(200):
            stored = self.job(job)
            if stored.status.terminal:
                return stored
            self.deliver(job)
            self.clock.advance(seconds=61)
        raise AssertionError(f"{stored.status}: {stored.message}")

    def job(self, job: Job) -> Job:
        return self.store._jobs[job.job_id]

    def ask(self, what: str, job: Job) -> None:
        request: Callable[..., Change] = getattr(states, f"request_{what}")
        edit(self.store, job.job_id, lambda j: request(j, self.clock(), "alice"))

    def runner(self) -> Runner:
        kinds = {Kind.ANALYSIS: self._analysis, Kind.CLEANUP: self._cleanup}
        limits = ExecutionLimits(LEASE, timedelta(seconds=20))
        return Runner(self.store, self.files, self.queue, kinds, limits=limits, clock=self.clock)

    def reconciler(self) -> Reconciler:
        return Reconciler(self.store, self.queue, self.clock)

    def rows(self) -> Rows:
        """Return copies of all seeded rows."""
        return {
            name: {row_id: dict(row) for row_id, row in self.server.tables[name].items()}
            for name in PARENTS_FIRST
        }

    def wanted(self, job: Job) -> Rows:
        """Return the rows that a job's findings become."""
        origin = Origin(PRODUCT, "AVB", "")
        return build(self.trees[job.job_id], origin).rows

    @property
    def lock(self) -> ProductLock:
        return ProductLock(self.leases, self.store, "http://directus.invalid", self.clock)

    def _analysis(self, run: Run) -> Workflow:
        return _Given(run, SeedingDependencies(self.directus, self.lock), self.trees[run.job.job_id])

    def _cleanup(self, run: Run) -> Workflow:
        ports = CleanupDependencies(self.store, MemoryDocuments(), DirectusRows(self.directus), self.lock)
        return CleanupWorkflow(run, ports)

    def _fault(self, operation: str) -> None:
        self.fault(operation)


def without_dates(rows: Rows) -> Rows:
    """Return the rows without the extraction date, which stays where nothing else changed."""
    return {
        name: {
            row_id: {key: value for key, value in row.items() if key != "extraction_date"}
            for row_id, row in table.items()
        }
        for name, table in rows.items()
    }


def orphans(rows: Rows) -> list[str]:
    """Return the ids of rows whose parents are not there."""
    return [
        row["id"]
        for table in rows.values()
        for row in table.values()
        for parent in PARENTS_FIRST
        if row.get(parent) is not None and row[parent] not in rows[parent]
    ]
