"""A small world for cleanup jobs: stores in memory, a runner, and Directus where a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.cleanup.reconcile.overdue import NotificationResender
from functions.cleanup.reconcile.reconciler import Reconciler
from functions.cleanup.removal.expiry import Expiry
from functions.cleanup.removal.seeded import SeededRows
from functions.cleanup.removal.workflow import CleanupDependencies, CleanupWorkflow
from shared.documents.model import DocumentRecord
from shared.errors import Problem
from shared.files.keys import job_prefix
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Artifact, Change, Job, Kind, Owner, Status, Unit
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Outcome, Remaining, Runner, unlimited
from shared.jobs.store import edit
from tests.support.fakes.directus_server import DirectusServer
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyNotificationQueue, FaultyQueue
from tests.support.memory.notifications import MemoryNotifications

ALICE = Owner("directus", "alice")
BOB = Owner("directus", "bob")
LEASE = timedelta(seconds=90)
RETENTION = timedelta(days=90)


@dataclass(slots=True)
class CleanupWorld:
    """Everything a cleanup touches. ``now`` moves only when a test moves it."""

    seeded: SeededRows | None = None
    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)
    store: FaultyJobs = field(init=False)
    documents: MemoryDocuments = field(init=False)
    queue: FaultyQueue = field(init=False)
    files: FaultyFiles = field(default_factory=FaultyFiles)

    def __post_init__(self) -> None:
        self.store = FaultyJobs(self.clock)
        self.documents = MemoryDocuments(self.clock)
        self.queue = FaultyQueue(self.clock)

    def clock(self) -> datetime:
        return self.now

    def submit(self, kind: Kind, owner: Owner = ALICE, **params: Any) -> Job:
        job = Job(uuid7(), kind, owner, params, self.now, self.now, expires_at=self.now + RETENTION)
        return self.store.create(states.submitted(job, owner.key))

    def analysed(self, owner: Owner = ALICE, *, files: int = 3, **params: Any) -> Job:
        """A finished analysis with one unit's output, one artifact, and files nobody names."""
        job = self.submit(Kind.ANALYSIS, owner, **params)
        keys = [f"{job_prefix(job.job_id)}1/{name}" for name in ("units/0", "artifacts/export.json")]
        keys += [f"{job_prefix(job.job_id)}0/orphan-{i}" for i in range(files - 2)]
        for key in keys:
            self.files.put(key, b"{}", "application/json")
        self.change(job, lambda j: states.take(j, self.now, "worker", LEASE))
        unit = Unit("extract", 0, keys[0], 1)
        edit(self.store, job.job_id, self._advanced, unit)
        artifact = Artifact(keys[1], "application/json", 2, "00")
        return self.change(job, lambda j: states.complete(j, 1, self.now, {}, {"export.json": artifact}))

    def uploaded(self, document_id: str, owner: Owner = ALICE) -> DocumentRecord:
        document = DocumentRecord(
            document_id, owner, "policy.pdf", "application/pdf", self.now, expires_at=self.now + RETENTION
        )
        self.documents.put(document)
        self.files.put(document.key, b"%PDF", "application/pdf")
        return document

    def change(self, job: Job, decide: Callable[[Job], Change]) -> Job:
        return edit(self.store, job.job_id, decide)

    def failed(self, job: Job) -> Job:
        self.change(job, lambda j: states.take(j, self.now, "worker", LEASE))
        return self.change(job, lambda j: states.fail(j, 1, self.now, Problem("x", "X", "x")))

    def reconciler(self) -> Reconciler:
        return Reconciler(self.store, self.queue, self.clock, page=3)

    def expiry(self) -> Expiry:
        return Expiry(self.store, self.documents, self.files, self.clock, page=3)

    def overdue(self) -> NotificationResender:
        return NotificationResender(
            MemoryNotifications(self.store), FaultyNotificationQueue(self.clock), self.clock
        )

    def runner(self) -> Runner:
        ports = CleanupDependencies(self.store, self.documents, self.seeded)
        workflows = {Kind.CLEANUP: lambda run: CleanupWorkflow(run, ports)}
        return Runner(self.store, self.files, self.queue, workflows, clock=self.clock)

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        return self.runner().handle(JobMessage(job.job_id, job.kind), remaining)

    def cleaned(self, owner: Owner = ALICE, **params: Any) -> Job:
        """Submit a cleanup and execute it once."""
        outcome = self.deliver(self.submit(Kind.CLEANUP, owner, **params))
        assert outcome.job is not None
        return outcome.job

    def result(self, owner: Owner = ALICE, **params: Any) -> Mapping[str, Any]:
        job = self.cleaned(owner, **params)
        assert job.status is Status.COMPLETED, (job.error, job.message)
        assert job.result is not None
        return job.result

    def problem(self, owner: Owner = ALICE, **params: Any) -> str:
        job = self.cleaned(owner, **params)
        assert job.status is Status.FAILED
        assert job.error is not None
        return str(job.error["type"]).rpartition(":")[2]

    def files_of(self, job: Job) -> list[str]:
        return [key for key in self.files.keys() if key.startswith(job_prefix(job.job_id))]  # noqa: SIM118

    def _advanced(self, job: Job) -> Change:
        return states.advance(job, 1, self.now, LEASE, stage="extract", percent=50, current=1, total=1)


def seed(server: DirectusServer, product_id: str = "p1", limits: int = 2) -> None:
    """A product with two segments, three benefits, limits, a condition and an exclusion."""
    server.add("dcm_product", {"id": product_id, "product_name": "Plus"})
    p = product_id
    server.add(
        "insurance_dcm_segment",
        *({"id": f"{p}-s{i}", "dcm_product": p, "validated_by_human": False} for i in (1, 2)),
    )
    server.add(
        "insurance_dcm_benefit",
        {"id": f"{p}-b1", "insurance_dcm_segment": f"{p}-s1"},
        {"id": f"{p}-b2", "insurance_dcm_segment": f"{p}-s1"},
        {"id": f"{p}-b3", "insurance_dcm_segment": f"{p}-s2"},
    )
    below = {"dcm_product": p, "insurance_dcm_segment": f"{p}-s1", "insurance_dcm_benefit": f"{p}-b1"}
    server.add("insurance_dcm_limit", *({"id": f"{p}-l{i}", **below} for i in range(limits)))
    # Rows that hang on the product only through their parents are found as well.
    server.add("insurance_dcm_condition", {"id": f"{p}-c1", "insurance_dcm_benefit": f"{p}-b3"})
    server.add("insurance_dcm_exclusion", {"id": f"{p}-e1", "insurance_dcm_segment": f"{p}-s2"})


def everything(server: DirectusServer) -> dict[str, list[str]]:
    return {name: server.ids(name) for name in server.tables if server.tables[name]}


def run(world: CleanupWorld, **expected: int) -> None:
    """Run once; every count that is not expected is zero."""
    removed = world.expiry().run().to_dict()
    assert removed == {**dict.fromkeys(removed, 0), **expected}


def nothing_left(world: CleanupWorld) -> bool:
    store = world.store
    return not (store._jobs or store._events or store._units or world.files.keys())
