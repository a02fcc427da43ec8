from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fakes.model_server import ModelServer
from tests.support.worlds.model_analysis import ModelWorld


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def world(server: ModelServer) -> Iterator[ModelWorld]:
    made = ModelWorld(server)
    yield made
    made.close()
