"""What all tests share: an environment of their own, and the stack of one run."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from infra.local import guard
from infra.local.stack import CREDENTIALS, LocalStack
from shared.observability import logger
from tests.support.longest import LONGEST
from tests.support.paths import TESTS
from tests.support.stack.run import ENDPOINT, OWNER, RUN, run_paths

# Settings of whoever starts the tests must not reach them.
FOREIGN = ("AWS_", "DIRECTUS_", "POWERTOOLS_", "CLAUSEWORKS_STATE", "CLAUSEWORKS_STACK")


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
    # The order is random (pytest-randomly); random numbers stay so, that two workers choose other ports.
    config.option.randomly_reset_seed = False
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


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark what needs parts from outside; last of all put the files first that take longest.

    Files marked ``in_order`` run as they are written, whatever order chance has given them.
    """
    for item in items:
        if item.path.is_relative_to(TESTS / "peers") or item.path.is_relative_to(TESTS / "browser"):
            item.add_marker(pytest.mark.peer)
    written = {item: place for place, item in enumerate(items)}
    yield
    places = [place for place, item in enumerate(items) if item.get_closest_marker("in_order")]
    for place, item in zip(
        places, sorted((items[place] for place in places), key=written.__getitem__), strict=True
    ):
        items[place] = item
    longest = {TESTS / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: longest.get(item.path, len(longest)))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of garbage collections, which otherwise look at it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def level_of_the_log() -> Iterator[None]:
    """Leave the log as it was: commands that run in this process make it quieter."""
    log = logging.getLogger(logger.name)
    before = log.level
    yield
    log.setLevel(before)
