"""Operators' tests: the application on a clock that tests move, and jobs in every state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.api.ports.dependencies import ApiDependencies
from functions.api.services.operators.audited import Operator
from shared.auth import Caller
from shared.errors import Problem
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind
from shared.jobs.queue import JobMessage
from tests.contracts.jobs import FakeClock, new_job, submit
from tests.support.api.client import ADMIN, Client, application, make_settings
from tests.support.fakes.operations import MemoryOperations
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.faults import Fault, no_fault
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyQueue

LEASE = timedelta(seconds=90)
ROOT = Caller("directus", "root", admin=True)


@dataclass
class OperatorsWorld:
    """An operator's desk: the application with everything behind it in memory."""

    fault: Fault = no_fault
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        # Looked up at each call, so that a test can exchange it.
        def fault(operation: str) -> None:
            self.fault(operation)

        self.jobs = FaultyJobs(self.clock, fault)
        self.queue = FaultyQueue(self.clock, fault)
        self.operations = MemoryOperations(self.queue, self.clock, fault)
        self.letters = self.operations.dead_letters
        self.audit = self.operations.audit
        self.dependencies = ApiDependencies(
            self.jobs,
            MemoryDocuments(self.clock, fault),
            FaultyFiles(fault),
            self.queue,
            operations=self.operations.ports(),
            clock=self.clock,
        )
        self.settings = make_settings()
        self.client = Client(application(self.dependencies, self.settings), ADMIN)

    def operator(self) -> Operator:
        """Return somebody who acts without the application around."""
        return Operator(self.dependencies, self.operations.ports(), self.settings, ROOT)

    def job(self, job_id: str) -> Job:
        """Return a job that has to be there."""
        job = self.jobs.get(job_id)
        assert job is not None
        return job

    def submitted(self, **fields: Any) -> Job:
        """Store a queued job."""
        return submit(self.jobs, new_job(self.clock, "alice", **fields))

    def running(self, lease: timedelta = LEASE, **fields: Any) -> Job:
        """Store a job that a worker has."""
        return self.then(self.submitted(**fields), lambda job: states.take(job, self.clock(), "w1", lease))

    def failed(self, **fields: Any) -> Job:
        """Store a job that has failed."""
        problem = Problem("worker-lost", "Worker lost", "Lost.")
        running = self.running(**fields)
        return self.then(running, lambda job: states.fail(job, job.fence, self.clock(), problem))

    def completed(self, **fields: Any) -> Job:
        """Store a job that has completed."""
        running = self.running(**fields)
        return self.then(running, lambda job: states.complete(job, job.fence, self.clock(), {}, {}))

    def then(self, job: Job, decide: Any) -> Job:
        """Apply a transition."""
        change: Change = decide(job)
        self.jobs.save(job, change)
        return change.job

    def letter(self, job: Job) -> str:
        """Bury the message of a job, and return its id."""
        return self.letters.put(job.kind, JobMessage.about(job).to_json())

    def poison(self, body: str = "not a message", kind: Kind = Kind.ANALYSIS) -> str:
        """Bury what is no message of ours."""
        return self.letters.put(kind, body)

    def sent(self) -> list[str]:
        """Return the jobs that messages name, in the order of sending."""
        return [message.job_id for _, message in self.queue.messages]

    def retries_of(self, job: Job) -> list[Job]:
        """Return the new jobs of one that was tried again."""
        return [other for other in self.jobs._jobs.values() if other.retry_of == job.job_id]
