from __future__ import annotations

from tests.support.api.fixtures import admin, alice, backend, bob, desk, nobody
from tests.support.api.gateway import gateway

__all__ = ["admin", "alice", "backend", "bob", "desk", "gateway", "nobody"]
