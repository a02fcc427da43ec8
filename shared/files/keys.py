"""Every key of the one bucket, on one page: what lies where, who writes and reads it, when it goes.

Every key in the bucket is built here. ``LAYOUT`` lists the kinds of objects; docs/architecture.md shows it.
Keys of a job and of its results carry the job's fence, so that a worker whose claim is void never overwrites
the files of its successor. No key holds a word of a user.

>>> unit_output("0190", 2, "chunk", 7)
'jobs/0190/2/units/chunk/000007.json'
"""

from __future__ import annotations

from dataclasses import dataclass

# One object a page would cost a long document a thousand requests, one for all would make every page as
# slow as the whole.
PAGES_PER_FILE = 10

# --- Jobs: below jobs/JOB/ ----------------------------------------------------------------------------

# Names of files of a job, for ``job_file``.
SOURCE_FILE = "original"
REUSED_DOCUMENT = "known/document.json"
REUSED_CHUNKS = "known/chunks.json"
SEEDING_MANIFEST = "seeding/before.json"
MODEL_USAGE = "spent.json"


def job_prefix(job_id: str) -> str:
    """Return what every key of a job begins with."""
    return f"jobs/{job_id}/"


def job_file(job_id: str, fence: int, name: str) -> str:
    """Return the key of a file that a worker writes under its fence."""
    return f"{job_prefix(job_id)}{fence}/{name}"


def unit_output(job_id: str, fence: int, stage: str, index: int) -> str:
    """Return the key of what a finished unit returned."""
    return job_file(job_id, fence, f"units/{stage}/{index:06d}.json")


def artifact(job_id: str, fence: int, name: str) -> str:
    """Return the key of a file that a job publishes when it completes."""
    return job_file(job_id, fence, f"artifacts/{name}")


def report_file(job_id: str, fence: int, name: str) -> str:
    """Return the key of a report between its drawing and its publication."""
    return job_file(job_id, fence, f"report/{name}")


def model_reply(job_id: str, digest: str) -> str:
    """Return the key of a model's reply, by the SHA-256 (hex) of the request; without a fence, for reuse."""
    return f"{job_prefix(job_id)}answers/{digest}.json"


# --- Documents: below documents/DOCUMENT/ -------------------------------------------------------------


def document_prefix(document_id: str) -> str:
    """Return what every key of a document begins with."""
    return f"documents/{document_id}/"


def original(document_id: str) -> str:
    """Return the key of an upload."""
    return f"{document_prefix(document_id)}original"


def extractions_prefix(document_id: str, job_id: str) -> str:
    """Return what the keys of all that one job has extracted of a document begin with."""
    return f"{document_prefix(document_id)}understood/{job_id}."


def extraction_prefix(document_id: str, job_id: str, fence: int) -> str:
    """Return what the keys of one extraction begin with; the functions below take it as ``prefix``."""
    return f"{extractions_prefix(document_id, job_id)}{fence}/"


def about(prefix: str) -> str:
    """Return the key of the note about the bytes that were read."""
    return f"{prefix}about.json"


def extracted_document(prefix: str) -> str:
    """Return the key of the extracted document, as the pipeline reads it."""
    return f"{prefix}document.json"


def chunks(prefix: str) -> str:
    """Return the key of the passages."""
    return f"{prefix}chunks.json"


def pages(prefix: str, number: int) -> str:
    """Return the key of the file that has page ``number`` (from 1), with those before and after it."""
    return f"{prefix}pages/{(number - 1) // PAGES_PER_FILE:06d}.json"


def product_original(prefix: str) -> str:
    """Return the key of the bytes that were read, where they are a product's and not an upload's."""
    return f"{prefix}original"


def images_prefix(prefix: str) -> str:
    """Return what the keys of all pictures of pages begin with."""
    return f"{prefix}images/"


def image(prefix: str, number: int, ending: str) -> str:
    """Return the key of the picture of page ``number`` (from 1)."""
    return f"{images_prefix(prefix)}{number:06d}.{ending}"


def image_note(prefix: str, number: int) -> str:
    """Return the key of the note about the picture of page ``number``; it is written after the picture."""
    return image(prefix, number, "json")


def index_prefix(document_id: str, job_id: str = "") -> str:
    """Return what the keys of a document's indexes (with ``job_id``: of one job's) begin with."""
    below = f"{document_prefix(document_id)}index/"
    return f"{below}{job_id}." if job_id else below


def search_index_prefix(document_id: str, job_id: str, fence: int) -> str:
    """Return what the keys of one index begin with; the functions below take it as ``prefix``."""
    return f"{index_prefix(document_id, job_id)}{fence}/"


