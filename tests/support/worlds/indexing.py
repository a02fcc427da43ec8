"""Documents analysed and indexed on stores in memory, by the real workflows, and a search over them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from functions.analyze.outputs.workflow import OutputWorkflow
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from functions.analyze.search.index.workflow import IndexDependencies, IndexWorkflow
from functions.analyze.search.library import Library
from functions.analyze.search.search import Search
from functions.analyze.search.vectors import FileVectors, VectorStore
from shared.documents.model import DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.execution import Ending
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.outputs import INDEX, follow_up_id
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Outcome, Runner
from shared.jobs.workflow import MakeWorkflow
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.search.query import SearchAnswer, SearchQuestion
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.contracts.jobs import FakeClock
from tests.support.fakes.word_embeddings import WordEmbeddings
from tests.support.fakes.word_engine import WordEngine
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.search_index import MemorySearchIndex

ALICE, BOB = Owner("directus", "alice"), Owner("directus", "bob")
TAXONOMY = Taxonomy("home", "1", ("en",), Item("home", "home", Category.PRODUCT))
POLICY = """# Travel policy

## Luggage

We pay for stolen suitcases up to CHF 2000. The excess is CHF 200.

## Cancellation

We refund the price of the holiday if you fall ill before you leave.

## Dogs

Kennel costs are paid for ten days.
"""


@dataclass
class SearchWorld:
    """Where documents are analysed, indexed and searched."""

    clock: FakeClock = field(default_factory=FakeClock)
    embeddings: WordEmbeddings = field(default_factory=WordEmbeddings)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    most: int = 1000
    vectors: VectorStore | None = None

    def __post_init__(self) -> None:
        self.jobs = MemoryJobs(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.documents = MemoryDocuments(self.clock, jobs=self.jobs)
        self.shelf = MemorySearchIndex(self.clock)
        self.vectors = self.vectors or FileVectors(self.files)
        self.search = Search(self.embeddings, self.shelf, self.vectors, Library(self.files, self.most))

    def upload(self, text: str = POLICY, owner: Owner = ALICE, **fields: Any) -> DocumentRecord:
        document = DocumentRecord(uuid7(), owner, "policy.md", "text/markdown", self.clock(), **fields)
        self.files.put(document.key, text.encode(), "text/markdown")
        self.documents.put(document)
        return document

    def analyse(self, document: DocumentRecord, **params: Any) -> Job:
        """Submit an analysis and have it done; return its job."""
        data = self.files.get(document.key)
        pinned = {
            "document_id": document.document_id,
            "document_key": document.key,
            "document_version": "",
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": document.file_name,
            "media_type": document.media_type,
            "case_id": document.case_id,
            "engine": "words",
        }
        now = self.clock()
        job = Job(uuid7(), Kind.ANALYSIS, document.owner, pinned | params, now, now)
        self.jobs.create(states.submitted(job, "test"))
        assert self.deliver(job).ending is Ending.COMPLETED
        return self.job(job.job_id)

    def index_job(self, analysis: Job) -> Job:
        return self.job(follow_up_id(analysis.job_id, INDEX))

    def index(self, text: str = POLICY, owner: Owner = ALICE, **fields: Any) -> DocumentRecord:
        """Upload, analyse and index a document."""
        document = self.upload(text, owner, **fields)
        self.index_again(document)
        return document

    def index_again(self, document: DocumentRecord, **params: Any) -> Job:
        job = self.index_job(self.analyse(document, **params))
        assert self.deliver(job).ending is Ending.COMPLETED, self.job(job.job_id).error
        return self.job(job.job_id)

    def deliver(self, job: Job, remaining: Callable[[], float] | None = None) -> Outcome:
        tools = AnalysisDependencies(
            TAXONOMY, {"words": WordEngine()}, jobs=self.jobs, documents=self.documents
        )
        assert self.vectors is not None
        index = IndexDependencies(self.embeddings, self.shelf, self.vectors)
        outputs: dict[str, MakeWorkflow] = {INDEX: lambda run: IndexWorkflow(run, index)}
        workflows: dict[Kind, MakeWorkflow] = {
            Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools),
            Kind.OUTPUT: lambda run: OutputWorkflow(run, outputs),
        }
        runner = Runner(self.jobs, self.files, self.queue, workflows, clock=self.clock)
        message = JobMessage.about(job)
        return runner.handle(message, remaining) if remaining else runner.handle(message)

    def job(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        assert job is not None
        return job

    def ask(self, query: str, owner: Owner = ALICE, **scope: Any) -> SearchAnswer:
        return self.search.ask(SearchQuestion(owner, query, **scope))
