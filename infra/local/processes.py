"""Background processes that outlive the command which started them.

A record file names the process by its id and its start time, so that an id which the system gave to
somebody else in the meantime is never signalled.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.errors import LocalError

HOST = "127.0.0.1"
POLL_SECONDS = 0.05

# Held so that an ended child of this very process is reaped, and a running one never counts as leaked.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Process:
    """One background process; ``started`` is its start as the system writes it, ``port`` where it listens."""

    pid: int
    started: str
    port: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        _reap(self.pid)
        return _start_of(self.pid) == self.started

    def stop(self, grace_seconds: float = 20.0) -> None:
        """End the process and its children: SIGTERM, then SIGKILL after ``grace_seconds``."""
        if not self.alive:
            return
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        # Also the children, which may outlive their parent for a moment and keep its group's number.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.alive:
            time.sleep(POLL_SECONDS)

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the running process of this id."""
        return cls(pid, _start_of(pid) or "", 0)

    def save(self, record: Path) -> None:
        """Write the record from which another command finds this process again."""
        record.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, record: Path) -> Process | None:
        """Return the recorded process where it still runs."""
        try:
            process = cls(**json.loads(record.read_text()))
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return None
        return process if process.alive else None


def start(
    arguments: Sequence[str], environment: Mapping[str, str], *, log: Path, folder: Path, port: int
) -> Process:
    """Start a process in a session of its own, in ``folder``; its output is appended to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[child.pid] = child
    return Process(child.pid, _start_of(child.pid) or "", port)


def free_port(wanted: Sequence[int]) -> int:
    """Return the first of the ports at which nothing listens; 0 stands for any, and is always tried last."""
    for port in (*wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalError("the system has no free port")


def _reap(pid: int) -> None:
    if (child := _children.get(pid)) is not None and child.poll() is not None:
        del _children[pid]


def _start_of(pid: int) -> str | None:
    """Return when a running process started; ``None`` for one that ended or was never there."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return None if not shown or shown[0].startswith("Z") else shown[1].strip()
