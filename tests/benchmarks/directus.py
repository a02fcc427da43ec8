"""Requests and time that seeding and cleanup take on a real Directus, against one request a row."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from infra.directus.install import NotInstallableError, cache_folder, ensure_installed
from infra.directus.rest import Rest
from shared.directus.rows import CHILDREN_FIRST, PARENTS_FIRST
from shared.jobs.model import Job, Kind, Status
from tests.benchmarks.figures import show
from tests.peers.directus import DirectusServer, copy_of, template
from tests.peers.seeding import REQUESTS_OF_ANALYSIS, Bench, make_bench
from tests.support.paths import SAMPLES

POLICY = SAMPLES / "helvora-en.pdf"


def run() -> None:
    """Print the figures; one line with the reason where this machine cannot run Directus."""
    try:
        installation = ensure_installed(cache_folder(os.environ))
    except NotInstallableError as error:
        show("seeding into Directus", f"not measured: {error}")
        return
    with tempfile.TemporaryDirectory(prefix="clauseworks-bench-directus-") as folder:
        server = copy_of(template(Path(folder), installation), installation, {})
        try:
            url = server.start()
            with Rest(url, server.credentials.admin_token) as rest:
                _measure(DirectusServer(server, url, rest))
        finally:
            server.remove()


def _measure(server: DirectusServer) -> None:
    bench = make_bench(server)
    bench.attach(POLICY)
    # Directus builds its GraphQL schema with the first query.
    _done(bench, bench.submit(dry_run_directus=True))
    seeding = _requests(bench, bench.submit())[REQUESTS_OF_ANALYSIS:]
    rows = bench.rows()
    cleaning = _requests(bench, bench.submit(Kind.CLEANUP))
    with httpx.Client(base_url=server.url, headers=_bearer(server), timeout=60, trust_env=False) as api:
        for name, batched, method in (("seeding", seeding, "POST"), ("cleaning up", cleaning, "DELETE")):
            singly = _one_by_one(api, method, rows)
            show(f"{name} {len(singly)} rows", f"{len(batched):3d} requests   {sum(batched):6.2f} s")
            ratio = sum(singly) / sum(batched)
            figure = f"{len(singly):3d} requests   {sum(singly):6.2f} s   ratio {ratio:.1f}"
            show(f"{name} the same rows one by one", figure)


def _done(bench: Bench, job: Job) -> None:
    ended = bench.drain(job)
    if ended.status is not Status.COMPLETED:
        raise RuntimeError(f"job is {ended.status}: {ended.error}")


def _requests(bench: Bench, job: Job) -> list[float]:
    """Execute a job; return the seconds that each of its requests took."""
    bench.seconds.clear()
    _done(bench, job)
    return list(bench.seconds)


def _one_by_one(api: httpx.Client, method: str, rows: Mapping[str, Mapping[str, Any]]) -> list[float]:
    """Write or delete each row by a request of its own; return the seconds of each."""
    seconds = []
    for collection in PARENTS_FIRST if method == "POST" else CHILDREN_FIRST:
        for row_id, row in rows[collection].items():
            path = f"/items/{collection}" + ("" if method == "POST" else f"/{row_id}")
            began = time.perf_counter()
            api.request(method, path, json=row if method == "POST" else None).raise_for_status()
            seconds.append(time.perf_counter() - began)
    return seconds


def _bearer(server: DirectusServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.worker_token}"}
