from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.directus import Directus, RetryPolicy
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.worlds.seeding import SeedingWorld


@pytest.fixture
def server() -> Iterator[DirectusServer]:
    with DirectusServer() as running:
        yield running


@pytest.fixture
def world(server: DirectusServer) -> Iterator[SeedingWorld]:
    """A world over HTTP; the client gives up at once, so that a job's own retries are seen."""
    directus = Directus(server.url, TOKEN, policy=RetryPolicy(attempts=1))
    yield SeedingWorld(server, directus)
    directus.close()
