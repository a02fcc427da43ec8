from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.cleanup.removal.seeded import DirectusRows
from shared.directus import Directus, RetryPolicy
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer
from tests.support.worlds.cleanup import CleanupWorld


@pytest.fixture
def world() -> CleanupWorld:
    return CleanupWorld()


@pytest.fixture
def server() -> Iterator[DirectusServer]:
    with DirectusServer() as running:
        yield running


@pytest.fixture
def cms(server: DirectusServer) -> Iterator[CleanupWorld]:
    """A world with Directus; the client gives up at once, so that a job's own retries are seen."""
    directus = Directus(server.url, TOKEN, policy=RetryPolicy(attempts=1), page_size=4, batch_size=3)
    yield CleanupWorld(DirectusRows(directus))
    directus.close()
