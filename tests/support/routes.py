"""The API's routes as the template has them; each request for one is found again in a function's log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from infra.local.paths import CHECKOUT
from tests.support import shipped

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PREFIXES = ("", "/api/v1")
WAITING = ("/jobs/{job_id}/events", "/jobs/{job_id}/wait", "/documents/{document_id}/progress")
# What the functions call themselves in their log lines.
SERVICES = {"api": "ApiFunction", "wait": "WaitFunction"}
# Names an id of the right form that belongs to nothing, also where a path has another variable.
NOTHING = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Route:
    """A path, a verb and the function (by logical name) that answers there."""

    path: str
    verb: str
    function: str

    @property
    def address(self) -> str:
        """A path of this form."""
        return re.sub(r"\{[^}]+\}", NOTHING, self.path)


def of_template() -> list[Route]:
    """Return every route of the template's ``DefinitionBody``."""
    paths = shipped.template()["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    return [
        Route(path, verb.upper(), _function(operation["x-amazon-apigateway-integration"]["uri"]))
        for path, operations in paths.items()
        for verb, operation in operations.items()
    ]


def of_application() -> list[Route]:
    """Return every operation of the application's OpenAPI document, under all its prefixes."""
    document = json.loads((CHECKOUT / "docs" / "api" / "openapi.json").read_text())
    return [
        Route(prefix + path, verb.upper(), "WaitFunction" if path in WAITING else "ApiFunction")
        for prefix in PREFIXES
        for path, operations in document["paths"].items()
        for verb in operations
    ]


def walk(api: httpx.Client, routes: Sequence[Route], run: str) -> dict[str, Route]:
    """Ask for every route, as nobody; return them by the id of the request, which begins with ``run``."""
    asked = {f"{run}-{number}": route for number, route in enumerate(routes)}
    for request_id, route in asked.items():
        answer = api.request(route.verb, route.address, headers={"X-Request-Id": request_id})
        assert answer.headers.get("x-request-id") == request_id, (route, answer.status_code, answer.text)
    return asked


def answered(lines: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return which function answered each request, and by which route of the application."""
    found = {}
    for line in lines:
        if (entry := _entry(line)).get("message") == "Request":
            found[entry["request_id"]] = (SERVICES[entry["service"]], entry["route"])
    return found


def misled(asked: Mapping[str, Route], found: Mapping[str, tuple[str, str]]) -> list[tuple[Route, str]]:
    """Return the routes that another function answered than the one that should, or none."""
    return [
        (route, found.get(request_id, ("nobody", ""))[0])
        for request_id, route in asked.items()
        if found.get(request_id, ("nobody", ""))[0] != route.function
    ]


def _function(uri: Mapping[str, str]) -> str:
    (name,) = re.findall(r"\$\{(\w+)\.Arn\}", uri["Fn::Sub"])
    return str(name)


def _entry(line: str) -> dict[str, str]:
    """Return the log entry in a line, which may begin with something else; empty where there is none."""
    try:
        entry = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
