"""Fixtures of the stack of a test run: deployed once, shared by all workers, removed at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local import guard, server
from infra.local.paths import locked
from infra.local.stack import LocalStack
from tests.support.stack.run import OWNER, RUN, run_paths


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> LocalStack:
    """Return the deployed stack: ``gateway_url``, ``token()``, ``client()``, ``environment()``."""
    folder = Path(os.environ[RUN])
    paths = run_paths(folder)
    endpoint: str | None = request.config.getoption("--endpoint-url")
    shared = LocalStack(
        paths, endpoint=endpoint, name=folder.name, fixed_ports=False, enforce_permissions=True
    )
    with locked(folder / "lock"):
        if not paths.state.exists():
            paths.state.mkdir()
            guard.watch(paths, folder, int(os.environ[OWNER]))
        if not paths.record.exists():
            shared.deploy()
    return shared


@pytest.fixture(scope="session")
def server_url(stack: LocalStack) -> str:
    """Return the address of the API's application on uvicorn, with the deployed function's environment."""
    with locked(Path(os.environ[RUN]) / "lock"):
        running = server.server(stack.paths)
        return server.url_of(running) if running else stack.serve()


@pytest.fixture
def gateway(stack: LocalStack) -> Iterator[httpx.Client]:
    """Return a client of the API through the emulator's gateway, without a token."""
    with httpx.Client(base_url=stack.gateway_url, timeout=60.0) as client:
        yield client
