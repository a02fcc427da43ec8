"""Units of long and short documents, and what survives when each of them is an invocation of its own."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from functions.analyze.document.model import Document, Page
from functions.analyze.extract import Source, open_source
from functions.analyze.pipeline import reading
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Event, Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.fakes.long_documents import plain_pdf
from tests.support.fakes.word_engine import WordEngine

BENEFITS = tuple(Item(f"s{i}/b", "sum", Category.BENEFIT) for i in range(5))
SEGMENTS = tuple(
    Item(f"s{i}", word, Category.SEGMENT, children=(BENEFITS[i],))
    for i, word in enumerate(("sum", "insured", "for", "this", "risk"))
)
TAXONOMY = Taxonomy("words", "1", ("en",), Item("root", "root", Category.PRODUCT, children=SEGMENTS))


@dataclass
class Reader:
    """Counts how often each page is read, over all invocations."""

    read: Counter[int] = field(default_factory=Counter)
    opened: int = 0

    def open(self, *args: Any) -> Source:
        self.opened += 1
        return CountingSource(open_source(*args), self.read)


@dataclass
class CountingSource:
    source: Source
    read: Counter[int]

    @property
    def media_type(self) -> str:
        return self.source.media_type

    @media_type.setter
    def media_type(self, value: str) -> None:
        self.source.media_type = value

    @property
    def page_count(self) -> int:
        return self.source.page_count

    def pages(self, first: int, last: int) -> list[Page]:
        self.read.update(range(first, last + 1))
        return self.source.pages(first, last)

    def assemble(self, pages: Sequence[Page]) -> Document:
        return self.source.assemble(pages)

    def close(self) -> None:
        self.source.close()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(reading, "GuardedSource", reader.open)
    return reader


@dataclass
class World:
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    def submit(self, data: bytes, **params: Any) -> Job:
        stored = self.files.put("documents/d1/original", data, "application/pdf")
        document = {
            "document_id": "d1",
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": "policy.pdf",
            "media_type": "application/pdf",
            "engine": "words",
        }
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), document | params, utc_now(), utc_now())
        return self.jobs.create(states.submitted(job, "u1"))

    def invoke(self, job: Job, units: int) -> Ending:
        """Do so many units of the job, as far as there are any."""
        tools = AnalysisDependencies(TAXONOMY, {"words": WordEngine()})
        runner = Runner(
            self.jobs, self.files, self.queue, {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
        )
        left = iter([1000.0] * units)
        return runner.handle(JobMessage.about(job), partial(next, left, 0.0)).ending

    def run(self, job: Job, units: int) -> tuple[Job, int]:
        """Return the job once it has ended, and how many invocations that took."""
        invocations = 1
        while self.invoke(job, units) is Ending.CONTINUED:
            invocations += 1
        ended = self.jobs.get(job.job_id)
        assert ended is not None
        assert ended.status is Status.COMPLETED, ended.error
        return ended, invocations

    def progress(self, job: Job, stage: str) -> list[Event]:
        events = self.jobs.events(job.job_id, limit=1000)
        return [event for event in events if event.type == "progress" and event.stage == stage]


def pdf(pages: int) -> bytes:
    return plain_pdf(pages, "The sum insured for this risk.")


@pytest.mark.parametrize(
    ("pages", "counted"),
    [
        (1, [1]),
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),
        (41, [*range(3, 40, 3), 41]),
        (230, [*range(10, 231, 10)]),
    ],
)
def test_progress_counts_pages_however_many_a_unit_has(
    pages: int, counted: list[int], reader: Reader
) -> None:
    world = World()
    job, _ = world.run(world.submit(pdf(pages)), units=1000)
    events = world.progress(job, "extract")
    assert [event.current for event in events] == counted
    assert {event.total for event in events} == {pages}
    assert events[0].message == f"extract: {counted[0]} of {pages}"
    assert reader.read == Counter(range(1, pages + 1))
    assert job.result is not None
    assert job.result["pages"] == pages


@pytest.mark.parametrize("pages", [12, 120])
def test_one_unit_an_invocation_gives_the_same_as_all_in_one(pages: int, reader: Reader) -> None:
    data, options = pdf(pages), {"debug": True, "export": True}
    whole, cut = World(), World()
    at_once, once = whole.run(whole.submit(data, **options), units=1000)
    reader.read.clear()
    bit_by_bit, often = cut.run(cut.submit(data, **options), units=1)
    assert (once, often) == (1, bit_by_bit.units_done + 1)
    assert reader.read == Counter(range(1, pages + 1))
    # Counts, costs, warnings and every file, those for debugging among them.
    assert bit_by_bit.result == at_once.result
    assert set(bit_by_bit.artifacts) == set(at_once.artifacts)
    assert {"debug-extract.json", "debug-details.json", "export.json"} <= set(at_once.artifacts)
    for name, artifact in at_once.artifacts.items():
        again = json.loads(cut.files.get(bit_by_bit.artifacts[name].key))
        assert again == json.loads(whole.files.get(artifact.key)), name
    assert (bit_by_bit.attempt, bit_by_bit.stalled) == (1, 0)


def test_segments_of_a_long_document_are_units_of_their_own(reader: Reader) -> None:
    world = World()
    short, _ = world.run(world.submit(pdf(3)), units=1000)
    long, _ = world.run(world.submit(pdf(101)), units=1000)
    assert short.result is not None
    assert long.result is not None
    assert short.result["num_segments"] == long.result["num_segments"] == len(SEGMENTS)
    assert [len(world.progress(short, stage)) for stage in ("benefits", "details")] == [2, 3]
    assert [len(world.progress(long, stage)) for stage in ("benefits", "details")] == [5, 6]
    assert reader.opened == 2
