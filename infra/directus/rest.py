"""Directus's REST interface for an administrator, as the bootstrap needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx

from infra.local.errors import LocalError

Row = dict[str, Any]
TIMEOUT_SECONDS = 60.0
ALL = "-1"


class Rest:
    """A connection to ``url`` with a token. Every refusal is a LocalError with Directus's own words."""

    def __init__(self, url: str, token: str) -> None:
        # Directus's own address, never a proxy's.
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def __enter__(self) -> Rest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> Any:
        """Return the ``data`` at a path."""
        return self._data("GET", path, params=query)

    def search(self, path: str, query: Mapping[str, Any]) -> Any:
        """Return the ``data`` of a query too long for an address."""
        return self._data("SEARCH", path, json={"query": query})

    def post(self, path: str, body: object) -> Any:
        """Send a new row, or several."""
        return self._data("POST", path, json=body)

    def patch(self, path: str, body: object) -> Any:
        """Change a row, or several that carry their ids."""
        return self._data("PATCH", path, json=body)

    def delete(self, path: str, body: object = None) -> None:
        """Delete what the path or the ids in the body name."""
        self._data("DELETE", path, json=body)

    def upload(self, row: Mapping[str, str], name: str, content: bytes, media_type: str) -> None:
        """Store a file with the fields of its row, such as ``id`` and ``title``."""
        self._data("POST", "/files", data=dict(row), files={"file": (name, content, media_type)})

    def store(self, path: str, rows: Sequence[Row]) -> int:
        """Create the rows that are missing, mend those that differ in a field named here; return how many."""
        fields = ",".join(sorted({name for row in rows for name in row}))
        there = {row["id"]: row for row in self.get(path, fields=fields, limit=ALL)}
        missing = [row for row in rows if row["id"] not in there]
        known = [row for row in rows if row["id"] in there]
        differing = [row for row in known if not row.items() <= there[row["id"]].items()]
        if missing:
            self.post(path, missing)
        if differing:
            self.patch(path, differing)
        return len(missing) + len(differing)

    def _data(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise LocalError(f"Directus does not answer: {error or type(error).__name__}") from error
        if answer.is_error:
            raise LocalError(f"Directus refused {method} {path} ({answer.status_code}): {_words(answer)}")
        return answer.json().get("data") if answer.content else None


def _words(answer: httpx.Response) -> str:
    try:
        return "; ".join(str(error["message"]) for error in answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
