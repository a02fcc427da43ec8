from __future__ import annotations

from tests.support.api.fixtures import admin, alice, backend, bob, desk, nobody

__all__ = ["admin", "alice", "backend", "bob", "desk", "nobody"]
