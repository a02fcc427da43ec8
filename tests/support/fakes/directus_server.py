"""A small Directus over real HTTP: stores rows, filters, pages at 100, refuses as the real one does.

What it does was measured on Directus 11.17: 403 for what is missing, 100 rows by default, 400 for a
``limit`` above QUERY_LIMIT_MAX, 500 for a violated foreign key
(SQLite). Faults are injected by ``fail``; every request is kept in ``requests``.
``users`` are tokens with the ids of the rows that each
may see; the static ``TOKEN`` may do anything.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.fakes import directus_writes
from tests.support.fakes.directus_answers import FORBIDDEN, RefusedError, answer, compare, invalid_query
from tests.support.fakes.directus_graphql import QueryError, Selection, parse
from tests.support.fakes.directus_writes import Check, WriteRefusedError

DEFAULT_LIMIT = 100

_SEEDED = {"taxonomy_item_relationship": "taxonomy_item_relationships"}
_DETAIL = {
    **_SEEDED,
    "dcm_product": "dcm_product",
    "insurance_dcm_segment": "insurance_dcm_segment",
    "insurance_dcm_benefit": "insurance_dcm_benefit",
}
RELATIONS: dict[str, dict[str, str]] = {
    "domain_context_model": {},
    # The relationships to parents are kept within the row, as GraphQL answers with them.
    "taxonomy_items": {"domain_context_model": "domain_context_model"},
    "taxonomy_item_relationships": {},
    "dcm_product": {},
    "insurance_dcm_segment": {**_SEEDED, "dcm_product": "dcm_product"},
    "insurance_dcm_benefit": {**_SEEDED, "insurance_dcm_segment": "insurance_dcm_segment"},
    "insurance_dcm_limit": _DETAIL,
    "insurance_dcm_condition": _DETAIL,
    "insurance_dcm_exclusion": _DETAIL,
}

MAX_PAYLOAD = 1_000_000

Row = dict[str, Any]


def no_check(_collection: str, _row: Row) -> None:
    """Accept every row."""


def no_event(_method: str, _path: str) -> None:
    """Nothing follows a request."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one matching request instead of (or, for ``drop_after``, after) its execution."""

    status: int = 0
    code: str = "SERVICE_UNAVAILABLE"
    retry_after: str = ""
    body: bytes = b""
    drop: bool = False
    drop_after: bool = False
    cut: bool = False
    delay: float = 0.0
    method: str = ""
    path: str = ""

    def matches(self, method: str, path: str) -> bool:
        return self.method in {"", method} and path.startswith(self.path)


