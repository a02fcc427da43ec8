"""The ground of these tests: the run's shared stack, in which each test has a world of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from infra.local.stack import LocalStack
from tests.chaos.place import SHORT
from tests.chaos.scenarios import Analysis, Cleanup, Reference, Scenario
from tests.chaos.walk import references_of
from tests.chaos.world import Ground, World, world
from tests.support.stack.fixtures import stack

__all__ = ["stack"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    foreign = pytest.mark.skip(
        reason="these processes stand in for Lambda, with worlds of their own in our emulator; "
        "on another endpoint the deployed functions are tested"
    )
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        if config.getoption("--endpoint-url"):
            item.add_marker(foreign)


@pytest.fixture(scope="session")
def ground(stack: LocalStack) -> Ground:
    if sys.platform != "linux":
        pytest.skip("the processes of these tests are watched through /proc")
    return Ground.of(stack)


@pytest.fixture
def here(request: pytest.FixtureRequest, ground: Ground) -> Iterator[World]:
    """Return a world with a product and the small sample; a parameter gives its times."""
    with world(ground, getattr(request, "param", SHORT)) as made:
        yield made


@pytest.fixture(scope="session")
def references(ground: Ground) -> Mapping[type[Scenario], Reference]:
    """Return what an analysis and a cleanup do and leave where nothing goes wrong."""
    return references_of(ground, (Analysis, Cleanup), 2)
