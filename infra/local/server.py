"""The API's own application on the loopback, for people: docs, console, true event streams."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from infra.local.emulator import KEPT
from infra.local.errors import LocalError
from infra.local.package import digest
from infra.local.paths import Paths
from infra.local.processes import HOST, POLL_SECONDS, Process, free_port, start

PORT = 8000
START_SECONDS = 30.0
APPLICATION = "functions.api.local:create_app"
IDENTITY = "clauseworks-stack"


def serve(paths: Paths, environment: Mapping[str, str], ports: Sequence[int]) -> Process:
    """Start uvicorn with the API's environment and wait until it answers; one that runs is replaced.

    It listens on the first of ``ports`` that is free (0 stands for any).
    """
    stop_server(paths)
    # Again, because a neighbour may take the port before we do.
    for _ in range(3):
        process = _start(paths, environment, free_port(ports))
        if _ready(paths, process):
            process.save(_record(paths))
            return process
        process.stop()
    raise LocalError(f"the API server did not start; its log is {_log(paths)}:\n{_tail(paths)}")


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


def _start(paths: Paths, environment: Mapping[str, str], port: int) -> Process:
    command = [sys.executable, "-m", "uvicorn", APPLICATION, "--factory", "--host", HOST, "--port", str(port)]
    command += ["--header", f"{IDENTITY}:{_identity(paths)}", "--no-server-header", "--log-level", "warning"]
    # Open event streams end with the server.
    command += ["--timeout-graceful-shutdown", "2"]
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    return start(command, {**inherited, **environment}, log=_log(paths), folder=paths.root, port=port)


def _ready(paths: Paths, process: Process) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.alive and time.monotonic() < deadline:
        try:
            identity = httpx.get(f"{url_of(process)}/health", timeout=2).headers.get(IDENTITY)
        except httpx.TransportError:
            time.sleep(POLL_SECONDS)
        else:
            # A neighbour may have taken the port in between and answered in our place.
            return bool(identity == _identity(paths))
    return False


def _identity(paths: Paths) -> str:
    return digest([str(paths.state).encode()])


def _tail(paths: Paths) -> str:
    return "\n".join(_log(paths).read_text(errors="replace").splitlines()[-15:])


def _record(paths: Paths) -> Path:
    return paths.state / "server.json"


def _log(paths: Paths) -> Path:
    return paths.logs / "server.log"
