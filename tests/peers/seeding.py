"""Jobs about one product of a real Directus, with everything else in memory."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from functions.analyze.seeding.rows import Rows
from functions.analyze.seeding.session import SeedingDependencies
from functions.cleanup.removal.seeded import DirectusRows
from functions.cleanup.removal.workflow import CleanupDependencies, CleanupWorkflow
from infra.directus.ids import model_id
from shared.clock import Clock, utc_now
from shared.directus import Directus, RetryPolicy
from shared.directus.product_lock import ProductLock
from shared.directus.rows import BENEFITS, PARENTS_FIRST, SEGMENTS
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Outcome, Remaining, Runner, unlimited
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.reader import load_taxonomy
from tests.peers.directus import DirectusServer
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.leases import MemoryLeases
from tests.support.paths import SAMPLES

SAMPLE = (SAMPLES / "small.md").read_text()
BY = Owner("directus", "seeder")
# What an analysis asks Directus for an attached file: product, taxonomy, the file's record and its bytes.
REQUESTS_OF_ANALYSIS = 4


@dataclass(slots=True)
class Later:
    """A clock that is ahead of the real one."""

    by: timedelta = timedelta()

    def __call__(self) -> Any:
        return utc_now() + self.by


@dataclass
class Bench:
    """Jobs about one product of the real Directus; everything else is in memory.

    ``before_request`` is called with the number of each request of ours, from 1; ``seconds`` has the time
    that each took to be answered.
    """

    server: DirectusServer
    product: str
    clock: Later = field(default_factory=Later)
    requests: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    before_request: Callable[[int], None] = lambda _number: None

    def __post_init__(self) -> None:
        clock: Clock = self.clock
        self.store, self.files = MemoryJobs(clock), MemoryFiles()
        self.lock = ProductLock(MemoryLeases(clock), self.store, self.server.url, clock)

    @cached_property
    def directus(self) -> Directus:
        client = self.server.client(policy=RetryPolicy(attempts=1))
        client._http.event_hooks = {"request": [self._count], "response": [self._time]}
        return client

    def submit(self, kind: Kind = Kind.ANALYSIS, **params: Any) -> Job:
        asked = {"product_id": self.product, "seed_directus": True, "as_admin": True, **params}
        now = self.clock()
        job = Job(uuid7(), kind, BY, asked, now, now, max_attempts=50)
        return self.store.create(states.submitted(job, BY.key))

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        tools = AnalysisDependencies(
            load_taxonomy("travel-insurance"),
            {RulesEngine.name: RulesEngine()},
            self.directus,
            SeedingDependencies(self.directus, self.lock),
        )
        ports = CleanupDependencies(self.store, MemoryDocuments(), DirectusRows(self.directus), self.lock)
        kinds: dict[Kind, Any] = {
            Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools),
            Kind.CLEANUP: lambda run: CleanupWorkflow(run, ports),
        }
        runner = Runner(self.store, self.files, MemoryQueue(), kinds, clock=self.clock)
        return runner.handle(JobMessage(job.job_id, job.kind), remaining)

    def drain(self, job: Job) -> Job:
        """Deliver until the job has ended; the clock jumps over every wait."""
        for _ in range(40):
            outcome = self.deliver(job)
            if outcome.job is not None and outcome.job.status.terminal:
                return outcome.job
            self.clock.by += timedelta(minutes=11)
        raise AssertionError("the job does not end")

    def seeded(self, **params: Any) -> dict[str, Any]:
        """Return the result of a seeding that has gone well."""
        job = self.drain(self.submit(**params))
        assert job.status is Status.COMPLETED, job.error
        assert job.result is not None
        assert job.result["seeding_success"] is True
        return dict(job.result)

    def rows(self) -> Rows:
        """Return the product's rows by a way of its own."""
        of_product = {"dcm_product": {"_eq": self.product}}
        where = {BENEFITS: {SEGMENTS: of_product}}
        return {
            name: {row["id"]: row for row in self.server.rows(name, where.get(name, of_product))}
            for name in PARENTS_FIRST
        }

    def write_text(self, text: str) -> None:
        self.server.rest.patch(f"/items/dcm_product/{self.product}", {"full_text_part": text})

    def attach(self, path: Path) -> None:
        file_id = str(uuid.uuid4())
        self.server.rest.upload({"id": file_id}, path.name, path.read_bytes(), "application/pdf")
        product = {"full_text_part": None, "document_file": file_id}
        self.server.rest.patch(f"/items/dcm_product/{self.product}", product)

    def _count(self, request: Any) -> None:
        self.requests.append(f"{request.method} {request.url.path}")
        self._began = time.perf_counter()
        self.before_request(len(self.requests))

    def _time(self, response: Any) -> None:
        response.read()
        self.seconds.append(time.perf_counter() - self._began)


def make_bench(server: DirectusServer) -> Bench:
    """Return a bench for a new product, whose text is the small sample."""
    model = model_id("travel-insurance")
    fields = {"full_text_part": SAMPLE, "domain_context_model": model, "document_reference": "AVB 2026"}
    return Bench(server, server.add_product(**fields))


def ids(rows: Rows) -> set[tuple[str, str]]:
    return {(name, row_id) for name, table in rows.items() for row_id in table}
