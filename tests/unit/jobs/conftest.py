from __future__ import annotations

import pytest

from tests.unit.jobs.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()
