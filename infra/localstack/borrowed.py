"""A LocalStack for the time of one command: the one that is there already, or one that ends with it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from infra.directus.install import cache_folder
from infra.local.errors import LocalError
from infra.localstack import guard
from infra.localstack.install import ensure_installed
from infra.localstack.server import Server, stop_server

ENDPOINT = "AWS_ENDPOINT_URL"


@contextmanager
def own_server(environment: Mapping[str, str]) -> Iterator[str]:
    """Give the address of a LocalStack of one's own, on a free port; nothing of it is left afterwards.

    Raises NotInstallableError where this machine cannot run it.
    """
    installation = ensure_installed(cache_folder(environment), environment)
    with tempfile.TemporaryDirectory(prefix="clauseworks-localstack-") as temporary:
        folder = Path(temporary) / guard.SERVER
        watcher = guard.watch(Path(temporary), os.getpid())
        try:
            yield Server(folder, installation).start()
        finally:
            stop_server(folder)
            watcher.stop()


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command with ``AWS_ENDPOINT_URL`` set, and return its exit status.

    It names the endpoint that the environment names, which has to answer, else a LocalStack of one's own.
    """
    if endpoint := environment.get(ENDPOINT):
        check(endpoint)
        return subprocess.run(command, env={**environment}, check=False).returncode
    with own_server(environment) as url:
        return subprocess.run(command, env={**environment, ENDPOINT: url}, check=False).returncode


def check(endpoint: str) -> None:
    """Raise LocalError where nothing answers at the endpoint."""
    try:
        httpx.get(endpoint, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise LocalError(f"{ENDPOINT} names {endpoint}, where nothing answers: {error}") from error
