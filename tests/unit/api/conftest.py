from __future__ import annotations

import pytest

from tests.unit.api.operating import Desk
from tests.unit.api.support import ADMIN, BOB, Backend, Client, client_of, token


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
def desk() -> Desk:
    return Desk()
