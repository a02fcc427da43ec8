"""What it costs to import the API's handler, against importing its two frameworks alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.benchmarks.figures import percentile, show

ROUNDS = 9
SECRET = "benchmark-secret-of-thirty-two-bytes"
ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": "http://127.0.0.1:9/analysis",
    "CLEANUP_QUEUE_URL": "http://127.0.0.1:9/cleanup",
    "NOTIFICATION_QUEUE_URL": "http://127.0.0.1:9/notifications",
    "DIRECTUS_SECRET": SECRET,
}


def _seconds(statement: str) -> float:
    """Return the time that a fresh interpreter takes for a statement, its own start included."""
    began = time.perf_counter()
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT}
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return time.perf_counter() - began


def run() -> None:
    """Print both import times, less the interpreter's start, and their ratio."""
    statements = {
        "bare": "pass",
        "peer": "import fastapi, mangum",
        "ours": "import functions.api.handler",
    }
    rounds = [{name: _seconds(statement) for name, statement in statements.items()} for _ in range(ROUNDS)]
    median = {name: percentile([times[name] for times in rounds], 0.5) for name in statements}
    ours, peer = median["ours"] - median["bare"], median["peer"] - median["bare"]
    show("import of the API handler", f"{1000 * ours:6.0f} ms")
    show("import of fastapi and mangum alone", f"{1000 * peer:6.0f} ms   ratio {ours / peer:.2f}")
