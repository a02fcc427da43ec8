"""Many jobs, few workers, some of them killed: the small form of what ``make chaos`` does with 500."""

from __future__ import annotations

import pytest

from tests.chaos import load
from tests.chaos.place import Times
from tests.chaos.world import Ground, world


@pytest.mark.slow(reason="leases and visibility time-outs of killed workers run out in real time")
def test_no_job_is_lost_or_doubled_while_workers_die(ground: Ground) -> None:
    with world(ground, Times(lease=5, visibility=6)) as here:
        figures = load.run(here, load.Load(jobs=24, owners=3, workers=2, kills=2, seed=1))
    assert set(figures.waits) == {"owner-0", "owner-1", "owner-2"}
    assert figures.throughput > 0
