"""The API's own application on the loopback, for people: docs, console, true event streams."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from infra.local.emulator import HOST, KEPT, free_port
from infra.local.errors import LocalError
from infra.local.package import digest
from infra.local.paths import Paths
from infra.local.processes import POLL_SECONDS, Process, start

PORT = 8000
START_SECONDS = 30.0
APPLICATION = "functions.api.app:create_app"
IDENTITY = "clauseworks-stack"


def serve(paths: Paths, environment: Mapping[str, str], port: int | None = None) -> Process:
    """Start uvicorn with the API's environment and wait until it answers; one that runs is replaced."""
    stop_server(paths)
    chosen = free_port(port or PORT)
    identity = digest([str(paths.state).encode()])
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        APPLICATION,
        "--factory",
        "--host",
        HOST,
        "--port",
        str(chosen),
    ]
    command += ["--header", f"{IDENTITY}:{identity}", "--no-server-header", "--log-level", "warning"]
    # Open event streams end with the server.
    command += ["--timeout-graceful-shutdown", "2"]
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    process = start(command, {**inherited, **environment}, log=_log(paths), folder=paths.root, port=chosen)
    deadline = time.monotonic() + START_SECONDS
    while _identity(process) != identity:
        if not process.alive or time.monotonic() > deadline:
            process.stop()
            raise LocalError(f"the API server did not start; its log is {_log(paths)}:\n{_tail(paths)}")
        time.sleep(POLL_SECONDS)
    process.save(_record(paths))
    return process


def server(paths: Paths) -> Process | None:
    """Return this stack's API server where it runs."""
    return Process.load(_record(paths))


def stop_server(paths: Paths) -> bool:
    """Stop the API server; return whether it ran."""
    process = server(paths)
    if process is not None:
        process.stop()
    _record(paths).unlink(missing_ok=True)
    return process is not None


def url_of(process: Process) -> str:
    """Return the address of a running API server."""
    return f"http://{HOST}:{process.port}"


def _identity(process: Process) -> str:
    """Return whose server answers: a neighbour may have taken the port in between."""
    try:
        return str(httpx.get(f"{url_of(process)}/health", timeout=2).headers.get(IDENTITY, ""))
    except httpx.TransportError:
        return ""


def _tail(paths: Paths) -> str:
    return "\n".join(_log(paths).read_text(errors="replace").splitlines()[-15:])


def _record(paths: Paths) -> Path:
    return paths.state / "server.json"


def _log(paths: Paths) -> Path:
    return paths.logs / "server.log"
