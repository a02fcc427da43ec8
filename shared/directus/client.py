"""A client for Directus: items by REST, queries by GraphQL, files from ``/assets``.

Every request here may be sent twice without harm, so each is repeated after throttling, server errors,
time-outs and connection loss, as its ``RetryPolicy`` allows.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from shared.directus.batches import cut
from shared.directus.errors import DirectusNotFoundError, error_of_graphql, error_of_response, unavailable
from shared.directus.model import PRODUCTS, Product, StoredFile
from shared.errors import PermanentError, TransientError
from shared.observability import logger
from shared.retry import RetryPolicy

Row = dict[str, Any]
Token = str | Callable[[], str]
_T = TypeVar("_T")
_MAX_OK = 299

MAX_DOWNLOAD = 100 * 1024 * 1024


class Directus:
    """One server and one token; safe to share between threads. An empty token asks as the public.

    A token may be given as a function, which is called before each request, so that the token may change.

    Raises TransientError once the retries are used up, with the wait that the server wants;
    DirectusTokenError, DirectusNotFoundError and DirectusRejectedError for what Directus refuses.
    ``page_size`` must not be above the server's QUERY_LIMIT_MAX, ``batch_size`` not above its
    MAX_BATCH_MUTATION; ``timeout`` is in seconds, for connecting and for each piece read.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        policy: RetryPolicy | None = None,
        timeout: float = 15.0,
        page_size: int = 500,
        batch_size: int = 500,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        self.url = url.rstrip("/")
        self._token = token
        self._http = httpx.Client(base_url=self.url, timeout=timeout)
        self._policy = policy or RetryPolicy()
        self._page_size = page_size
        self._batch_size = batch_size
        self._sleep = sleep

    def speaking_as(self, token: str) -> Directus:
        """Return a client with another token on the same connections; closing one closes both."""
        other = copy.copy(self)
        other._token = token
        return other

    @property
    def page_size(self) -> int:
        """Return the rows of a page: a list of this length may have been cut."""
        return self._page_size

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def item(self, collection: str, item_id: str, fields: Sequence[str] = ("*",)) -> Row:
        """Return one row; raises DirectusNotFoundError."""
        path = f"/items/{collection}/{_segment(item_id)}"
        row: Row = self._data("GET", path, params={"fields": ",".join(fields)})
        return row

    def rows(
        self, collection: str, where: Mapping[str, Any] | None = None, fields: Sequence[str] = ("*",)
    ) -> list[Row]:
        """Return every row that the filter ``where`` lets through, ordered by id, over all pages."""
        rows: list[Row] = []
        while True:
            page = self.page(collection, where, fields, limit=self._page_size, offset=len(rows))
            rows.extend(page)
            if len(page) < self._page_size:
                return rows

    def page(
        self,
        collection: str,
        where: Mapping[str, Any] | None,
        fields: Sequence[str],
        *,
        limit: int,
        sort: Sequence[str] = ("id",),
        offset: int = 0,
    ) -> list[Row]:
        """Return up to ``limit`` rows that the filter lets through, after the first ``offset`` of them."""
        params = {
            "fields": ",".join(fields),
            "sort": ",".join(sort),
            "limit": str(limit),
            "offset": str(offset),
        }
        if where:
            params["filter"] = json.dumps(where)
        rows: list[Row] = self._data("GET", f"/items/{collection}", params=params)
        return rows

    def cut(self, rows: Sequence[Row]) -> list[list[Row]]:
        """Return the rows in batches that one request of ``create`` or ``update`` takes."""
        return cut(rows, self._batch_size)

    def create(self, collection: str, rows: Sequence[Row]) -> int:
        """Store new rows with their ids, batch by batch, each whole or not at all. Returns the requests.

        Raises DirectusRejectedError; its reason ``RECORD_NOT_UNIQUE`` may mean that an earlier try of the
        same batch went through although its answer was lost.
        """
        return self._write("POST", collection, rows)

    def update(self, collection: str, rows: Sequence[Row]) -> int:
        """Change the fields given of the rows with these ids, as ``create`` does; no row need be there."""
        return self._write("PATCH", collection, rows)

    def _write(self, method: str, collection: str, rows: Sequence[Row]) -> int:
        batches = self.cut(rows)
        for batch in batches:
            self._data(method, f"/items/{collection}", params={"fields": "id"}, body=batch)
        return len(batches)

    def delete(self, collection: str, ids: Sequence[str]) -> int:
        """Remove rows by id in batches; a row that is already gone is no error. Returns the requests."""
        batches = [ids[at : at + self._batch_size] for at in range(0, len(ids), self._batch_size)]
        for batch in batches:
            # By filter, since of ids that are partly gone a user who is no administrator deletes none.
            query = {"filter": {"id": {"_in": list(batch)}}, "limit": len(batch)}
            self._data("DELETE", f"/items/{collection}", body={"query": query})
        return len(batches)

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the ``data`` of a read query; errors in an answer of status 200 are raised too."""

        def send() -> dict[str, Any]:
            content = self._send("POST", "/graphql", body={"query": query, "variables": variables or {}})
            answer = _object(content, "GraphQL query")
            if answer.get("errors"):
                raise error_of_graphql(answer["errors"])
            data = answer.get("data")
            return data if isinstance(data, dict) else {}

        return self._retrying(send)

    def graphql_rows(
        self, query: str, variables: Mapping[str, Any] | None = None
    ) -> dict[str, list[dict[str, Any]]]:
        """Run a query of several lists, over all pages of the longest; returns the rows of each list.

        The query passes its variables ``$limit`` and ``$offset`` to every list, and sorts each by id.
        """
        lists: dict[str, list[Row]] = {}
        offset = 0
        while True:
            page = self.graphql(query, {**(variables or {}), "limit": self._page_size, "offset": offset})
            for name, rows in page.items():
                lists.setdefault(name, []).extend(rows)
            if all(len(rows) < self._page_size for rows in page.values()):
                return lists
            offset += self._page_size

    def authenticate(self, what: str, body: Mapping[str, str]) -> Any:
        """Begin (``login``), renew (``refresh``) or end (``logout``) a session; return its tokens, if any."""
        return self.speaking_as("")._data("POST", f"/auth/{what}", body={**body, "mode": "json"})

    def product(self, product_id: str) -> Product:
        """Return a product; raises DirectusNotFoundError."""
        return Product.from_row(self.item(PRODUCTS, product_id))

    def file(self, file_id: str) -> StoredFile:
        """Describe a file; raises DirectusNotFoundError."""
        path = f"/files/{_segment(file_id)}"
        fields = {"fields": "id,filename_download,type,filesize"}
        return StoredFile.from_row(self._data("GET", path, params=fields))

    def download(self, file_id: str, max_size: int = MAX_DOWNLOAD) -> bytes:
        """Return a file's bytes; raises PermanentError ``file-too-large`` above ``max_size`` bytes."""
        return self._retrying(lambda: self._fetch(f"/assets/{_segment(file_id)}", max_size))

    def _data(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """Return the ``data`` of a REST answer; an empty answer has none."""

        def send() -> Any:
            content = self._send(method, path, params=params, body=body)
            return _object(content, f"{method} {path}").get("data") if content else None

        return self._retrying(send)

    def _send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> bytes:
        """Send one request, once, and return the body of a good answer."""
        target = f"{method} {path}"
        with _network_errors(target):
            answer = self._http.request(method, path, params=params, json=body, headers=self._headers())
        if answer.status_code > _MAX_OK:
            raise error_of_response(target, answer.status_code, answer.headers, answer.content)
        return answer.content

    def _fetch(self, path: str, max_size: int) -> bytes:
        target = f"GET {path}"
        data = bytearray()
        with _network_errors(target), self._http.stream("GET", path, headers=self._headers()) as answer:
            if answer.status_code > _MAX_OK:
                raise error_of_response(target, answer.status_code, answer.headers, answer.read())
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > max_size:
                    raise PermanentError("file-too-large", f"The file in Directus is over {max_size} bytes.")
        return bytes(data)

    def _headers(self) -> dict[str, str]:
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _retrying(self, call: Callable[[], _T]) -> _T:
        """Repeat ``call`` while it fails for reasons that pass, as the policy allows."""
        attempt = 1
        while True:
            try:
                return call()
            except TransientError as error:
                wait = self._policy.wait(attempt, error.retry_after)
                if wait is None:
                    raise
                logger.info(
                    "Directus is asked again", problem=error.code, attempt=attempt, wait=round(wait, 2)
                )
            self._sleep(wait)
            attempt += 1


@contextmanager
def _network_errors(target: str) -> Iterator[None]:
    """Turn what httpx raises into our errors, without its texts: they may name the address."""
    import httpx

    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise PermanentError("directus-misconfigured", "DIRECTUS_URL is not an http(s) address.") from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise unavailable(target, type(error).__name__) from error


def _segment(value: str) -> str:
    """Return an id as one path segment, whatever it holds."""
    if value in {"", ".", ".."}:
        raise DirectusNotFoundError(f"Item {value!r}")
    return quote(value, safe="")


def _object(content: bytes, target: str) -> dict[str, Any]:
    """Read a JSON object; anything else is the page of a proxy, which passes."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise unavailable(target, "the answer is no JSON object")
    return answer
