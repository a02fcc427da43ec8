"""Analyses with text recognition."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from functions.analyze.ocr.port import Recogniser
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.fakes.reader import HeartReader
from tests.support.fakes.word_engine import WordEngine

TAXONOMY = Taxonomy(
    "words",
    "1",
    ("en",),
    Item("root", "root", Category.PRODUCT, children=(Item("line", "Line", Category.SEGMENT),)),
)


@dataclass
class ScanWorld:
    reader: Recogniser | None = field(default_factory=HeartReader)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    def submit(self, data: bytes, file_name: str = "policy.pdf", **params: Any) -> Job:
        stored = self.files.put("documents/d1/original", data, "application/octet-stream")
        document = {
            "document_id": "d1",
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": file_name,
            "media_type": "application/octet-stream",
            "engine": "words",
        }
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), document | params, utc_now(), utc_now())
        return self.jobs.create(states.submitted(job, "u1"))

    def invoke(self, job: Job, units: int = 10_000) -> Ending:
        """Do so many units of the job, as far as there are any."""
        tools = AnalysisDependencies(TAXONOMY, {"words": WordEngine()}, ocr=self.reader)
        workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
        runner = Runner(self.jobs, self.files, self.queue, workflows)
        left = iter([1000.0] * units)
        return runner.handle(JobMessage.about(job), partial(next, left, 0.0)).ending

    def now(self, job: Job) -> Job:
        found = self.jobs.get(job.job_id)
        assert found is not None
        return found

    def pages(self, job: Job) -> list[str]:
        artifact = self.now(job).artifacts["pages.json"]
        return [page["text"] for page in json.loads(self.files.get(artifact.key))]
