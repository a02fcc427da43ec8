"""One world of its own within the emulator: table, bucket, queues, a Directus, and processes around them.

The functions' environments are those of the deployed stack; only the names of the things they work on
differ, so that neither the deployed functions nor another world interfere.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from functions.analyze.seeding.rows import Row, Rows
from infra.local import tokens
from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.clock import utc_now
from shared.directus.rows import PARENTS_FIRST
from shared.directus.taxonomy_rows import rows_of
from shared.jobs.model import Job, Kind
from shared.jobs.store import JobQuery
from shared.taxonomy.reader import load_taxonomy
from tests.chaos import processes
from tests.chaos.place import SHORT, Place, Times
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.fakes.taxonomy_rows import answered
from tests.support.paths import SAMPLES

SEGMENTS = ("luggage_travel_delay", "trip_cancellation_interruption")
SAMPLE = SAMPLES / "small.md"
FUNCTIONS = {"api": "ApiFunction", "analyze": "AnalyzeFunction", "cleanup": "CleanupFunction"}
PRODUCT = "p1"
SUBJECT = "00000000-0000-4000-8000-00000000c405"
SETTLE_SECONDS = 180.0
VICTIM_SECONDS = 120.0
_ERROR = 300
_BOUNDARY = "boundary-of-the-chaos-tests"


@dataclass(frozen=True, slots=True)
class Ground:
    """What all worlds of a run share: the stack and its functions' environments."""

    stack: LocalStack
    environments: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, stack: LocalStack) -> Ground:
        """Read the environments of a deployed stack."""
        return cls(stack, {role: stack.environment(name) for role, name in FUNCTIONS.items()})


