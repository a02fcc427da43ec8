from __future__ import annotations

import pytest

from tests.support.worlds.cleanup import CleanupWorld


@pytest.fixture
def world() -> CleanupWorld:
    return CleanupWorld()
