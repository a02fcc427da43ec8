"""Analyses from their submission on, with a word engine and every store in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import Clock, utc_now
from shared.documents.model import DocumentRecord, Extraction
from shared.files.port import Files
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Remaining, Runner, unlimited
from shared.jobs.workflow import MakeWorkflow
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.fakes.word_engine import WordEngine
from tests.support.memory.documents import MemoryDocuments

OWNER = Owner("directus", "u1")
LIMIT = Item("fire/glass/amount", "amount", Category.LIMIT)
WAR = Item("home/war", "war", Category.EXCLUSION)
GLASS = Item("fire/glass", "glass", Category.BENEFIT, children=(LIMIT,))
SMOKE = Item("fire/smoke", "smoke", Category.BENEFIT)
FIRE = Item("fire", "fire", Category.SEGMENT, children=(GLASS, SMOKE))
WATER = Item("water", "water", Category.SEGMENT)
HOME = Item("home", "home", Category.PRODUCT, children=(FIRE, WATER, WAR))
TAXONOMY = Taxonomy("home", "1", ("en",), HOME)
TEXT = (
    "# Your policy\n\nWe pay for fire and broken glass up to an amount of 500.\n\nWe pay nothing for war.\n"
)
POLICY = """# Fire

We pay for fire.

| Item | Amount |
|---|---|
| glass | 500 |
| smoke | 900 |

## War

We pay nothing for war.
"""


def stored_document(
    files: Files,
    data: bytes,
    file_name: str = "policy.md",
    media_type: str = "text/markdown",
    document_id: str = "d1",
) -> dict[str, Any]:
    """Store a document; return the parameters that an analysis of it has, with the word engine."""
    stored = files.put(f"documents/{document_id}/original", data, media_type)
    return {
        "document_id": document_id,
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": file_name,
        "media_type": media_type,
        "engine": "words",
    }


@dataclass
class AnalysisWorld:
    """Analyses without anything optional; a world with more of it overrides ``dependencies``."""

    engine: WordEngine = field(default_factory=WordEngine)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    def dependencies(self) -> AnalysisDependencies:
        return AnalysisDependencies(TAXONOMY, {"words": self.engine}, jobs=self.jobs)

    def runner(self, clock: Clock = utc_now) -> Runner:
        dependencies = self.dependencies()
        workflows: Mapping[Kind, MakeWorkflow] = {
            Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, dependencies)
        }
        return Runner(self.jobs, self.files, self.queue, workflows, clock=clock)

    def submit(self, text: str = TEXT, owner: str = "u1", **params: Any) -> Job:
        now = utc_now()
        pinned = stored_document(self.files, text.encode())
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", owner), pinned | params, now, now)
        return self.jobs.create(states.submitted(job, owner))

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        return self.runner().handle(JobMessage.about(job), remaining)

    def run(self, **params: Any) -> Job:
        outcome = self.deliver(self.submit(**params))
        assert outcome.job is not None
        return outcome.job

    def artifact(self, job: Job, name: str) -> Any:
        return json.loads(self.files.get(job.artifacts[name].key))


@dataclass
class PublishingWorld(AnalysisWorld):
    """Analyses that publish what they extract from the one document, which has a record."""

    documents: MemoryDocuments = field(init=False)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(jobs=self.jobs)
        self.documents.put(DocumentRecord("d1", OWNER, "policy.md", "text/markdown", utc_now()))

    def dependencies(self) -> AnalysisDependencies:
        return AnalysisDependencies(
            TAXONOMY, {"words": self.engine}, jobs=self.jobs, documents=self.documents
        )

    def deliver_until(self, job: Job, stage: str) -> Job:
        """Do the units of a job up to the end of a stage."""

        def remaining() -> float:
            return 0.0 if any(unit.stage == stage for unit in self.jobs.units(job.job_id)) else 1000.0

        assert self.deliver(job, remaining).ending is Ending.CONTINUED
        stored = self.jobs.get(job.job_id)
        assert stored is not None
        return stored

    @property
    def extraction(self) -> Extraction:
        """Return the latest extraction of the document."""
        document = self.documents.get("d1")
        assert document is not None
        assert document.latest_extraction is not None
        return document.latest_extraction

    def read(self, key: str) -> Any:
        return json.loads(self.files.get(key))

    def below(self, prefix: str) -> list[str]:
        keys = self.files.keys()
        return [key for key in keys if key.startswith(prefix)]


def result(job: Job) -> dict[str, Any]:
    """Return the result of a job that has completed."""
    assert job.result is not None, job.error
    return dict(job.result)
