"""A small client of the API: one method a call, problems as exceptions, what may pass repeated.

Answers are the API's own JSON; docs/api/openapi.json describes them.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from infra.cli.errors import CliError, NotFoundError, NotSignedInError, UnreachableError

Answer = dict[str, Any]

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
TRIES = 4
LONGEST_WAIT = 20.0
# A gateway takes no larger body; larger files go to S3.
INLINE = 4 * 1024 * 1024
TERMINAL = frozenset({"completed", "failed", "cancelled"})
_FORBIDDEN, _MISSING, _PASSING, _TROUBLE = {401, 403}, {404, 410}, {429}, 500


class Client:
    """Calls the API at ``url`` with a bearer token; close it, or use it in ``with``.

    Every method raises CliError and its kin. Requests that change nothing, and submissions, which carry a key
    that makes a repetition harmless, are tried again where the API is busy or does not answer.
    """

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # --- Submitting --------------------------------------------------------------------------------

    def analyse_file(self, file: Path, options: Mapping[str, Any]) -> Answer:
        """Upload a document and start its analysis; return ``job_id``, ``document_id`` and more."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        data = file.read_bytes()
        if len(data) <= INLINE:
            form = {name: _form_value(value) for name, value in options.items()}
            return self._json(
                "POST", "/jobs/upload", files={"file": (file.name, data)}, data=form, headers=key
            )
        slot = self._json("POST", "/uploads", json={"file_name": file.name, "size": len(data)})
        self._store(slot, file.name, data)
        return self._json(
            "POST", "/jobs/analysis", json={**options, "document_id": slot["document_id"]}, headers=key
        )

    def analyse_product(self, product_id: str, options: Mapping[str, Any]) -> Answer:
        """Start the analysis of a product of Directus."""
        return self._submit("/jobs/analysis", {**options, "product_id": product_id})

    def clean_up(self, options: Mapping[str, Any]) -> Answer:
        """Start a cleanup."""
        return self._submit("/jobs/cleanup", options)

    # --- Following and steering --------------------------------------------------------------------

    def job(self, job_id: str) -> Answer:
        """Return a job's status."""
        return self._json("GET", f"/jobs/{job_id}/status")

    def jobs(self, limit: int, **filters: str) -> list[Answer]:
        """Return one's newest jobs."""
        chosen = {name: value for name, value in filters.items() if value}
        found: list[Answer] = self._json("GET", "/jobs", params={"limit": limit, **chosen})["jobs"]
        return found

    def events(self, job_id: str) -> Iterator[Answer]:
        """Yield a job's events until it has ended; a stream that ends or breaks is taken up where it was.

        Raises UnreachableError once the API has not answered some times in a row.
        """
        last, failures, pause = "", 0, 0.25
        while True:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            try:
                with self._http.stream("GET", f"/jobs/{job_id}/events", headers=headers) as answer:
                    if answer.status_code == httpx.codes.NO_CONTENT:
                        return
                    if answer.is_error:
                        answer.read()
                        raise _problem(answer)
                    failures = 0
                    for name, value in _fields(answer.iter_lines()):
                        if name == "id":
                            last = value
                        elif name == "retry":
                            pause = int(value) / 1000
                        elif name == "data":
                            yield json.loads(value)
            except (httpx.HTTPError, UnreachableError) as error:
                failures += 1
                if failures == TRIES:
                    raise UnreachableError(f"The connection was lost ({type(error).__name__}).") from error
            time.sleep(min(pause * 2**failures, LONGEST_WAIT))

    def steer(self, job_id: str, action: str) -> Answer:
        """Pause, resume or cancel a job; repeating it is harmless."""
        return self._json("POST", f"/jobs/{job_id}/{action}", repeat=True)

    # --- Reading -----------------------------------------------------------------------------------

    def result(self, job_id: str) -> Answer:
        """Return the tree of findings."""
        answer: Answer = json.loads(self._file(f"/jobs/{job_id}/result").content)
        return answer

    def artifacts(self, job_id: str) -> list[Answer]:
        """Return the files that a job has published."""
        found: list[Answer] = self._json("GET", f"/jobs/{job_id}/artifacts")["artifacts"]
        return found

    def download(self, job_id: str, name: str = "") -> bytes:
        """Return a file of a job: the one of this name, else its report, export or result."""
        return self._file(f"/jobs/{job_id}/artifacts/{name}" if name else f"/jobs/{job_id}/download").content

    def search(self, query: str, **scope: Any) -> Answer:
        """Find passages."""
        chosen = {name: value for name, value in scope.items() if value}
        return self._json("POST", "/search", json={"query": query, **chosen}, repeat=True)

    def compare(self, job_ids: Sequence[str]) -> Answer:
        """Put analyses side by side."""
        return self._json("POST", "/compare", json={"job_ids": list(job_ids)}, repeat=True)

    def review(self, job_id: str, path: str, verdict: str, note: str) -> Answer:
        """Accept or reject a finding."""
        body = {"verdict": verdict, "note": note}
        return self._json("POST", f"/jobs/{job_id}/findings/{path}/review", json=body, repeat=True)

    def get(self, path: str, **params: Any) -> Answer:
        """Return what a path answers."""
        return self._json("GET", path, params={name: value for name, value in params.items() if value})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Send something once."""
        return self._json("POST", path, json=body)

    # --- Sending -----------------------------------------------------------------------------------

    def _submit(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._json("POST", path, json=dict(body), headers={"Idempotency-Key": str(uuid.uuid4())})

    def _json(self, method: str, path: str, *, repeat: bool = False, **request: Any) -> Answer:
        answer: Answer = self._send(method, path, repeat=repeat, **request).json()
        return answer

    def _file(self, path: str) -> httpx.Response:
        """Return a file, from where the API's signed link leads; the token stays behind."""
        answer = self._send("GET", path)
        if not answer.has_redirect_location:
            return answer
        with httpx.Client(timeout=TIMEOUT) as store, _unreachable("the store of files"):
            return store.get(answer.headers["location"]).raise_for_status()

    def _store(self, slot: Mapping[str, Any], name: str, data: bytes) -> None:
        with httpx.Client(timeout=TIMEOUT) as store, _unreachable("the store of files"):
            store.post(slot["url"], data=slot["fields"], files={"file": (name, data)}).raise_for_status()

    def _send(self, method: str, path: str, *, repeat: bool = False, **request: Any) -> httpx.Response:
        repeat = repeat or method == "GET" or "Idempotency-Key" in request.get("headers", {})
        for tried in range(1, TRIES + 1):
            try:
                with _unreachable(str(self._http.base_url)):
                    answer = self._http.request(method, path, **request)
                if not answer.is_error:
                    return answer
                raise _problem(answer)
            except UnreachableError as error:
                if tried == TRIES or not repeat:
                    raise
                time.sleep(min(error.retry_after or 0.3 * 2**tried, LONGEST_WAIT))
        raise AssertionError("unreachable")


