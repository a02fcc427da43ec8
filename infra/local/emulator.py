"""The emulator of AWS: an environment of its own, started on the loopback, stopped with its state saved."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from infra.local.errors import LocalError
from infra.local.package import digest, environment
from infra.local.paths import Paths
from infra.local.processes import HOST, POLL_SECONDS, Process, free_port, start

PORT = 4566
START_SECONDS = 60.0
HERE = Path(__file__).parent
# Everything else of the caller's environment stays out: the functions would inherit it.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


def ensure_environment(paths: Paths) -> Path:
    """Return the Python of the emulator's environment, which is built where it is missing."""
    return environment(
        paths, "emulator", HERE / "requirements-emulator.txt", HERE / "constraints-emulator.txt"
    )


def running(paths: Paths) -> Process | None:
    """Return this stack's emulator where it runs."""
    return Process.load(_record(paths))


def endpoint_of(process: Process) -> str:
    """Return the address of a running emulator."""
    return f"http://{HOST}:{process.port}"


def start_emulator(
    paths: Paths,
    python: Path,
    ports: Sequence[int],
    *,
    enforce_permissions: bool = False,
    extra: Mapping[str, str] | None = None,
) -> Process:
    """Start the emulator and wait until it answers; one that runs already is returned as it is.

    It listens on the first of ``ports`` that is free (0 stands for any). With ``enforce_permissions`` the
    functions may do only what their roles allow. ``extra`` adds to its environment.
    """
    if (process := running(paths)) is not None:
        return process
    # Again, because a neighbour may take the port before we do.
    for _ in range(3):
        process = _start(paths, python, free_port(ports), enforce_permissions, extra or {})
        if _ready(paths, process):
            process.save(_record(paths))
            return process
        process.stop()
    raise LocalError(f"the emulator did not start; its log is {_log(paths)}")


def stop_emulator(paths: Paths) -> bool:
    """Stop the emulator so that it saves its state; return whether it ran."""
    process = running(paths)
    if process is not None:
        process.stop()
    _record(paths).unlink(missing_ok=True)
    return process is not None


def instance(paths: Paths) -> str:
    """Return the name by which the emulator marks the containers it starts."""
    return f"{edition(paths)}:{PORT}"


def edition(paths: Paths) -> str:
    """Return what tells this stack's emulator from a neighbour's; its health report shows it."""
    return f"clauseworks-{digest([str(paths.state).encode()])}"


def _start(
    paths: Paths, python: Path, port: int, enforce_permissions: bool, extra: Mapping[str, str]
) -> Process:
    data = paths.emulator
    # The workers' folders of the last run; nothing there is kept on purpose.
    shutil.rmtree(data / "tmp", ignore_errors=True)
    for folder in ("state", "s3", "tmp"):
        (data / folder).mkdir(parents=True, exist_ok=True)
    variables = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        # The port that queue URLs name. They are the emulator's keys to the queues, and so must outlive a
        # change of the port on which it listens; clients and functions go by the endpoint.
        "GATEWAY_PORT": str(PORT),
        "MINISTACK_HOST": HOST,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AUTH": "true" if enforce_permissions else "false",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_EDITION": edition(paths),
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "TMPDIR": str(data / "tmp"),
        "DOCKER_HOST": "unix:///nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
        **extra,
    }
    command = [str(python), "-m", "hypercorn", "ministack.app:app", "--bind", f"{HOST}:{port}"]
    # No worker processes: one process, whose end is the emulator's end.
    command += ["--workers", "0", "--keep-alive", "75", "--graceful-timeout", "1", "--log-level", "WARNING"]
    process = start(command, variables, log=_log(paths), folder=data, port=port)
    if hasattr(resource, "prlimit"):
        # A thousand waiting clients need more than the usual 1024 open files.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    return process


def _ready(paths: Paths, process: Process) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.alive and time.monotonic() < deadline:
        try:
            told = httpx.get(f"{endpoint_of(process)}/_ministack/health", timeout=2).json()["edition"]
        except (httpx.TransportError, ValueError):
            time.sleep(POLL_SECONDS)
        else:
            # A neighbour may have taken the port in between and answered in our place.
            return bool(told == edition(paths))
    return False


def _record(paths: Paths) -> Path:
    return paths.state / "emulator.json"


def _log(paths: Paths) -> Path:
    return paths.logs / "emulator.log"
