"""What was understood of a product's document has a record of its own, by which it is found and removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.directus import Directus
from shared.directus.taxonomy_rows import rows_of
from shared.documents import extractions
from shared.documents.model import DocumentRecord
from shared.ids import is_uuid, uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Runner
from shared.jobs.store import edit
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.fakes.taxonomy_rows import answered
from tests.support.fakes.word_engine import WordEngine
from tests.support.memory.documents import MemoryDocuments
from tests.support.worlds.products import OF_UPLOADS, TEXT, TRAVEL

ALICE, BOB = Owner("directus", "alice"), Owner("directus", "bob")
RETENTION = timedelta(days=90)


@dataclass
class Shop:
    """A Directus with products, and a library of what was understood of them."""

    server: DirectusServer
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    documents: MemoryDocuments = field(init=False)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(jobs=self.jobs)

    def submit(self, owner: Owner = ALICE, product: str = "p1", text: str = TEXT, **params: Any) -> Job:
        row = {"id": product, "domain_context_model": "m1", "full_text_part": text}
        self.server.tables["dcm_product"][product] = row
        now = utc_now()
        said = {"product_id": product, "engine": "words", **params}
        job = Job(uuid7(), Kind.ANALYSIS, owner, said, now, now, expires_at=now + RETENTION)
        return self.jobs.create(states.submitted(job, owner.key))

    def deliver(self, job: Job, remaining: Callable[[], float] = lambda: 1000.0) -> Outcome:
        with closing(Directus(self.server.url, TOKEN)) as directus:
            tools = AnalysisDependencies(
                OF_UPLOADS, {"words": WordEngine()}, directus, documents=self.documents
            )
            workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
            runner = Runner(self.jobs, self.files, MemoryQueue(), workflows)
            return runner.handle(JobMessage(job.job_id, Kind.ANALYSIS), remaining)

    def document(self, owner: Owner = ALICE, product: str = "p1", text: str = TEXT) -> DocumentRecord:
        """Analyse a product and return the record that came of it."""
        job = self.deliver(self.submit(owner, product, text)).job
        assert job is not None
        assert job.status is Status.COMPLETED, job.error
        assert job.result is not None
        found = self.documents.get(job.result["document_id"])
        assert found is not None
        return found

    def published(self, job: Job) -> Job:
        """Do the units of a job up to the publication of its document."""

        def remaining() -> float:
            done = [unit for unit in self.jobs.units(job.job_id) if unit.stage == "publish"]
            return 0.0 if done else 1000.0

        assert self.deliver(job, remaining).ending is Ending.CONTINUED
        return job


@pytest.fixture
def shop() -> Iterator[Shop]:
    with DirectusServer() as server:
        server.add("domain_context_model", {"id": "m1"})
        server.add("taxonomy_items", *answered(rows_of(TRAVEL, "m1")))
        yield Shop(server)


def test_a_product_s_document_has_a_record_of_its_own(shop: Shop) -> None:
    document = shop.document()
    assert is_uuid(document.document_id)
    assert (document.product_id, document.owner, document.file_name) == ("p1", ALICE, "product.txt")
    assert document.size == len(TEXT.encode())
    said = document.latest_extraction
    assert said is not None
    assert said.sha256 == document.sha256
    assert shop.files.get(said.original_key) == TEXT.encode()
    assert said.original_key.startswith(said.prefix)
    assert extractions.page_of(shop.files, said, 1)["text"] == TEXT
    assert document.expires_at is not None
    assert document.expires_at - said.at == RETENTION


def test_repeating_gives_the_same_document_with_a_newer_reading(shop: Shop) -> None:
    first, second = shop.document(), shop.document()
    assert first.document_id == second.document_id
    assert len(second.extractions) == 2
    assert second.expires_at is not None
    assert first.expires_at is not None
    assert second.expires_at >= first.expires_at


def test_other_content_product_or_owner_is_another_document(shop: Shop) -> None:
    ids = [
        shop.document().document_id,
        shop.document(text="Your baggage is not covered.").document_id,
        shop.document(product="p2").document_id,
        shop.document(BOB).document_id,
    ]
    assert len(set(ids)) == 4


def test_the_same_text_of_two_products_is_extracted_once_for_one_owner(shop: Shop) -> None:
    one, two, other = shop.document(), shop.document(product="p2"), shop.document(BOB)
    prepared = [
        shop.files.get(unit.key)
        for document in (one, two, other)
        for unit in shop.jobs.units(document.extractions[0].job_id)
        if unit.stage == "prepare"
    ]
    assert [json.loads(data)["cached"] is not None for data in prepared] == [False, True, False]


def test_a_cancelled_analysis_leaves_nothing_of_it(shop: Shop) -> None:
    job = shop.published(shop.submit())
    (document_id,) = shop.documents._documents
    edit(shop.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "x"))
    assert shop.deliver(job).ending is Ending.CANCELLED
    assert not shop.files.keys()
    assert shop.documents.get(document_id) is None
    marked = shop.documents.expired(document_id)
    assert marked is not None
    assert marked.deleted_at is not None


def test_a_cancelled_analysis_leaves_what_another_one_has_understood(shop: Shop) -> None:
    kept = shop.document()
    job = shop.published(shop.submit())
    edit(shop.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "x"))
    assert shop.deliver(job).ending is Ending.CANCELLED
    found = shop.documents.get(kept.document_id)
    assert found is not None
    assert found.extractions == kept.extractions
    assert kept.latest_extraction is not None
    assert shop.files.get(kept.latest_extraction.original_key)


def test_cancelling_is_repeated_without_harm_after_its_files_went(shop: Shop) -> None:
    job = shop.published(shop.submit())
    edit(shop.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "x"))
    shop.files.delete_prefix(f"jobs/{job.job_id}/")
    assert shop.deliver(job).ending is Ending.CANCELLED


def test_a_document_that_is_being_removed_is_waited_for(shop: Shop) -> None:
    document = shop.document()
    shop.documents.begin_deletion(document.document_id, utc_now())
    job = shop.submit()
    outcome = shop.deliver(job)
    assert outcome.ending is Ending.RETRYING
    assert outcome.job is not None
    assert outcome.job.attempt == 1, "waiting is no failed attempt"
    assert outcome.job.not_before is not None
    assert timedelta(seconds=10) < outcome.job.not_before - utc_now() <= timedelta(seconds=15)
    assert not [key for key in shop.files.keys() if f"understood/{job.job_id}" in key]  # noqa: SIM118
    shop.documents.delete(document.document_id)
    assert shop.document().document_id == document.document_id


def test_a_removal_and_a_job_that_has_read_the_document_never_wait_for_each_other(shop: Shop) -> None:
    job = shop.published(shop.submit())
    (document_id,) = shop.documents._documents
    shop.documents.begin_deletion(document_id, utc_now())
    # The worker was lost after the publication, before it was known to be done.
    units = shop.jobs._units[job.job_id]
    shop.jobs._units[job.job_id] = {key: unit for key, unit in units.items() if unit.stage != "publish"}
    assert shop.deliver(job).ending is Ending.RETRYING
    marked = shop.documents.expired(document_id)
    assert marked is not None
    assert marked.extractions == ()
