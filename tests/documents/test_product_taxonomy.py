"""The shipped taxonomy, kept in Directus, analyses as it does from its file."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from typing import Any

import pytest

from functions.analyze.document.json_file import dump
from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.directus import Directus
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.support import shipped
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.fakes.taxonomy_rows import answered
from tests.support.paths import SAMPLES


def result_of(tools: AnalysisDependencies, params: dict[str, Any], files: MemoryFiles) -> bytes:
    jobs, now = MemoryJobs(), utc_now()
    job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", "u1"), params, now, now)
    jobs.create(states.submitted(job, "u1"))
    runner = Runner(jobs, files, MemoryQueue(), {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)})
    ended = runner.handle(JobMessage(job.job_id, Kind.ANALYSIS)).job
    assert ended is not None
    return files.get(ended.artifacts["result.json"].key)


def dumped(result: bytes, ids: list[str]) -> bytes:
    """Return the bytes of a result without the ids of its items, which are added to ``ids``."""
    return dump(without_ids(json.loads(result), ids))


def without_ids(value: Any, ids: list[str]) -> Any:
    if isinstance(value, dict):
        if "item_id" in value:
            ids.append(value["item_id"])
        return {name: without_ids(entry, ids) for name, entry in value.items() if name != "item_id"}
    return [without_ids(entry, ids) for entry in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("taxonomy", "sample"),
    [
        ("travel-insurance", "helvora-de.pdf"),
        ("travel-insurance", "helvora-en.pdf"),
        ("household-contents", "helvora-household-en.pdf"),
    ],
)
def test_the_findings_are_the_same_bytes_apart_from_ids(taxonomy: str, sample: str) -> None:
    tree = shipped.taxonomy(taxonomy)
    rows = shipped.taxonomy_rows(taxonomy, "m1")
    data = (SAMPLES / sample).read_bytes()
    files = MemoryFiles()
    with DirectusServer() as server, closing(Directus(server.url, TOKEN)) as directus:
        server.add("domain_context_model", {"id": "m1"})
        server.add("taxonomy_items", *answered(rows))
        server.files["f1"] = (data, "application/pdf")
        server.add("dcm_product", {"id": "p1", "document_file": "f1", "domain_context_model": "m1"})
        tools = AnalysisDependencies(tree, {"rules": RulesEngine()}, directus)
        of_product = result_of(tools, {"product_id": "p1"}, files)
    stored = files.put("documents/d1/original", data, "application/pdf")
    upload = {
        "document_id": "d1",
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": sample,
        "media_type": "application/pdf",
    }
    of_upload = result_of(tools, upload, files)
    ids: list[str] = []
    assert dumped(of_product, ids) == dumped(of_upload, [])
    assert len(ids) > 10
    assert set(ids) <= {row["id"] for row in rows.relationships}
