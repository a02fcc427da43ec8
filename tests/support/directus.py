"""A fake Directus server over HTTP, and clients of it whose waits are recorded instead of slept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shared.directus import Directus
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer

Connect = Callable[..., Directus]


@pytest.fixture
def server() -> Iterator[DirectusServer]:
    with DirectusServer() as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    """The waits that the client asked for; nobody sleeps."""
    return []


@pytest.fixture
def connect(server: DirectusServer, waits: list[float]) -> Iterator[Connect]:
    with ExitStack() as stack:

        def make(url: str = "", token: str | Callable[[], str] = TOKEN, **options: Any) -> Directus:
            client = Directus(url or server.url, token, **{"sleep": waits.append, **options})
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def directus(connect: Connect) -> Directus:
    return connect()
