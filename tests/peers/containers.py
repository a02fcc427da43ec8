"""Workers in containers: where they run, what a long job looks like, and jobs that no queue knows of."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from infra.local import containers
from infra.local.docker import engine
from infra.local.paths import CHECKOUT
from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.clock import utc_now
from shared.documents.model import DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from tests.support.paths import SAMPLES
from tests.support.stack.api import TERMINAL, wait

EVENTS = CHECKOUT / "tests" / "events"
CORPUS = CHECKOUT / "tests" / "corpus"
OWNER = "container-user"
# The job that the events of tests/events are about.
NO_JOB = "00000000-0000-7000-8000-000000000000"
WAIT_SECONDS = 180.0


@dataclass(frozen=True)
class ContainerStack:
    """A deployed stack whose workers are containers; ``api`` is one user's client of its gateway."""

    stack: LocalStack
    api: httpx.Client

    @cached_property
    def jobs(self) -> DynamoJobs:
        return DynamoJobs(self.stack.deployed.outputs["JobsTable"], self.stack.deployed.endpoint)

    @cached_property
    def documents(self) -> DynamoDocuments:
        return DynamoDocuments(self.stack.deployed.outputs["JobsTable"], self.stack.deployed.endpoint)

    @cached_property
    def files(self) -> S3Files:
        return S3Files(self.stack.deployed.outputs["DocumentsBucket"], self.stack.deployed.endpoint)

    def running(self, function: str) -> set[str]:
        """Return the containers of a function, by its logical name."""
        name = self.stack.deployed.outputs[f"{function}Name"]
        ids = containers.containers_of(self.stack.paths, name)
        return {one for one in ids if _state(one) == "running"}

    def unsent(self, kind: Kind, params: Mapping[str, Any], *, minutes_ago: int = 0) -> Job:
        """Store a job for which no message was sent."""
        at = utc_now() - timedelta(minutes=minutes_ago)
        job = Job(uuid7(), kind, Owner("directus", OWNER), dict(params), at, at)
        self.jobs.create(states.submitted(job, OWNER))
        return job

    def small_document(self) -> dict[str, str]:
        """Store a document and return what a job about it says."""
        data = (SAMPLES / "small.md").read_bytes()
        document_id = uuid7()
        stored = self.files.put(f"documents/{document_id}/original", data, "text/markdown")
        record = DocumentRecord(document_id, Owner("directus", OWNER), "small.md", "text/markdown", utc_now())
        self.documents.put(record)
        return {
            "document_id": document_id,
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": record.file_name,
            "media_type": record.media_type,
        }

    def reconcile(self) -> None:
        """Run the scheduled reconciliation now."""
        name = self.stack.deployed.outputs["ReconcileFunctionName"]
        answer = self.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def history(self, job_id: str) -> list[str]:
        """Return the types of a job's events, in their order."""
        return [event.type for event in self.jobs.events(job_id)]

    def status(self, job_id: str) -> dict[str, Any]:
        answer = self.api.get(f"/jobs/{job_id}/status")
        assert answer.status_code == httpx.codes.OK, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def stage(self, job_id: str) -> str:
        """Return the stage of the job's last finished unit."""
        job = self.jobs.get(job_id)
        return job.current_stage if job else ""

    def wait(self, job_id: str) -> dict[str, Any]:
        """Return the job's status once it has ended."""
        return wait(self.api, job_id)

    def wait_repaired(self, job_id: str) -> dict[str, Any]:
        """Return the job's status once it has ended, which reconciliations bring about."""

        def over() -> bool:
            self.reconcile()
            time.sleep(0.5)
            return self.status(job_id)["status"] in TERMINAL

        until(over, f"job {job_id} has not ended")
        return self.status(job_id)

    def objects(self, prefix: str) -> list[str]:
        """Return the keys of the stored objects below a prefix."""
        bucket = self.stack.deployed.outputs["DocumentsBucket"]
        listed = self.stack.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def long_document() -> bytes:
    """Return a text whose segments take seconds to find, in one unit."""
    text = (CORPUS / "larkspur-annual.md").read_text()
    return "\n\n".join([text] * 60).encode()


def signal(container: str, name: str) -> None:
    """Send a signal to a container and wait until it has ended."""
    engine.docker("kill", "--signal", name, container)
    until(lambda: _state(container) != "running", f"container {container} survives {name}")


def event_with(function: str, folder: Path, values: Mapping[str, str]) -> Path:
    """Return the file of an event of tests/events with these values in place of those that it names."""
    text = (EVENTS / f"{function}.json").read_text()
    for named, value in values.items():
        assert named in text
        text = text.replace(named, value)
    path = folder / f"{function}.json"
    path.write_text(text)
    return path


def _state(container: str) -> str:
    """Return the state of a container; nothing where there is none, as the emulator removes the dead ones."""
    return engine.docker("ps", "--all", "--filter", f"id={container}", "--format", "{{.State}}")
