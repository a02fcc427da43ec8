"""What the fake Directus answers: routes, files, fields, filters, and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from tests.support.fakes.directus_server import DirectusServer

TOKEN = "static-token-of-the-fake"


class RefusedError(Exception):
    """An answer that is an error, with its status and Directus's code."""

    def __init__(
        self, status: int, code: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"errors": [{"message": message, "extensions": {**(details or {}), "code": code}}]}


FORBIDDEN = RefusedError(403, "FORBIDDEN", "You don't have permission to access this.")


def answer(
    directus: DirectusServer,
    method: str,
    path: str,
    query: Mapping[str, list[str]],
    body: bytes,
    token: str = TOKEN,
) -> tuple[int, bytes, str]:
    """Return status, content and media type for a request; raises RefusedError."""
    if token != TOKEN and token not in directus.users:
        raise RefusedError(401, "INVALID_CREDENTIALS", "Invalid user credentials.")
    parts = [unquote(part) for part in path.strip("/").split("/")]
    match [method, *parts]:
        case ["GET", "assets" | "files" as kind, file_id]:
            return _file(directus, kind, file_id, query)
        case ["GET", "items", collection, item_id]:
            row = directus.table(collection).get(item_id)
            if row is None or item_id not in directus.users.get(token, {item_id}):
                raise FORBIDDEN
            return _json(row, query)
        case ["GET", "items", collection]:
            plain: dict[str, Any] = {name: values[0] for name, values in query.items()}
            where = json.loads(plain.get("filter", "{}"))
            if token != TOKEN:
                where = {"_and": [where, {"id": {"_in": sorted(directus.users[token])}}]}
            return _json(directus.select(collection, {**plain, "filter": where}), query)
        case ["POST" | "PATCH", "items", collection]:
            return _json(directus.write(method, collection, json.loads(body)), query)
        case ["DELETE", "items", collection]:
            directus.remove(collection, directus.keys(collection, json.loads(body)))
            return 204, b"", "application/json"
        case ["POST", "graphql"]:
            request = json.loads(body)
            return _json(directus.graphql(request["query"], request.get("variables") or {}), {})
    raise RefusedError(404, "ROUTE_NOT_FOUND", f"Route {path} doesn't exist.")


def _file(
    directus: DirectusServer, kind: str, file_id: str, query: Mapping[str, list[str]]
) -> tuple[int, bytes, str]:
    """Answer with a file, or with what is known of it."""
    if file_id not in directus.files:
        raise FORBIDDEN
    data, media_type = directus.files[file_id]
    if kind == "assets":
        return 200, data, media_type
    name = directus.file_names.get(file_id, file_id)
    size = str(directus.file_sizes.get(file_id, len(data)))
    row = {"id": file_id, "filename_download": name, "type": media_type, "filesize": size}
    return _json(row, query)


def _json(data: Any, query: Mapping[str, list[str]]) -> tuple[int, bytes, str]:
    fields = query.get("fields", ["*"])[0].split(",")
    if fields != ["*"]:
        cut = [
            {name: row.get(name) for name in fields} for row in (data if isinstance(data, list) else [data])
        ]
        data = cut if isinstance(data, list) else cut[0]
    return 200, json.dumps({"data": data}).encode(), "application/json"


def compare(value: Any, operator: str, operand: Any) -> bool:
    match operator:
        case "_eq":
            return bool(value == operand)
        case "_in":
            return value in operand
        case "_null":
            return (value is None) is bool(operand)
        case "_icontains":
            return str(operand).lower() in str(value or "").lower()
    raise RefusedError(400, "INVALID_QUERY", f'Invalid query. No "{operator}" filter operator.')


def invalid_query(reason: str) -> RefusedError:
    return RefusedError(
        400, "GRAPHQL_VALIDATION", "GraphQL validation error.", {"errors": [{"message": reason}]}
    )
