"""The Lambda handlers, each in a process of its own: what they load, and when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from infra.local.paths import CHECKOUT
from tests.support.api.events import ENVIRONMENT, event


def run(script: str, **environment: str) -> Any:
    """Run a script in a new interpreter, and return the JSON of its last line."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_api_s_health_loads_neither_aws_nor_analysis() -> None:
    script = f"""
import json, sys
from functions.api.handler import handler
answer = handler({event("GET", "/health")!r}, None)
heavy = ("boto3", "numpy", "pypdfium2", "lxml", "docx", "jwt", "httpx",
         "functions.analyze", "shared.aws.clients")
loaded = [name for name in sys.modules if name in heavy or name.startswith(("boto3.", "functions.analyze"))]
print()
print(json.dumps([answer["statusCode"], loaded]))
"""
    assert run(script) == [200, []]


def test_the_api_s_first_protected_request_wires_aws_lazily() -> None:
    script = f"""
import json, sys
from functions.api.handler import app, handler
refused = handler({event("GET", "/jobs")!r}, None)
before = "boto3" in sys.modules
dependencies = app.state.dependencies()
print()
same = dependencies is app.state.dependencies()
print(json.dumps([refused["statusCode"], before, same, sorted(dependencies.checks)]))
"""
    assert run(script, AWS_DEFAULT_REGION="eu-central-1") == [
        401,
        False,
        True,
        ["analysis_queue", "cleanup_queue", "documents_bucket", "jobs_table"],
    ]


def test_a_missing_setting_stops_the_api() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import functions.api.handler"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, "DIRECTUS_SECRET": "too-few-letters"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "directus_secret" in done.stderr
    assert "too-few-letters" not in done.stderr


def test_the_wait_function_loads_nothing_that_submitting_needs() -> None:
    script = f"""
import json, sys
from functions.api.waiting.handler import handler
answer = handler({event("GET", "/jobs/x/events")!r}, None)
heavy = ("boto3", "numpy", "httpx", "jwt", "functions.analyze", "shared.aws.clients",
         "functions.api.app", "functions.api.services.submit", "functions.api.services.products",
         "functions.api.services.operators")
print()
print(json.dumps([answer["statusCode"], [name for name in sys.modules if name in heavy]]))
"""
    assert run(script) == [401, []]


def test_the_wait_function_waits_on_aws_for_as_long_as_it_is_told() -> None:
    script = """
import json
from functions.api.waiting.handler import app
records, watch = app.state.dependencies(), app.state.watch()
print()
print(json.dumps([type(records).__name__, type(records.jobs).__name__, watch.longest, watch.streams]))
"""
    assert run(script, WAIT_SECONDS="7", AWS_DEFAULT_REGION="eu-central-1") == [
        "RecordDependencies",
        "DynamoJobs",
        7,
        False,
    ]


@pytest.mark.parametrize(
    ("function", "heavy"),
    [
        ("analyze", {"boto3", "pypdfium2", "lxml", "httpx", "yaml"}),
        ("cleanup", {"boto3", "httpx"}),
        ("notify", {"boto3", "httpx"}),
    ],
)
def test_a_worker_s_handler_itself_loads_no_client_or_document_library(
    function: str, heavy: set[str]
) -> None:
    script = f"""
import json, sys
import functions.{function}.handler
print(json.dumps(sorted({heavy!r} & set(sys.modules))))
"""
    assert run(script) == []