@contextmanager
def _unreachable(place: str) -> Iterator[None]:
    """Turn errors of the network into ours, which name the place and no token."""
    try:
        yield
    except httpx.HTTPError as error:
        raise UnreachableError(
            f"Nobody answers at {place} ({type(error).__name__}). Is the address right, and the API running?"
        ) from None


def _problem(answer: httpx.Response) -> CliError:
    """Return the exception for a problem document, with the places of what was wrong."""
    try:
        document = answer.json()
    except ValueError:
        document = {}
    said = document.get("detail") or f"The API answered {answer.status_code}."
    places = [f"\n  {one['loc']}: {one['message']}" for one in document.get("errors") or ()]
    kind = CliError
    if answer.status_code in _FORBIDDEN:
        kind = NotSignedInError
    elif answer.status_code in _MISSING:
        kind = NotFoundError
    elif answer.status_code in _PASSING or answer.status_code >= _TROUBLE:
        kind = UnreachableError
    wait = answer.headers.get("retry-after", "")
    problem = str(document.get("type", "")).rpartition(":")[2]
    return kind(said + "".join(places), problem, float(wait) if wait.isdecimal() else 0.0)


def _fields(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the fields of an event stream; see the HTML standard, section 9.2."""
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name:
            yield name, value.removeprefix(" ")


def _form_value(value: Any) -> str:
    """Return a value as a form carries it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)
