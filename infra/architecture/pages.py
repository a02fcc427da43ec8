"""The parts of pages that are made from the code, between ``<!-- made: NAME -->`` and ``<!-- end -->``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.architecture import data_layout
from infra.architecture.contracts import floors

PAGES = ("README.md", "docs/architecture.md")
OPENAPI = "docs/api/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
_PART = re.compile(r"(<!-- made: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def stale(checkout: Path) -> list[str]:
    """Return the pages that do not show what the code says."""
    return [page for page in PAGES if (checkout / page).read_text("utf-8") != _made(checkout, page)]


def write(checkout: Path) -> None:
    """Make the parts of all pages anew."""
    for page in PAGES:
        (checkout / page).write_text(_made(checkout, page), encoding="utf-8")


def _made(checkout: Path, page: str) -> str:
    makers: Mapping[str, Callable[[], str]] = {
        "calls": lambda: calls_table(json.loads((checkout / OPENAPI).read_text("utf-8"))),
        "floors": floors_table,
        "dynamodb": data_layout.dynamodb_table,
        "dynamodb-indexes": data_layout.dynamodb_indexes,
        "s3": data_layout.s3_table,
    }
    text = (checkout / page).read_text("utf-8")
    return _PART.sub(lambda part: f"{part[1]}{makers[part[2]]().strip()}\n{part[3]}", text)


def calls_table(openapi: Mapping[str, Any]) -> str:
    """Return all calls of the API as a Markdown table: by subject, each with its first sentence."""
    by_subject: dict[str, list[str]] = {}
    for call, operation in _operations(openapi):
        sentence = operation["description"].split("\n")[0].replace("``", "`").replace("|", "\\|")
        by_subject.setdefault(operation["tags"][0], []).append(f"| `{call}` | {sentence} |")
    lines = [line for subject, rows in by_subject.items() for line in (f"| **{subject}** | |", *rows)]
    return "\n".join(["| call | what it does |", "|---|---|", *lines])


def floors_table() -> str:
    """Return the floors of each folder as a Markdown table, the highest first."""
    lines = [
        f"| `{folder.replace('.', '/')}/` | {' → '.join(', '.join(sorted(names)) for names in of)} |"
        for folder, of in floors().items()
    ]
    return "\n".join(
        ["| folder | rooms, from those that import to those that are imported |", "|---|---|", *lines]
    )


def _operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, operations in openapi["paths"].items():
        for method in METHODS:
            if method in operations:
                yield f"{method.upper()} {path}", operations[method]
