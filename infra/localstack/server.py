"""One LocalStack on the loopback, with all its files in a folder of its own."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.emulator import KEPT
from infra.local.errors import LocalError
from infra.local.localstack_needs import ENVIRONMENT
from infra.local.paths import CHECKOUT
from infra.local.processes import HOST, POLL_SECONDS, Process, free_port, start
from infra.localstack.install import HERE, Installation

PORT = 4566
START_SECONDS = 120.0
# It has nothing to save; its functions end with it.
STOP_SECONDS = 5.0
RECORD = "server.json"
# Printed by LocalStack once it serves; its official commands wait for the same word.
READY = "\nReady.\n"
PLUGIN = "clauseworks_localstack-1.dist-info"
METADATA = "Metadata-Version: 2.1\nName: clauseworks-localstack\nVersion: 1\n"
SERVICES = (
    "apigateway,cloudformation,cloudwatch,dynamodb,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,sns,sqs,"
    "ssm,sts"
)


@dataclass(frozen=True, slots=True)
class Server:
    """The LocalStack of one ``folder``. It keeps no state: what was deployed ends with it."""

    folder: Path
    installation: Installation

    @property
    def process(self) -> Process | None:
        """The server where it runs."""
        return running(self.folder)

    def start(self, ports: Sequence[int] = ()) -> str:
        """Start the server on the first free one of ``ports`` and return its address once it serves."""
        if (process := self.process) is not None:
            return url_of(process)
        # Again, because a neighbour may take the port before we do.
        for _ in range(3):
            self._prepare()
            port = free_port(ports)
            command = [str(self.installation.python), "-m", "localstack.runtime.main"]
            process = start(command, self._environment(port), log=self.log, folder=self.folder, port=port)
            # Before it answers, so that whoever cleans up finds it.
            process.save(self.folder / RECORD)
            if self._ready(process):
                return url_of(process)
            process.stop()
        raise LocalError(f"LocalStack did not start; its log is {self.log}:\n{self._tail()}")

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "localstack.log"

    def _prepare(self) -> None:
        """Empty the folder, and write by what LocalStack finds our plugin."""
        shutil.rmtree(self.folder, ignore_errors=True)
        metadata = self.folder / "plugin" / PLUGIN
        metadata.mkdir(parents=True)
        shutil.copy(HERE / "plugin" / "entry_points.txt", metadata)
        (metadata / "METADATA").write_text(METADATA)
        for name in ("root", "cache", "tmp"):
            (self.folder / name).mkdir()

    def _environment(self, port: int) -> dict[str, str]:
        # Nothing else of the caller's environment: LocalStack reads hundreds of variables.
        return {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "PYTHONPATH": os.pathsep.join([str(self.folder / "plugin"), str(CHECKOUT)]),
            "FILESYSTEM_ROOT": str(self.folder / "root"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "TMPDIR": str(self.folder / "tmp"),
            # In a container it would take the container's /tmp and /var/lib for its own, and empty them.
            "OVERRIDE_IN_DOCKER": "0",
            "GATEWAY_LISTEN": f"{HOST}:{port}",
            "GATEWAY_SERVER": "loopback",
            "LOCALSTACK_HOST": f"{HOST}:{port}",
            "DNS_ADDRESS": "0",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "LS_LOG": "warning",
            "SERVICES": SERVICES,
            "EAGER_SERVICE_LOADING": "1",
            "STRICT_SERVICE_LOADING": "0",
            "PROVIDER_OVERRIDE_DYNAMODB": "moto",
            "LAMBDA_RUNTIME_EXECUTOR": "host",
            "LAMBDA_HOST_PYTHON": str(self.installation.lambda_python),
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
            **ENVIRONMENT,
            "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.1",
            "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.3",
        }

    def _ready(self, process: Process) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while process.alive and time.monotonic() < deadline:
            # Its own log: at the port a neighbour might answer.
            if READY in self.log.read_text(errors="replace"):
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def running(folder: Path) -> Process | None:
    """Return the server of a folder where it runs."""
    return Process.load(folder / RECORD)


def stop_server(folder: Path) -> bool:
    """Stop the server of a folder with all functions, and remove the folder; return whether it ran."""
    process = running(folder)
    if process is not None:
        process.stop(STOP_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
    return process is not None


def url_of(process: Process) -> str:
    """Return the address of a running server."""
    return f"http://{HOST}:{process.port}"
