"""The API's handler with the event loop that Lambda's main thread has."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api.events import ENVIRONMENT


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the handler's module, and an event loop as Lambda's main thread has one."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield importlib.import_module("functions.api.handler")
    asyncio.set_event_loop(None)
    loop.close()
