"""Jobs and documents of the application as their workers leave them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from functions.analyze.document.model import Block, BlockKind, Page, Word
from functions.analyze.document.model import Document as Extracted
from functions.analyze.document.page_json import page_view
from shared.clock import utc_now
from shared.documents.model import Extraction
from shared.files import keys
from shared.findings.model import Evidence, Finding, ResultTree, to_tree
from shared.jobs import states
from shared.jobs.model import Artifact, Job
from shared.jobs.store import edit
from tests.support.api.client import Backend

LEASE = timedelta(seconds=60)


ACTIONS = ["pause", "resume", "cancel"]


def take(backend: Backend, job_id: str) -> Job:
    return edit(backend.jobs, job_id, lambda job: states.take(job, utc_now(), "w1", LEASE))


def cancelled(backend: Backend, job_id: str) -> Job:
    """Let a worker do what a cancellation asks for."""
    take(backend, job_id)
    return edit(backend.jobs, job_id, lambda job: states.cancelled(job, job.fence, utc_now()))


def complete(backend: Backend, job_id: str, *names: str, **result: Any) -> Job:
    artifacts = {}
    for name in names:
        info = backend.files.put(f"jobs/{job_id}/1/artifacts/{name}", b'{"segments": []}', "application/json")
        artifacts[name] = Artifact(info.key, "application/json", info.size, "00")
    take(backend, job_id)
    return edit(
        backend.jobs, job_id, lambda job: states.complete(job, job.fence, utc_now(), result, artifacts)
    )


TAXONOMY = "travel-insurance 1.0"


def tree(sum_insured: float) -> ResultTree:
    evidence = (Evidence(1, "up to a sum", 5, 16, ((1.0, 2.0, 3.0, 4.0),)),)
    limit = Finding("maximum", 0.8, evidence, item_id="a/b/m", value=sum_insured, unit="CHF")
    benefit = Finding("b", 0.9, evidence, item_id="a/b", limits=(limit,))
    return ResultTree((Finding("a", 0.9, evidence, item_id="a", benefits=(benefit,)),))


def completed(backend: Backend, job_id: str, sum_insured: float = 1.0, taxonomy: str = TAXONOMY) -> Job:
    """Complete an analysis with a result."""
    job = take(backend, job_id)
    data = json.dumps(to_tree(tree(sum_insured))).encode()
    info = backend.files.put(f"jobs/{job.job_id}/result.json", data, "application/json")
    artifacts = {"result.json": Artifact(info.key, "application/json", len(data), "0" * 64)}
    result = {"taxonomy": taxonomy, "engine": "rules", "pages": 1}
    return edit(
        backend.jobs,
        job.job_id,
        lambda now: states.complete(now, now.fence, utc_now(), result, artifacts),
    )


TEXT = "Glas\nGlas\tCHF 500\nWir zahlen."
ROUTES = [
    ("GET", ""),
    ("DELETE", ""),
    ("GET", "/pages/1"),
    ("GET", "/progress"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/cancel"),
]


def extracted(count: int = 12) -> Extracted:
    """Return a document as the analysis has it."""
    blocks = (
        Block(BlockKind.HEADING, 0, 4, level=2),
        Block(BlockKind.TABLE_ROW, 5, 17, table=0),
        Block(BlockKind.PARAGRAPH, 18, 29),
    )
    words = (Word(0, 4, (50.04, 60.0, 80.0, 72.0)),)
    pages = (
        Page(number, TEXT, blocks, words, 595.3, 841.9, str(number + 1), ("Kopf",), ("Fuss",))
        for number in range(1, count + 1)
    )
    return Extracted(tuple(pages), "de", "application/pdf", "Bedingungen")


def publish(backend: Backend, job_id: str, document: Extracted | None = None, **fields: Any) -> Extraction:
    """Have a job publish a document, as its worker does."""
    whole = document or extracted()
    job = edit(backend.jobs, job_id, lambda j: states.take(j, utc_now(), "w", LEASE))
    extraction: dict[str, Any] = {
        "document_id": job.document_id,
        "job_id": job_id,
        "fence": job.fence,
        "at": utc_now(),
        "sha256": job.params["document_sha256"],
        "media_type": whole.media_type,
        "recipe": "r",
        "page_count": len(whole.pages),
        "language": whole.language,
        "title": whole.title,
        "headings": 12,
        "chunks": 5,
    }
    about = Extraction(**extraction | fields)
    for first in range(1, about.page_count + 1, keys.PAGES_PER_FILE):
        pages = whole.pages[first - 1 : first - 1 + keys.PAGES_PER_FILE]
        data = json.dumps([page_view(whole, page) for page in pages]).encode()
        backend.files.put(keys.pages(about.prefix, first), data, "application/json")
    backend.documents.publish(about)
    return about


def finish(backend: Backend, job_id: str, **follow_ups: Any) -> None:
    job = backend.job(job_id)
    backend.jobs.save(job, states.complete(job, job.fence, utc_now(), {}, {}, follow_ups))


def document_of(backend: Backend, job_id: str) -> str:
    return backend.job(job_id).document_id
