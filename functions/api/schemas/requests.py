"""What requests may say: every parameter with its range. Unknown fields are refused."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from functions.api.schemas.notification_requests import Email, WebhookUrl
from shared.jobs.model import Kind, Status

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
MAX_METADATA = 20
MIN_COMPARED, MAX_COMPARED = 2, 10


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_IDENTIFIER)]
MetadataName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_IDENTIFIER)]
MetadataValue = Annotated[str, StringConstraints(max_length=500)]


def _from_json(value: Any) -> Any:
    """Read a map that a form carries as JSON text; validation refuses other text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "{}")
    except (ValueError, RecursionError):
        return value


MaxAttempts = Annotated[
    int,
    Field(ge=1, le=10, description="Attempts before the job fails, after errors and lost workers."),
]
Metadata = Annotated[dict[MetadataName, MetadataValue], Field(max_length=MAX_METADATA)]
FormMetadata = Annotated[Metadata, BeforeValidator(_from_json)]


class Request(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class NotifyOptions(Request):
    """Who is notified when the job has ended, beside your webhooks, which are notified of all your jobs."""

    webhook_url: WebhookUrl | None = Field(
        None, description="Address that is notified of this job alone; see POST /webhooks.", repr=False
    )
    webhook_secret: str | None = Field(
        None,
        max_length=120,
        description="Secret for webhook_url (whsec_...); without it the answer brings a new one.",
        repr=False,
    )
    notify_email: Email | None = Field(
        None, description="Your verified address, or one that the deployment allows.", repr=False
    )


Target = Literal[
    "ar", "ca", "de", "el", "en", "es", "fr", "hi", "it", "ja", "nl", "pl", "pt", "ro", "ta", "tr", "zh"
]


class ReaderOptions(Request):
    """What readers get besides the findings, and in which language."""

    translate_to: Target | None = Field(
        None,
        description="Language to translate the pages to; which pairs there are depends on the deployment.",
    )
    translate_register: Literal["faithful", "plain"] = Field(
        "faithful",
        description="faithful keeps names, numbers and measures; plain explains in plain language.",
    )
    summary_sentences: int = Field(8, ge=1, le=50, description="Length of the summary, in sentences.")
    report_language: Literal["de", "fr", "en"] | None = Field(
        None, description="Language of the report's own words; the document's, or translate_to, by default."
    )


class AnalysisOptions(ReaderOptions, NotifyOptions):
    """How to analyse, whatever the document comes from."""

    seed_directus: bool = Field(False, description="Write the findings to Directus (needs the right to).")
    dry_run_directus: bool = Field(False, description="Return what would be written, and write nothing.")
    export: bool = Field(True, description="Publish the result as one file, export.json.")
    detailed: bool = Field(False, description="Put the pages' text into the export.")
    no_cache: bool = Field(False, description="Ask language models again, also what is known already.")
    segment_chunks: int = Field(8, ge=1, le=20, description="Passages looked at for each segment.")
    benefit_chunks: int = Field(8, ge=1, le=20, description="Passages looked at for each benefit.")
    detail_chunks: int = Field(3, ge=1, le=10, description="Passages looked at for each limit and the like.")
    chunk_size: int = Field(800, ge=100, le=4000, description="Length of a passage in tokens.")
    chunk_overlap: int = Field(
        0, ge=0, le=1000, description="Tokens that neighbouring passages share; less than chunk_size."
    )
    debug: bool = Field(False, description="Publish what each stage returned.")
    debug_clean: bool = Field(False, description="Remove the debug files of your earlier jobs about it.")
    debug_from: Literal["segments", "benefits", "details"] | None = Field(
        None, description="Start again at this tier, with what source_job_id has done before it."
    )
    source_job_id: Identifier | None = Field(
        None, description="Ended analysis of yours, of the same document, that debug_from takes up."
    )
    engine: Literal["rules", "openai", "bedrock"] | None = Field(
        None, description="Engine that finds; the deployment's own by default."
    )
    hybrid: bool = Field(
        False, description="Ask the engine's model only where the rules are unsure (openai, bedrock)."
    )
    token_budget: int | None = Field(
        None, ge=1, description="Most tokens that the job may use of a model; at most the deployment's own."
    )
    cost_budget: float | None = Field(
        None, gt=0, description="Most US dollars that it may cost; at most the deployment's own."
    )
    language: Literal["auto", "de", "fr", "en", "it", "es", "pt"] = Field(
        "auto", description="Language of the document."
    )
    summary: bool = Field(False, description="Summarise the document, in translate_to where that is given.")
    report: bool = Field(
        False, description="Write a report (PDF, DOCX) and the findings as tables (XLSX, CSV)."
    )
    index: bool = Field(True, description="Make the document searchable once its analysis is done.")
    max_attempts: MaxAttempts = 5

    @model_validator(mode="after")
    def _overlap_fits(self) -> Self:
        if self.chunk_overlap >= self.chunk_size:
            raise ValueError("chunk_overlap has to be less than chunk_size")
        return self

    @model_validator(mode="after")
    def _hybrid_has_a_model(self) -> Self:
        if self.hybrid and self.engine == "rules":
            raise ValueError("hybrid needs an engine that asks a model: openai or bedrock")
        return self

    @model_validator(mode="after")
    def _debug_is_whole(self) -> Self:
        if (self.debug_from is None) != (self.source_job_id is None):
            raise ValueError("debug_from and source_job_id go together")
        return self


class AnalysisRequest(AnalysisOptions):
    """An analysis of a product's document or of an upload: exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"document_id": "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47", "metadata": {"client_name": "Muster"}}
            ]
        }
    )

    product_id: Identifier | None = Field(None, description="A product (dcm_product) in Directus.")
    document_id: Identifier | None = Field(None, description="An upload; see POST /uploads.")
    case_id: Identifier | None = Field(None, description="Your case that the job belongs to.")
    metadata: Metadata = Field(
        default_factory=dict, description="Up to 20 short texts of yours, given back in status and lists."
    )

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        _require_one(self.product_id, self.document_id)
        return self


class CleanupRequest(NotifyOptions):
    """A removal of what the jobs of a product or of an upload have stored and seeded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product_id": "4711", "dry_run": True}]})

    product_id: Identifier | None = Field(None, description="A product (dcm_product) in Directus.")
    document_id: Identifier | None = Field(None, description="An upload; see POST /uploads.")
    delete_product: bool = Field(False, description="Remove the product, or the upload, itself as well.")
    force: bool = Field(False, description="Remove rows that a human has validated, too.")
    max_attempts: MaxAttempts = 5
    dry_run: bool = Field(False, description="Count what would be removed, and remove nothing.")
    case_id: Identifier | None = Field(None, description="Your case that the job belongs to.")
    metadata: Metadata = Field(default_factory=dict, description="See POST /jobs/analysis.")

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        _require_one(self.product_id, self.document_id)
        return self


class CompareRequest(Request):
    """Two to ten analysed products: by job, or by product or document, whose newest analysis then counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product_ids": ["4711", "4712"]}]})

    job_ids: list[Identifier] = Field(default_factory=list, description="Completed analyses.")
    product_ids: list[Identifier] = Field(default_factory=list, description="Products in Directus.")
    document_ids: list[Identifier] = Field(default_factory=list, description="Uploads.")

    @model_validator(mode="after")
    def _several(self) -> Self:
        named = len(self.job_ids) + len(self.product_ids) + len(self.document_ids)
        if not MIN_COMPARED <= named <= MAX_COMPARED:
            raise ValueError(f"{MIN_COMPARED} to {MAX_COMPARED} products can be compared")
        return self


class OutputRequest(ReaderOptions, NotifyOptions):
    """Outputs of an ended analysis, made anew or for the first time."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outputs": ["summary", "report"], "report_language": "en"}]}
    )

    outputs: list[Literal["translation", "summary", "report"]] = Field(
        min_length=1, description="What to make, each once; later ones use what earlier ones made."
    )
    max_attempts: MaxAttempts = 5
    metadata: Metadata = Field(default_factory=dict, description="See POST /jobs/analysis.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.outputs)) < len(self.outputs):
            raise ValueError("each output can be named once")
        if ("translation" in self.outputs) != (self.translate_to is not None):
            raise ValueError("the output translation and translate_to go together")
        return self


class JobFilters(BaseModel):
    """Which jobs to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status | None = None
    kind: Kind | None = None
    product_id: Identifier | None = None
    document_id: Identifier | None = None
    case_id: Identifier | None = None
    everybody: bool = Field(False, alias="all", description="The jobs of all callers; for administrators.")
    limit: int = Field(20, ge=1, le=100)
    cursor: str = Field("", max_length=128, description="next_cursor of the page before.")


class UploadRequest(Request):
    """A file that is about to be uploaded straight to the store."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"file_name": "policy.pdf", "size": 1843200}]})

    file_name: str = Field(min_length=1, max_length=1024, description="Its ending names the type.")
    size: int | None = Field(None, ge=1, description="Size in bytes, where known.")
    media_type: str | None = Field(None, max_length=128, description="Has to fit the file name's ending.")
    case_id: Identifier | None = Field(None, description="Your case that the document belongs to.")


class CaseUploadForm(AnalysisOptions):
    """A file of up to 4 MiB, with options as fields of the form."""

    file: UploadFile = Field(description="PDF, DOCX, PNG, JPEG, TIFF, HTML, Markdown or plain text.")
    metadata: FormMetadata = Field(default_factory=dict, description="JSON object of short texts.")


class UploadForm(CaseUploadForm):
    """The same, with the case as a field."""

    case_id: Identifier | None = Field(None, description="Your case that the document belongs to.")


def _require_one(product_id: str | None, document_id: str | None) -> None:
    if (product_id is None) == (document_id is None):
        raise ValueError("exactly one of product_id and document_id is needed")