class World(Place):
    """See the module; made by ``world``."""

    def __init__(self, ground: Ground, folder: Path, directus: DirectusServer, times: Times) -> None:
        super().__init__(ground.stack, times)
        self.ground = ground
        self.folder = folder
        self.directus = directus
        self.token = tokens.mint(ground.stack.secret, subject=SUBJECT, admin=True)
        self.running: list[BaseProcess] = []
        self.killed = 0
        self.settings = {
            "JOBS_TABLE": self.name,
            "DOCUMENTS_BUCKET": self.name,
            "ANALYSIS_QUEUE_URL": self.queues["analysis"],
            "CLEANUP_QUEUE_URL": self.queues["cleanup"],
            "NOTIFICATION_QUEUE_URL": self.announcements,
            "DIRECTUS_URL": directus.url,
            "DIRECTUS_TOKEN": TOKEN,
            "LEASE_SECONDS": str(times.lease),
            # What follows an analysis would mix its effects with those that are counted.
            "INDEXING": "false",
            "CHAOS_RESEND": str(times.resend),
            "CHAOS_LOG": str(folder / "log.txt"),
        }
        self.endpoint = ground.stack.deployed.endpoint
        self.jobs = DynamoJobs(self.name, self.endpoint)
        directus.users[self.token] = {PRODUCT}

    # --- Processes -------------------------------------------------------------------------------------

    def start(self, role: str, *arguments: Any, **faults: object) -> BaseProcess:
        """Start a process: ``analyze``, ``cleanup``, ``reconcile`` or ``api``; it ends with the world."""
        function = {"reconcile": "cleanup"}.get(role, role)
        chosen = {f"CHAOS_{name.upper()}": str(value) for name, value in faults.items()}
        environment = {**self.ground.environments[function], **self.settings, **chosen}
        process = processes.start(role, environment, *arguments)
        self.running.append(process)
        return process

    def finish(self, process: BaseProcess) -> int:
        """Wait until a process has ended, and return its exit code (-9 where it was killed)."""
        process.join(VICTIM_SECONDS)
        code = process.exitcode
        assert code is not None, f"a process has not ended:\n{self.log()}"
        self.running.remove(process)
        process.close()
        self.killed += code == -signal.SIGKILL
        return code

    def kill(self, process: BaseProcess) -> None:
        """Kill a process."""
        self.running.remove(process)
        processes.end(process)

    def freeze(self, role: str, at: int) -> BaseProcess:
        """Start a worker that stops, with all its threads, before an effect; return it once it has."""
        process = self.start(role, once=1, at=f"freeze:before:{at}")
        self.until_frozen(process)
        return process

    def until_frozen(self, process: BaseProcess) -> None:
        """Wait until a worker has stopped."""
        self.until(lambda: _state(process) == "T", "the worker is frozen")

    def thaw(self, process: BaseProcess) -> None:
        """Let a frozen worker go on to its end."""
        assert process.pid is not None
        os.kill(process.pid, signal.SIGCONT)
        assert self.finish(process) == 0, self.log()

    def run(self, role: str, *arguments: Any, **faults: object) -> int:
        """Run a process to its end, after one message or round unless told otherwise."""
        return self.finish(self.start(role, *arguments, **{"once": 1, **faults}))

    def request(self, method: str, path: str, body: bytes = b"", **options: Any) -> Mapping[str, Any] | None:
        """Send a request to the API's handler in a process of its own; None where that was killed."""
        headers = {"authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"path": path, "stage": "local", "identity": {"sourceIp": "127.0.0.1"}},
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }
        answer = self.folder / f"answer-{uuid.uuid4().hex}.json"
        self.run("api", event, str(answer), **options)
        if not answer.exists():
            return None
        content: dict[str, Any] = json.loads(answer.read_text())
        return content

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON with which the API answers a request that has to succeed."""
        headers = {"content-type": "application/json"} if body is not None else {}
        answer = self.request(
            method, path, json.dumps(body).encode() if body is not None else b"", headers=headers
        )
        assert answer is not None, self.log()
        assert answer["statusCode"] < _ERROR, answer["body"]
        return json.loads(answer["body"])

    def upload(self, key: str = "", **faults: object) -> Any:
        """Upload the sample for an analysis; return the answer's body, None where the API was killed."""
        parts = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{SAMPLE.name}"\r\n'
        body = parts.encode() + b"Content-Type: text/markdown\r\n\r\n" + SAMPLE.read_bytes()
        headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
        headers |= {"idempotency-key": key} if key else {}
        end = f"\r\n--{_BOUNDARY}--\r\n".encode()
        answer = self.request("POST", "/jobs/upload", body + end, headers=headers, **faults)
        if answer is None:
            return None
        assert answer["statusCode"] < _ERROR, answer["body"]
        return json.loads(answer["body"])

    # --- Jobs ------------------------------------------------------------------------------------------

    def submit_analysis(self, **params: Any) -> str:
        """Submit an analysis of the product, with seeding unless told otherwise; return the job's id."""
        asked = {"product_id": PRODUCT, "seed_directus": True, **params}
        return str(self.ask("POST", "/jobs/analysis", asked)["job_id"])

    def submit_cleanup(self, **params: Any) -> str:
        """Submit a cleanup that deletes what it is about; return the job's id."""
        return str(self.ask("POST", "/jobs/cleanup", {"delete_product": True, **params})["job_id"])

    def job(self, job_id: str) -> Job:
        """Return the record as it is stored."""
        job = self.jobs.get(job_id)
        assert job is not None, f"job {job_id} is lost"
        return job

    def every_job(self) -> list[Job]:
        """Return all jobs of this world, the newest first."""
        return list(self.jobs.list_jobs(JobQuery(owner=None, limit=1000)).jobs)

    def wait_for_lease(self, job_id: str) -> None:
        """Wait until the lease of a job has run out."""
        until = self.job(job_id).lease_until
        assert until is not None
        time.sleep(max(0.0, (until - utc_now()).total_seconds()))

    def recover(self, *job_ids: str, workers: int = 1, **faults: object) -> list[Job]:
        """Let fresh workers and the reconciler run until the jobs have ended and the queues are empty.

        A process that dies is replaced, as Lambda does.
        """
        kinds = {self.job(job_id).kind for job_id in job_ids}
        roles = [
            "reconcile",
            *["analyze" if kind is Kind.ANALYSIS else "cleanup" for kind in kinds] * workers,
        ]
        started = [(role, self.start(role, **faults)) for role in roles]

        def settled() -> bool:
            for position, (role, process) in enumerate(started):
                if not process.is_alive():
                    self.finish(process)
                    started[position] = (role, self.start(role, **faults))
            return all(self.job(job_id).status.terminal for job_id in job_ids) and self.drained()

        try:
            self.until(settled, "jobs have ended and queues are empty")
        finally:
            for _, process in started:
                self.kill(process)
        return [self.job(job_id) for job_id in job_ids]

    def until(self, done: Any, what: str) -> None:
        """Wait for a condition; fail with the processes' log where it takes too long."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not done():
            assert time.monotonic() < deadline, f"never happened: {what}\n{self.log()}"
            time.sleep(0.1)

    # --- What is there ---------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """Return the seeded rows in Directus, without the date that differs from run to run."""
        return {
            name: {
                row_id: {key: value for key, value in row.items() if key != "extraction_date"}
                for row_id, row in self.directus.tables[name].items()
            }
            for name in PARENTS_FIRST
        }

    def effects(self) -> int:
        """Return how many effects the process has had that traces them."""
        file = self.folder / "effects.txt"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def log(self) -> str:
        """Return the last lines of what the processes printed."""
        file = self.folder / "log.txt"
        return "\n".join(file.read_text().splitlines()[-30:]) if file.exists() else ""

    # --- Begin and end ---------------------------------------------------------------------------------

    def remove(self) -> None:
        """End every process, and take everything out of the emulator."""
        for process in self.running:
            processes.end(process)
        super().remove()


def _state(process: BaseProcess) -> str:
    """Return the letter with which the system tells what a process does: ``T`` where it is stopped."""
    assert process.is_alive()
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextmanager
def world(ground: Ground, times: Times = SHORT) -> Iterator[World]:
    """Make a world with a product whose document is the small sample, and remove it in the end."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, DirectusServer() as directus:
        furnish(directus)
        made = World(ground, Path(folder), directus, times)
        try:
            yield made
        finally:
            made.remove()


def furnish(directus: DirectusServer) -> None:
    """Give Directus the shipped taxonomy and a product with a document."""
    items, relationships = _taxonomy()
    directus.add("domain_context_model", {"id": "m1"})
    directus.add("taxonomy_items", *items)
    directus.add("taxonomy_item_relationships", *relationships)
    directus.files["f1"] = (SAMPLE.read_bytes(), "text/markdown")
    directus.file_names["f1"] = SAMPLE.name
    product = {"id": PRODUCT, "product_name": "Plus", "document_file": "f1", "domain_context_model": "m1"}
    directus.add("dcm_product", {**product, "document_reference": "AVB", "full_text_part": None})


@cache
def _taxonomy() -> tuple[list[Row], list[Row]]:
    """The part of the shipped taxonomy that the sample is about: reading all of it takes a while."""
    whole = load_taxonomy("travel-insurance")
    segments = tuple(item for item in whole.root.children if item.name in SEGMENTS)
    rows = rows_of(replace(whole, root=replace(whole.root, children=segments)), "m1")
    return answered(rows), rows.relationships
