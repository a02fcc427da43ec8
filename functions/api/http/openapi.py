"""The OpenAPI document: what every route says of its problems, and what the framework leaves out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from functions.api.http import problems

_DESCRIPTIONS = {
    304: "Nothing has changed since the state that If-None-Match names",
    400: "The body cannot be read",
    401: "No token, or one that does not hold",
    403: "The caller may not do this",
    404: "Not found, or not the caller's",
    409: "The state does not allow this",
    413: "Too large",
    415: "Wrong content type",
    422: "The request does not meet the contract",
    429: "Too much at once; try again after Retry-After",
    503: "A part that the API needs does not answer; try again after Retry-After",
}

READ = (401, 404, 503)
COMPARE = (400, 401, 404, 409, 413, 415, 422, 503)
CHANGE = (401, 403, 404, 409, 503)
SUBMIT = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
OPERATE = (401, 403, 503)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problem responses of a route, for its ``responses``."""
    schema = {"$ref": "#/components/schemas/ProblemView"}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": {problems.MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def complete(document: dict[str, Any], problem_view: type[BaseModel]) -> dict[str, Any]:
    """Add the schema of problems, and drop the framework's own, which no answer has."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    model = problem_view.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs", {}))
    schemas["ProblemView"] = model
    for schema in schemas.values():
        _mark_files(schema.get("properties", {}))
    for path in document["paths"].values():
        for operation in path.values():
            _replace_validation(operation["responses"])
    return document


def _mark_files(properties: dict[str, Any]) -> None:
    """Name files in the way of OpenAPI 3.0, too, which is the one that generators of clients know."""
    for field in properties.values():
        if field.get("contentMediaType") == "application/octet-stream":
            field["format"] = "binary"


def _replace_validation(responses: dict[str, Any]) -> None:
    """Say of 422 what is true: a problem document."""
    if "422" in responses and "application/json" in responses["422"].get("content", {}):
        responses["422"] = problem_responses(422)[422]
