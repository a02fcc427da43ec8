"""One Directus server on the loopback, with SQLite in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from infra.directus.credentials import Credentials
from infra.directus.install import Installation
from infra.local.emulator import KEPT
from infra.local.errors import LocalError
from infra.local.processes import HOST, POLL_SECONDS, Process, free_port, start

PORT = 8055
START_SECONDS = 90.0
KILL_SECONDS = 10.0
RECORD = "server.json"


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one ``folder``. Every method may be repeated.

    ``extra`` adds environment variables of Directus (``MAX_PAYLOAD_SIZE``, ``RATE_LIMITER_ENABLED``, ...).
    """

    folder: Path
    installation: Installation
    credentials: Credentials
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def process(self) -> Process | None:
        """The server where it runs."""
        return Process.load(self.folder / RECORD)

    @property
    def url(self) -> str:
        """Address of the running server; raises LocalError where it does not run."""
        if (process := self.process) is None:
            raise LocalError("Directus does not run: `python -m infra.directus up` starts it")
        return url_of(process)

    def initialise(self) -> None:
        """Make the database with Directus's own tables and the administrator, where it is missing."""
        done = self.folder / ".initialised"
        if done.exists():
            return
        database = self.folder / "data.db"
        database.unlink(missing_ok=True)
        for name in ("uploads", "extensions"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            self.installation.command("bootstrap"),
            env=self._environment(0),
            cwd=self.installation.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise LocalError(f"`directus bootstrap` failed:\n{(made.stderr or made.stdout).strip()[-2000:]}")
        done.touch()

    def start(self, ports: Sequence[int] = ()) -> str:
        """Start the server on the first free one of ``ports`` and return its address once it answers."""
        if (running := self.process) is not None:
            return url_of(running)
        self.initialise()
        # Again, because a neighbour may take the port before we do.
        for _ in range(3):
            port = free_port(ports)
            command = self.installation.command("start")
            process = start(
                command,
                self._environment(port),
                log=self.log,
                folder=self.installation.folder,
                port=port,
            )
            # Before it answers, so that whoever cleans up finds it.
            process.save(self.folder / RECORD)
            if self._ready(process):
                return url_of(process)
            process.stop()
        raise LocalError(f"Directus did not start; its log is {self.log}:\n{self._tail()}")

    def stop(self) -> bool:
        """Stop the server in order; return whether it ran."""
        return stop_server(self.folder)

    def kill(self) -> int:
        """End the server at once, as a crash would; return the port it had."""
        process = self.process
        if process is None:
            raise LocalError("Directus does not run, so it cannot be killed")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # A process is dead a moment before the kernel has closed its port.
        deadline = time.monotonic() + KILL_SECONDS
        while process.alive or (free_port([process.port]) != process.port and time.monotonic() < deadline):
            time.sleep(POLL_SECONDS)
        return process.port

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "server.log"

    def _environment(self, port: int) -> dict[str, str]:
        # Nothing else of the caller's environment: Directus reads dozens of variables.
        inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
        path = f"{self.installation.node.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
        return inherited | {
            "PATH": path,
            "HOST": HOST,
            "PORT": str(port),
            "PUBLIC_URL": f"http://{HOST}:{port}",
            "SECRET": self.credentials.secret,
            "ADMIN_EMAIL": self.credentials.admin_email,
            "ADMIN_PASSWORD": self.credentials.admin_password,
            "ADMIN_TOKEN": self.credentials.admin_token,
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(self.folder / "data.db"),
            "STORAGE_LOCATIONS": "local",
            "STORAGE_LOCAL_DRIVER": "local",
            "STORAGE_LOCAL_ROOT": str(self.folder / "uploads"),
            "EXTENSIONS_PATH": str(self.folder / "extensions"),
            "CONFIG_PATH": str(self.folder / ".env"),
            "SERVE_APP": "false",
            "TELEMETRY": "false",
            "NODE_ENV": "production",
            "LOG_LEVEL": "warn",
            "LOG_STYLE": "raw",
            "PRESSURE_LIMITER_ENABLED": "false",
            **self.extra,
        }

    def _ready(self, process: Process) -> bool:
        deadline = time.monotonic() + START_SECONDS
        token = {"Authorization": f"Bearer {self.credentials.admin_token}"}
        while process.alive and time.monotonic() < deadline:
            try:
                answer = httpx.get(f"{url_of(process)}/users/me", headers=token, timeout=5, trust_env=False)
            except httpx.TransportError:
                time.sleep(POLL_SECONDS)
            else:
                # A neighbour may have taken the port in between: only this server knows this token.
                return answer.is_success
        return False

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def stop_server(folder: Path) -> bool:
    """Stop the server of a folder in order; return whether it ran."""
    process = Process.load(folder / RECORD)
    if process is not None:
        process.stop()
    (folder / RECORD).unlink(missing_ok=True)
    return process is not None


def url_of(process: Process) -> str:
    """Return the address of a running server."""
    return f"http://{HOST}:{process.port}"
