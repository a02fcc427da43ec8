from __future__ import annotations

from tests.support.authorities import no_authorities

__all__ = ["no_authorities"]
