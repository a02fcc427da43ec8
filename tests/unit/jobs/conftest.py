from __future__ import annotations

import pytest

from tests.support.worlds.runner import RunnerWorld


@pytest.fixture
def shop() -> RunnerWorld:
    return RunnerWorld()
