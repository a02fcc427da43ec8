"""Unit tests are pure: no file written, no socket, no process, no sleep (tests/support/purity.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.authorities import no_authorities
from tests.support.purity import GUARD

__all__ = ["no_authorities"]

GUARD.install()


@pytest.fixture(autouse=True)
def pure() -> Iterator[None]:
    with GUARD.watch():
        yield
