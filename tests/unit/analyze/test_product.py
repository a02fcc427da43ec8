"""The analysis of a product that Directus holds: its text, or its attached file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from functions.analyze.workflow import AnalysisWorkflow, Tools
from shared.clock import utc_now
from shared.directus import Directus
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.memory import MemoryFiles, MemoryJobs, MemoryQueue
from shared.taxonomy import Category, Item, Taxonomy
from tests.fakes.directus_server import TOKEN, DirectusServer
from tests.fakes.word_engine import WordEngine

LUGGAGE = Item("luggage", "baggage", Category.SEGMENT)
TAXONOMY = Taxonomy("t", "1", ("en",), Item("t", "t", Category.PRODUCT, children=(LUGGAGE,)))
POLICY = Path(__file__).parents[3] / "samples" / "helvora-en.pdf"


@dataclass
class Shop:
    server: DirectusServer
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)

    def analyse(self, **product: Any) -> Job:
        """Analyse a product with these fields; none of them is a product that does not exist."""
        if product:
            self.server.tables["dcm_product"]["p1"] = {"id": "p1", **product}
        now = utc_now()
        params = {"product_id": "p1", "engine": "words"}
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), params, now, now)
        self.jobs.create(states.submitted(job, "u1"))
        with closing(Directus(self.server.url, TOKEN)) as directus:
            tools = Tools(TAXONOMY, {"words": WordEngine()}, directus)
            workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
            runner = Runner(self.jobs, self.files, MemoryQueue(), workflows)
            outcome = runner.handle(JobMessage(job.job_id, Kind.ANALYSIS))
        assert outcome.job is not None
        return outcome.job


@pytest.fixture
def shop() -> Iterator[Shop]:
    with DirectusServer() as server:
        yield Shop(server)


def test_the_text_of_a_product_is_analysed(shop: Shop) -> None:
    job = shop.analyse(full_text_part="We cover your baggage.", document_file=None)
    assert job.status is Status.COMPLETED
    assert job.result is not None
    assert job.result["num_segments"] == 1


def test_the_attached_file_is_analysed_where_there_is_no_text(shop: Shop) -> None:
    shop.server.files["f1"] = (POLICY.read_bytes(), "application/pdf")
    job = shop.analyse(full_text_part=None, document_file="f1")
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    assert job.result["pages"] == 7


@pytest.mark.parametrize(
    ("product", "code"),
    [
        ({}, "directus-not-found"),
        ({"full_text_part": None, "document_file": None}, "product-without-document"),
    ],
)
def test_a_product_without_a_document_fails_with_the_reason(
    shop: Shop, product: dict[str, Any], code: str
) -> None:
    job = shop.analyse(**product)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["type"].endswith(code)
    assert job.error["stage"] == "prepare"
