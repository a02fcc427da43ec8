"""Fixtures of the application in memory, and of those who call it."""

from __future__ import annotations

import pytest

from tests.support.api.client import ADMIN, BOB, Backend, Client, client_of, token
from tests.support.worlds.operators import OperatorsWorld


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def alice(backend: Backend) -> Client:
    return client_of(backend)


@pytest.fixture
def bob(alice: Client) -> Client:
    return Client(alice.app, token(BOB))


@pytest.fixture
def admin(alice: Client) -> Client:
    return Client(alice.app, ADMIN)


@pytest.fixture
def nobody(alice: Client) -> Client:
    return Client(alice.app, "")


@pytest.fixture
def desk() -> OperatorsWorld:
    return OperatorsWorld()
