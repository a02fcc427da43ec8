"""A small client of the API: one method a call, typed answers, problems as exceptions.

Answers are the API's own models (docs/api/openapi.json describes them); what a newer API says beyond them is
left out. Models load with the first answer, since loading them takes longer than most commands.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError

from infra.cli.errors import CliError
from infra.cli.transport import ProgressCallback, Token, Transport, ignore_progress

if TYPE_CHECKING:
    import httpx

    from functions.api.routes.products import ProductList
    from functions.api.routes.reviews import ReviewView
    from functions.api.routes.search import SearchAnswer
    from functions.api.schemas.artifacts import ArtifactView
    from functions.api.schemas.comparison import ComparisonView
    from functions.api.schemas.jobs import Flags, JobView
    from shared.findings.model import ResultTree

# A gateway takes no larger body; larger files go to S3.
INLINE = 4 * 1024 * 1024
TERMINAL = frozenset({"completed", "failed", "cancelled"})

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that was accepted; ``document_id`` is empty for one about a product."""

    job_id: str
    document_id: str = ""


class JobEvent(TypedDict):
    """What happens to a job; ``progress`` is 0 to 100, ``current`` of ``total`` are units of the stage."""

    id: int
    job_id: str
    document_id: str | None
    status: str
    stage: str
    progress: int
    processing_status: str
    message: str
    current: int
    total: int
    at: str


class Client:
    """Calls the API at ``url`` with a bearer token; close it, or use it in ``with``.

    Every method raises CliError and its kin. Requests that change nothing, and submissions, which carry a key
    that makes a repetition harmless, are tried again where the API is busy or does not answer.
    """

    def __init__(self, url: str, token: Token, transport: httpx.BaseTransport | None = None) -> None:
        self._api = Transport(url, token, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    # --- Submitting --------------------------------------------------------------------------------

    def analyse_file(
        self, file: Path, options: Mapping[str, Any], progress: ProgressCallback = ignore_progress
    ) -> Submitted:
        """Upload a document and start its analysis; ``progress`` follows the upload of a large one."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        size = file.stat().st_size
        if size <= INLINE:
            data = file.read_bytes()
            form = {name: _form_value(value) for name, value in options.items()}
            answer = self._json(
                "POST", "/jobs/upload", files={"file": (file.name, data)}, data=form, headers=key
            )
            return Submitted(answer["job_id"], answer["document_id"])
        slot = self._json("POST", "/uploads", json={"file_name": file.name, "size": size})
        self._api.store(slot["url"], slot["fields"], file, progress)
        document_id = slot["document_id"]
        answer = self._json(
            "POST", "/jobs/analysis", json={**options, "document_id": document_id}, headers=key
        )
        return Submitted(answer["job_id"], document_id)

    def analyse_product(self, product_id: str, options: Mapping[str, Any]) -> Submitted:
        """Start the analysis of a product of Directus."""
        return self._submit("/jobs/analysis", {**options, "product_id": product_id})

    def clean_up(self, options: Mapping[str, Any]) -> Submitted:
        """Start a cleanup."""
        return self._submit("/jobs/cleanup", options)

    # --- Following and controlling --------------------------------------------------------------------

    def job(self, job_id: str) -> JobView:
        """Return a job's status."""
        from functions.api.schemas.jobs import JobView

        return _read(JobView, self._json("GET", f"/jobs/{job_id}/status"))

    def jobs(self, limit: int, **filters: str) -> list[JobView]:
        """Return one's newest jobs."""
        from functions.api.schemas.jobs import JobList

        return _read(JobList, self.get("/jobs", limit=limit, **filters)).jobs

    def events(self, job_id: str) -> Iterator[JobEvent]:
        """Yield a job's events until it has ended; a stream that ends or breaks is taken up where it was.

        Raises UnreachableError once the API has not answered some times in a row.
        """
        for data in self._api.events(f"/jobs/{job_id}/events"):
            event: JobEvent = json.loads(data)
            yield event

    def control(self, job_id: str, action: str) -> Flags:
        """Pause, resume or cancel a job; repeating it is harmless."""
        from functions.api.schemas.jobs import Flags

        return _read(Flags, self._json("POST", f"/jobs/{job_id}/{action}", repeat=True))

    # --- Reading -----------------------------------------------------------------------------------

    def result(self, job_id: str) -> ResultTree:
        """Return what an analysis has found."""
        from shared.findings.model import from_tree

        return from_tree(json.loads(self._api.fetch(f"/jobs/{job_id}/result")))

    def artifacts(self, job_id: str) -> list[ArtifactView]:
        """Return the files that a job has published."""
        from functions.api.schemas.artifacts import ArtifactList

        return _read(ArtifactList, self._json("GET", f"/jobs/{job_id}/artifacts")).artifacts

    def download(self, job_id: str, name: str = "", progress: ProgressCallback = ignore_progress) -> bytes:
        """Return a file of a job: the one of this name, else its report, export or result."""
        path = f"/jobs/{job_id}/artifacts/{name}" if name else f"/jobs/{job_id}/download"
        return self._api.fetch(path, progress)

    def products(self, query: str, limit: int) -> ProductList:
        """Return products of Directus whose name has these words."""
        from functions.api.routes.products import ProductList

        return _read(ProductList, self.get("/products", query=query, limit=limit))

    def search(self, query: str, **scope: Any) -> SearchAnswer:
        """Find passages."""
        from functions.api.routes.search import SearchAnswer

        chosen = {name: value for name, value in scope.items() if value}
        return _read(
            SearchAnswer, self._json("POST", "/search", json={"query": query, **chosen}, repeat=True)
        )

    def compare(self, job_ids: Sequence[str]) -> ComparisonView:
        """Put analyses side by side."""
        from functions.api.schemas.comparison import ComparisonView

        body = {"job_ids": list(job_ids)}
        return _read(ComparisonView, self._json("POST", "/compare", json=body, repeat=True))

    def review(self, job_id: str, path: str, verdict: str, note: str) -> ReviewView:
        """Accept or reject a finding."""
        from functions.api.routes.reviews import ReviewView

        body = {"verdict": verdict, "note": note}
        address = f"/jobs/{job_id}/findings/{path}/review"
        return _read(ReviewView, self._json("POST", address, json=body, repeat=True))

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return what a path answers, as it is."""
        return self._json("GET", path, params={name: value for name, value in params.items() if value})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send something once; return the answer as it is."""
        return self._json("POST", path, json=body)

    # --- Sending -----------------------------------------------------------------------------------

    def _submit(self, path: str, body: Mapping[str, Any]) -> Submitted:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return Submitted(self._json("POST", path, json=dict(body), headers=headers)["job_id"])

    def _json(self, method: str, path: str, *, repeat: bool = False, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._api.send(method, path, repeat=repeat, **request).json()
        return answer


def _read(model: type[_Model], answer: object) -> _Model:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise CliError(
            f"The API answers in another way than this client knows ({error.error_count()} fields of "
            f"{model.__name__}): bring both to the same version."
        ) from error


def _form_value(value: Any) -> str:
    """Return a value as a form carries it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)
