"""``python -m functions.api.openapi_snapshot [--check]``: write the OpenAPI document, or compare it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"


def render() -> str:
    """Return the document's text; it does not depend on the environment."""
    from functions.api.app import create_app
    from functions.api.settings import ApiSettings

    placeholders: Mapping[str, Any] = {
        "jobs_table": "jobs",
        "documents_bucket": "documents",
        "analysis_queue_url": "analysis",
        "cleanup_queue_url": "cleanup",
        "notification_queue_url": "notifications",
        "directus_secret": "x" * 32,
    }
    document = create_app(settings=ApiSettings(**placeholders)).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; return the exit code."""
    text = render()
    if "--check" not in arguments:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(text, encoding="utf-8")
        return 0
    if SNAPSHOT.exists() and SNAPSHOT.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{SNAPSHOT.name} is out of date: run python -m functions.api.openapi_snapshot\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
