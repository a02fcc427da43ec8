"""How long a change takes to a client that it is pushed to, on a stack of its own."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx
from websockets.sync.client import connect

from infra.local.paths import Paths
from infra.local.stack import LocalStack
from shared.clock import from_text, utc_now
from tests.benchmarks.figures import percentile, show
from tests.support.paths import SAMPLES

SMALL = SAMPLES / "small.md"
JOBS = 12


def run() -> None:
    """Print the figures of jobs that are followed one after the other."""
    shared = Paths.from_environment({})
    with tempfile.TemporaryDirectory(prefix="clauseworks-push-") as folder:
        stack = LocalStack(
            replace(shared, state=Path(folder)), {"PUSH": "true"}, name="clauseworks-push", fixed_ports=False
        )
        with stack:
            waits = [wait for _ in range(JOBS) for wait in _follow(stack)]
    middle, late = (1000 * percentile(waits, share) for share in (0.5, 0.95))
    show(f"written to pushed, {len(waits)} events", f"p50 {middle:7.1f} ms   p95 {late:7.1f} ms")


def _follow(stack: LocalStack) -> list[float]:
    """Return the seconds from each event to the client, those apart that came before it listened."""
    headers = {"Authorization": f"Bearer {stack.token()}"}
    files = {"file": (SMALL.name, SMALL.read_bytes(), "text/markdown")}
    deployed = stack.deployed
    host = deployed.endpoint.removeprefix("http://")
    path = f"_aws/execute-api/{deployed.outputs['PushApiId']}/{deployed.outputs['StageName']}"
    with connect(f"ws://{host}/{path}", proxy=None) as socket:
        answer = httpx.post(f"{stack.gateway_url}/jobs/upload", files=files, headers=headers, timeout=60)
        job_id = answer.raise_for_status().json()["job_id"]
        began = utc_now()
        socket.send(json.dumps({"action": "watch", "token": stack.token(), "job_id": job_id}))
        waits: list[float] = []
        status = ""
        while status not in {"completed", "failed", "cancelled"}:
            events = json.loads(socket.recv(timeout=60))["events"]
            now = utc_now()
            fresh = [at for event in events if (at := from_text(event["at"])) > began]
            waits += [(now - at).total_seconds() for at in fresh]
            status = events[-1]["status"]
    return waits


if __name__ == "__main__":
    run()
