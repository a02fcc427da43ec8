"""What all tests share: an environment of their own, and the stack of one run."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import guard
from infra.local.paths import Paths
from infra.local.stack import CREDENTIALS, LocalStack
from shared.observability import logger

# Settings of whoever starts the tests must not reach them.
FOREIGN = ("AWS_", "DIRECTUS_", "POWERTOOLS_", "CLAUSEWORKS_STATE", "CLAUSEWORKS_STACK")
# Tells the workers of a run its endpoint: AWS_ENDPOINT_URL is gone when they start.
ENDPOINT = "CLAUSEWORKS_TEST_ENDPOINT"
RUN = "CLAUSEWORKS_TEST_RUN"
OWNER = "CLAUSEWORKS_TEST_OWNER"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--endpoint-url",
        default=os.environ.get(ENDPOINT) or os.environ.get("AWS_ENDPOINT_URL"),
        help="run the integration tests against this endpoint instead of an emulator of their own",
    )


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(CREDENTIALS, AWS_EC2_METADATA_DISABLED="true", AWS_MAX_ATTEMPTS="3")
    if not hasattr(config, "workerinput"):
        os.environ[ENDPOINT] = config.getoption("--endpoint-url") or ""
        # Named by the one process that ends last, made with the stack by the first test that needs it.
        folder = Path(tempfile.gettempdir()) / f"clauseworks-test-{uuid.uuid4().hex[:12]}"
        os.environ.update({RUN: str(folder), OWNER: str(os.getpid())})


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or RUN not in os.environ:
        return
    folder = Path(os.environ.pop(RUN))
    paths = run_paths(folder)
    try:
        if paths.state.exists():
            LocalStack(paths).down(wipe=True)
    finally:
        guard.dismiss(paths)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def level_of_the_log() -> Iterator[None]:
    """Leave the log as it was: commands that run in this process make it quieter."""
    log = logging.getLogger(logger.name)
    before = log.level
    yield
    log.setLevel(before)


def run_paths(folder: Path) -> Paths:
    """Return the folders of a run's stack; what can be built again is shared with other runs."""
    usual = Paths.from_environment(os.environ)
    return Paths(usual.root, folder / "state", usual.cache)