def passages(prefix: str) -> str:
    """Return the key of what can be found: text, pages, spans and headings of each passage."""
    return f"{prefix}passages.json"


def vectors(prefix: str) -> str:
    """Return the key of the vectors, one row a passage, where they are kept as files."""
    return f"{prefix}vectors.npy"


def tree(prefix: str) -> str:
    """Return the key of the document's outline with summaries."""
    return f"{prefix}tree.json"


def index_files(prefix: str) -> list[str]:
    """Return the keys of all files of an index."""
    return [passages(prefix), vectors(prefix), tree(prefix)]


# --- The page -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A kind of object: its key with placeholders, what it is, who writes and reads it, when it goes."""

    key: str
    content: str
    written_by: str
    read_by: str
    removed: str


_JOB, _FENCE, _DOCUMENT, _STAGE, _NAME = "{job}", "{fence}", "{document}", "{stage}", "{name}"
_OF_JOB = f"{job_prefix(_JOB)}{_FENCE}/"
_EXTRACTION = f"{extractions_prefix(_DOCUMENT, _JOB)}{_FENCE}/"
_INDEX = f"{index_prefix(_DOCUMENT, _JOB)}{_FENCE}/"
_WITH_JOB = "with its job: cancelled, cleaned up, expired, or its document deleted"
_WITH_EXTRACTION = "with the extraction: its job cancelled, cleaned up or expired, or the document deleted"
_WITH_INDEX = "when a newer index takes its place; with its job or document"

LAYOUT: tuple[ObjectKind, ...] = (
    ObjectKind(
        f"{_OF_JOB}units/{_STAGE}/000007.json",
        "what a finished unit returned",
        "workers",
        "workers",
        _WITH_JOB,
    ),
    ObjectKind(
        f"{_OF_JOB}artifacts/{_NAME}", "a published file of a job", "analyze", "api (links)", _WITH_JOB
    ),
    ObjectKind(
        f"{_OF_JOB}{SOURCE_FILE}",
        "the bytes of a product's file, from Directus",
        "analyze",
        "analyze",
        _WITH_JOB,
    ),
    ObjectKind(
        f"{_OF_JOB}known/{_NAME}",
        "pages and passages taken over from an earlier analysis",
        "analyze",
        "analyze",
        _WITH_JOB,
    ),
    ObjectKind(
        f"{_OF_JOB}{SEEDING_MANIFEST}",
        "rows of Directus as they were before seeding",
        "analyze",
        "analyze (undo)",
        _WITH_JOB,
    ),
    ObjectKind(f"{_OF_JOB}{MODEL_USAGE}", "tokens and cost so far", "analyze", "analyze", _WITH_JOB),
    ObjectKind(
        f"{_OF_JOB}report/{_NAME}", "a report before its publication", "analyze", "analyze", _WITH_JOB
    ),
    ObjectKind(model_reply(_JOB, "{digest}"), "a model's reply", "analyze", "analyze", _WITH_JOB),
    ObjectKind(
        original(_DOCUMENT),
        "an upload",
        "client (presigned), api",
        "analyze, api (links)",
        "with its document: deleted, cleaned up or expired",
    ),
    ObjectKind(about(_EXTRACTION), "which bytes were read", "analyze", "analyze, api", _WITH_EXTRACTION),
    ObjectKind(
        extracted_document(_EXTRACTION), "the extracted document", "analyze", "analyze", _WITH_EXTRACTION
    ),
    ObjectKind(chunks(_EXTRACTION), "its passages", "analyze", "analyze", _WITH_EXTRACTION),
    ObjectKind(
        f"{_EXTRACTION}pages/000007.json",
        f"{PAGES_PER_FILE} pages for the API",
        "analyze",
        "api",
        _WITH_EXTRACTION,
    ),
    ObjectKind(
        product_original(_EXTRACTION),
        "the bytes that were read, of a product",
        "analyze",
        "analyze, api (links)",
        _WITH_EXTRACTION,
    ),
    ObjectKind(
        image(_EXTRACTION, 7, "{ending}"),
        "the picture of a page",
        "analyze",
        "api (links)",
        _WITH_EXTRACTION,
    ),
    ObjectKind(
        image_note(_EXTRACTION, 7),
        "type and size of the picture of a page",
        "analyze",
        "api",
        _WITH_EXTRACTION,
    ),
    ObjectKind(passages(_INDEX), "the passages that a search finds", "analyze", "search", _WITH_INDEX),
    ObjectKind(vectors(_INDEX), "their vectors, without a vector bucket", "analyze", "search", _WITH_INDEX),
    ObjectKind(tree(_INDEX), "the outline with summaries", "analyze", "api", _WITH_INDEX),
)
