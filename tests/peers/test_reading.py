"""What an analysis reads from a real Directus: product, document and taxonomy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from infra.directus.ids import model_id, stable_id
from infra.directus.products import TRAVEL
from shared.clock import utc_now
from shared.directus.taxonomy import build_taxonomy, read_taxonomy_rows
from shared.directus.taxonomy_rows import rows_of
from shared.errors import PermanentError
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.reader import load_taxonomy, shipped_taxonomies
from tests.peers.directus import DirectusServer
from tests.support.paths import SAMPLES
from tests.support.taxonomies import outline

MODEL = model_id("travel-insurance")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

Analyse = Callable[[str], tuple[Job, dict[str, Any]]]


@pytest.fixture(scope="module")
def analyse(directus_server: DirectusServer) -> Analyse:
    """Return what runs the analysis of a product; it answers with the job and its export."""
    client = directus_server.client()
    tools = AnalysisDependencies(load_taxonomy("household-contents"), {"rules": RulesEngine()}, client)

    def run(product_id: str) -> tuple[Job, dict[str, Any]]:
        jobs, files, now = MemoryJobs(), MemoryFiles(), utc_now()
        params = {"product_id": product_id, "export": True}
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), params, now, now)
        jobs.create(states.submitted(job, "u1"))
        workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
        ended = (
            Runner(jobs, files, MemoryQueue(), workflows).handle(JobMessage(job.job_id, Kind.ANALYSIS)).job
        )
        assert ended is not None
        export = ended.artifacts.get("export.json")
        return ended, json.loads(files.get(export.key)) if export else {}

    return run


@pytest.mark.parametrize("name", shipped_taxonomies())
@pytest.mark.parametrize("page_size", [500, 70, 20_000])
def test_a_shipped_taxonomy_is_read_as_it_is_in_its_file(
    directus_server: DirectusServer, name: str, page_size: int
) -> None:
    shipped = load_taxonomy(name)
    rows = read_taxonomy_rows(directus_server.client(page_size=page_size), model_id(name))
    reading = build_taxonomy(rows)
    assert outline(reading.taxonomy.root) == outline(shipped.root)
    assert reading.warnings == ()
    places = {item.item_id for item in reading.taxonomy.root.walk()} - {reading.taxonomy.root.item_id}
    assert places == {row["id"] for row in rows_of(shipped, model_id(name)).relationships}


def test_more_places_than_a_page_holds_are_refused(directus_server: DirectusServer) -> None:
    with pytest.raises(PermanentError, match="has 50 relationships or more"):
        read_taxonomy_rows(directus_server.client(page_size=50), MODEL)


def test_a_taxonomy_of_its_own_is_read_in_the_forms_that_people_write(
    directus_server: DirectusServer,
) -> None:
    model = stable_id("test", "model")
    directus_server.rest.post("/items/domain_context_model", {"id": model, "name": "Test"})
    product, segment, draft, stray = (stable_id("test", name) for name in ("p", "s", "d", "x"))

    def item(key: str, name: str, category: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key,
            "taxonomy_item_name": name,
            "category": category,
            "domain_context_model": model,
            **more,
        }

    directus_server.rest.post(
        "/items/taxonomy_items",
        [
            item(product, "travel", "product_type"),
            item(segment, "luggage", "segment_type", aliases="luggage, baggage", examples=["We pay, now."]),
            item(draft, "later", "segment_type", status="draft"),
            item(stray, "glass", "benefit_type", aliases={"de": "Glas; Scheibe"}),
        ],
    )
    place = {"taxonomy_item": segment, "related_taxonomy_item": product}
    created = directus_server.rest.post("/items/taxonomy_item_relationships", place)

    reading = build_taxonomy(read_taxonomy_rows(directus_server.client(), model))

    (luggage,) = reading.taxonomy.segments
    assert (luggage.name, luggage.item_id) == ("luggage", created["id"])
    assert luggage.aliases == {"und": ("luggage", "baggage")}
    assert luggage.examples == {"und": ("We pay, now.",)}
    assert reading.warnings == (f"Taxonomy: 'glass' (item {stray}) has no parent; it is left out there.",)


def test_a_model_that_is_not_there_has_no_taxonomy(directus_server: DirectusServer) -> None:
    with pytest.raises(PermanentError, match="has no published segment"):
        build_taxonomy(read_taxonomy_rows(directus_server.client(), stable_id("test", "no model")))


def test_a_sample_product_is_analysed_by_its_own_taxonomy(analyse: Analyse) -> None:
    job, export = analyse(TRAVEL.product_id)
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    assert job.result["taxonomy"].startswith("travel_insurance ")
    assert export["document"]["file_name"] == TRAVEL.document
    names = {row["id"] for row in rows_of(load_taxonomy("travel-insurance"), MODEL).relationships}
    segments = export["segments"]
    assert len(segments) > 3
    assert {entry["item_id"] for entry in segments} <= names


@pytest.mark.parametrize(
    ("sample", "media_type"),
    [("small.docx", DOCX), ("small.html", "text/html"), ("small.md", "text/markdown")],
)
def test_an_attached_file_is_read_whatever_its_kind(
    directus_server: DirectusServer, analyse: Analyse, sample: str, media_type: str
) -> None:
    key = stable_id("test", sample)
    directus_server.rest.upload({"id": key}, sample, (SAMPLES / sample).read_bytes(), media_type)
    product = directus_server.add_product(document_file=key, domain_context_model=MODEL)
    file = directus_server.client().file(key)
    assert (file.name, file.media_type) == (sample, media_type)
    assert file.size == (SAMPLES / sample).stat().st_size
    job, export = analyse(product)
    assert job.status is Status.COMPLETED, job.error
    assert export["document"]["file_name"] == sample
    assert job.result is not None
    assert job.result["num_benefits"] > 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"domain_context_model": MODEL}, "product-without-document"),
        ({"full_text_part": "We cover your luggage."}, "product-without-model"),
    ],
)
def test_a_product_that_lacks_something_fails_with_what_to_set(
    directus_server: DirectusServer, analyse: Analyse, fields: dict[str, str], code: str
) -> None:
    job, _ = analyse(directus_server.add_product(**fields))
    assert job.error is not None
    assert job.error["type"].endswith(code)


def test_a_product_that_is_not_there_fails(analyse: Analyse) -> None:
    job, _ = analyse(stable_id("test", "no product"))
    assert job.error is not None
    assert job.error["type"].endswith("directus-not-found")
