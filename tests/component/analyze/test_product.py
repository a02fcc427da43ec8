"""The analysis of a product that Directus holds: its text, or its attached file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.directus import Directus
from shared.directus.taxonomy_rows import rows_of
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.fakes.taxonomy_rows import answered
from tests.support.fakes.word_engine import WordEngine
from tests.support.paths import SAMPLES
from tests.support.worlds.products import OF_UPLOADS, TEXT, TRAVEL

POLICY = SAMPLES / "helvora-en.pdf"


@dataclass
class Shop:
    server: DirectusServer
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)

    def analyse(self, **product: Any) -> Job:
        """Analyse a product with these fields; none of them is a product that does not exist."""
        if product:
            self.server.tables["dcm_product"]["p1"] = {"id": "p1", "domain_context_model": "m1", **product}
        outcome = self.deliver(self.submit())
        assert outcome.job is not None
        return outcome.job

    def submit(self) -> Job:
        now = utc_now()
        params = {"product_id": "p1", "engine": "words", "export": True}
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), params, now, now)
        return self.jobs.create(states.submitted(job, "u1"))

    def deliver(self, job: Job, remaining: Callable[[], float] = lambda: math.inf) -> Outcome:
        with closing(Directus(self.server.url, TOKEN)) as directus:
            tools = AnalysisDependencies(OF_UPLOADS, {"words": WordEngine()}, directus)
            workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
            runner = Runner(self.jobs, self.files, MemoryQueue(), workflows)
            return runner.handle(JobMessage(job.job_id, Kind.ANALYSIS), remaining)

    def artifact(self, job: Job, name: str) -> Any:
        return json.loads(self.files.get(job.artifacts[name].key))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with DirectusServer() as server:
        server.add("domain_context_model", {"id": "m1"}, {"id": "m2"})
        server.add("taxonomy_items", *answered(rows_of(TRAVEL, "m1")))
        yield Shop(server)


def test_the_text_of_a_product_is_analysed(shop: Shop) -> None:
    job = shop.analyse(full_text_part=TEXT, document_file=None)
    assert job.status is Status.COMPLETED
    assert job.result is not None
    assert job.result["num_segments"] == 1
    (segment,) = shop.artifact(job, "result.json")["segments"]
    (place,) = rows_of(TRAVEL, "m1").relationships
    assert (segment["item_name"], segment["item_id"]) == ("baggage", place["id"])
    assert job.result["taxonomy"].startswith("t ")


def test_the_attached_file_is_analysed_where_there_is_no_text(shop: Shop) -> None:
    shop.server.files["f1"] = (POLICY.read_bytes(), "application/pdf")
    job = shop.analyse(full_text_part=" \n", document_file="f1")
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    assert job.result["pages"] == 7


@pytest.mark.parametrize(
    ("name", "media_type", "text"),
    [
        ("../Policy\n2026.MD", "application/octet-stream", "# Cover\n\nWe cover your baggage."),
        ("policy", "text/html; charset=utf-8", "<p>We cover your baggage.</p>"),
    ],
)
def test_an_attached_file_keeps_its_name_and_type(shop: Shop, name: str, media_type: str, text: str) -> None:
    shop.server.files["f1"] = (text.encode(), media_type)
    shop.server.file_names["f1"] = name
    job = shop.analyse(document_file="f1")
    assert job.status is Status.COMPLETED, job.error
    assert shop.artifact(job, "export.json")["document"]["file_name"] == name.strip("./").replace("\n", "")
    (page,) = shop.artifact(job, "pages.json")
    assert not set(page["text"]) & set("#<>")


@pytest.mark.parametrize(
    ("product", "code"),
    [
        ({}, "directus-not-found"),
        ({"full_text_part": None, "document_file": None}, "product-without-document"),
        ({"full_text_part": "x", "domain_context_model": None}, "product-without-model"),
        ({"full_text_part": "x", "domain_context_model": "m2"}, "invalid-taxonomy"),
        ({"document_file": "f9"}, "directus-not-found"),
        ({"document_file": "large"}, "file-too-large"),
    ],
)
def test_a_product_without_a_document_fails_with_the_reason(
    shop: Shop, product: dict[str, Any], code: str
) -> None:
    shop.server.files["large"] = (b"", "application/pdf")
    shop.server.file_sizes["large"] = 100 * 1024 * 1024 + 1
    job = shop.analyse(**product)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["type"].endswith(code)
    assert job.error["stage"] == "prepare"


def test_a_change_of_the_taxonomy_changes_no_running_job(shop: Shop) -> None:
    shop.server.add("dcm_product", {"id": "p1", "full_text_part": TEXT, "domain_context_model": "m1"})
    job = shop.submit()
    budget = iter([60.0, 0.0])
    assert shop.deliver(job, lambda: next(budget, 0.0)).ending is Ending.CONTINUED
    shop.server.tables["taxonomy_items"].clear()
    asked = len(shop.server.requests)
    ended = shop.deliver(job).job
    assert ended is not None
    assert ended.status is Status.COMPLETED, ended.error
    assert [segment["item_name"] for segment in shop.artifact(ended, "result.json")["segments"]] == [
        "baggage"
    ]
    assert len(shop.server.requests) == asked


def test_what_the_taxonomy_leaves_out_is_among_the_warnings(shop: Shop) -> None:
    stray = next(iter(shop.server.tables["taxonomy_items"].values()))
    shop.server.add("taxonomy_items", {**stray, "id": "stray", "category": "cover_type"})
    job = shop.analyse(full_text_part=TEXT)
    assert job.result is not None
    assert any("unknown category 'cover_type'" in warning for warning in job.result["warnings"])