@dataclass(slots=True)
class DirectusServer:
    """Runs on a port of its own inside ``with``."""

    query_limit_max: int = 0
    tables: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in RELATIONS})
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    file_names: dict[str, str] = field(default_factory=dict)
    file_sizes: dict[str, int] = field(default_factory=dict)
    check: Check = no_check
    after: Callable[[str, str], None] = no_event
    users: dict[str, set[str]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._http is not None
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> DirectusServer:
        handler = type("Handler", (_Handler,), {"directus": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._http is not None
        self._http.shutdown()
        self._http.server_close()

    def fail(self, *faults: Fault) -> None:
        """Inject faults: each hits the next request that it matches, once."""
        self.faults.extend(faults)

    def add(self, collection: str, *rows: Row) -> None:
        """Store rows by their ids."""
        for row in rows:
            self.tables[collection][row["id"]] = row

    def ids(self, collection: str) -> list[str]:
        """Return the ids of a collection, sorted."""
        return sorted(self.tables[collection])

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for position, fault in enumerate(self.faults):
                if fault.matches(method, path):
                    return self.faults.pop(position)
        return None

    # --- Items -------------------------------------------------------------------------------------

    def table(self, collection: str) -> dict[str, Row]:
        if collection not in self.tables:
            text = f'You don\'t have permission to access collection "{collection}" or it does not exist.'
            raise RefusedError(403, "FORBIDDEN", text)
        return self.tables[collection]

    def select(self, collection: str, query: Mapping[str, Any]) -> list[Row]:
        """Return the rows of a query with ``filter``, ``sort``, ``limit`` and ``offset``."""
        limit = int(query.get("limit") or DEFAULT_LIMIT)
        if self.query_limit_max and limit > self.query_limit_max:
            text = f'Invalid query. "limit" must be less than or equal to {self.query_limit_max}.'
            raise RefusedError(400, "INVALID_QUERY", text)
        rows = [
            row for row in self.table(collection).values() if self.fits(collection, row, query.get("filter"))
        ]
        if query.get("sort"):
            # REST says it as a text, GraphQL as a list.
            sort = query["sort"]
            names = sort.split(",") if isinstance(sort, str) else sort
            rows.sort(key=lambda row: [str(row.get(name) or "") for name in names])
        offset = int(query.get("offset") or 0)
        return rows[offset:] if limit == -1 else rows[offset : offset + limit]

    def fits(self, collection: str, row: Row, where: Mapping[str, Any] | None) -> bool:
        """Apply a filter: _and, _or, _eq, _in, _null, _icontains, and fields of related rows."""
        return all(self._fits(collection, row, name, rule) for name, rule in (where or {}).items())

    def _fits(self, collection: str, row: Row, name: str, rule: Any) -> bool:
        if name in {"_and", "_or"}:
            return (all if name == "_and" else any)(self.fits(collection, row, part) for part in rule)
        if any(operator.startswith("_") for operator in rule):
            return all(compare(row.get(name), operator, value) for operator, value in rule.items())
        target = RELATIONS[collection].get(name)
        if target is None:
            raise RefusedError(403, "FORBIDDEN", f'You don\'t have permission to access field "{name}".')
        related = self.tables[target].get(str(row.get(name)))
        return related is not None and self.fits(target, related, rule)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows; missing ones are ignored, rows that others refer to are an error."""
        table = self.table(collection)
        for other, relations in RELATIONS.items():
            for name, target in relations.items():
                users = [row for row in self.tables[other].values() if row.get(name) in ids]
                if target == collection and users:
                    raise RefusedError(500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred.")
        for row_id in ids:
            table.pop(row_id, None)

    def write(self, method: str, collection: str, rows: Any) -> list[Row]:
        """Create (POST) or update (PATCH) rows, all or none."""
        self.table(collection)
        act = directus_writes.create if method == "POST" else directus_writes.update
        many = rows if isinstance(rows, list) else [rows]
        try:
            return act(self.tables, RELATIONS[collection], collection, many, self.check)
        except WriteRefusedError as refusal:
            status = 403 if refusal.code == "FORBIDDEN" else 400
            raise RefusedError(status, refusal.code, refusal.message) from refusal

    def keys(self, collection: str, which: Any) -> list[str]:
        """Return the ids to delete: those listed, all of which have to be there, or those of a query."""
        if isinstance(which, dict):
            return [row["id"] for row in self.select(collection, which["query"])]
        if not set(which) <= set(self.table(collection)):
            raise FORBIDDEN
        return list(which)

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Row:
        """Answer a query for lists."""
        try:
            selections = parse(query, variables)
        except QueryError as error:
            raise invalid_query(str(error)) from error
        for selection in selections:
            if selection.name not in self.tables:
                raise invalid_query(f'Cannot query field "{selection.name}" on type "Query".')
        return {s.alias: self._project_all(s) for s in selections}

    def _project_all(self, selection: Selection) -> list[Row]:
        rows = self.select(selection.name, selection.arguments)
        return [self._project(selection.name, row, selection.fields) for row in rows]

    def _project(self, collection: str, row: Row, fields: Sequence[Selection]) -> Row:
        return {f.alias: self._value(collection, row, f) for f in fields}

    def _value(self, collection: str, row: Row, selection: Selection) -> Any:
        value = row.get(selection.name)
        if isinstance(value, list):
            limit = int(selection.arguments.get("limit") or DEFAULT_LIMIT)
            return [_plain(entry, selection.fields) for entry in value[:limit]] if selection.fields else value
        if not selection.fields:
            return value
        target = RELATIONS[collection][selection.name]
        related = self.tables[target].get(str(row.get(selection.name)))
        return self._project(target, related, selection.fields) if related else None


def _plain(row: Row, fields: Sequence[Selection]) -> Row:
    """Project a row that is kept within another."""
    values = {f.name: row[f.name] for f in fields}
    for inner in (f for f in fields if f.fields and values[f.name]):
        values[inner.name] = _plain(values[inner.name], inner.fields)
    return values


class _Handler(BaseHTTPRequestHandler):
    """One connection; ``directus`` is set by the subclass that each server makes."""

    directus: DirectusServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two would wait for the delayed acknowledgement of the first

    def log_message(self, *_arguments: object) -> None:
        return

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        self.directus.requests.append((method, url.path))
        fault = self.directus.next_fault(method, url.path)
        if fault is not None and self._broken(fault):
            return
        if len(body) > MAX_PAYLOAD:
            refusal = RefusedError(400, "INVALID_PAYLOAD", "Invalid payload. request entity too large.")
            self._reply(refusal.status, json.dumps(refusal.body).encode(), "application/json")
            return
        try:
            with self.directus.lock:
                token = self.headers.get("authorization", "").removeprefix("Bearer ")
                status, content, media_type = answer(
                    self.directus, method, url.path, parse_qs(url.query), body, token
                )
        except RefusedError as error:
            status, content, media_type = error.status, json.dumps(error.body).encode(), "application/json"
        self.directus.after(method, url.path)
        if fault is not None and fault.drop_after:
            self.close_connection = True
            return
        self._reply(status, content, media_type, cut=fault is not None and fault.cut)

    def _broken(self, fault: Fault) -> bool:
        """Do what the fault says; return whether the request is over."""
        if fault.delay:
            threading.Event().wait(fault.delay)
        if fault.drop:
            self.close_connection = True
            return True
        if not fault.status:
            return False
        error = RefusedError(fault.status, fault.code, "Injected fault.")
        self._reply(
            fault.status, fault.body or json.dumps(error.body).encode(), "application/json", fault.retry_after
        )
        return True

    def _reply(
        self, status: int, content: bytes, media_type: str, retry_after: str = "", *, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(content) + cut))
        if retry_after:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.close_connection or cut
