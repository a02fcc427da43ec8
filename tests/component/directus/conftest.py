from __future__ import annotations

from tests.support.directus import connect, directus, server, waits

__all__ = ["connect", "directus", "server", "waits"]
