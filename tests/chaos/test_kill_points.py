"""A sample of the kill points, another one in each run; ``make chaos`` walks them all."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping

import pytest

from tests.chaos.scenarios import Analysis, Cleanup, Reference, Scenario
from tests.chaos.walk import points, walk
from tests.chaos.world import Ground

SAMPLE = {Analysis: 3, Cleanup: 2}


@pytest.mark.slow(reason="leases and visibility time-outs of killed workers run out in real time")
def test_a_sample_of_kill_points(ground: Ground, references: Mapping[type[Scenario], Reference]) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or time.time_ns() % 1_000_000)
    rand = random.Random(seed)  # noqa: S311 - to be the same again
    chosen = [
        point
        for scenario, number in SAMPLE.items()
        for point in rand.sample(points(scenario, references[scenario]), number)
    ]
    print(f"CHAOS_SEED={seed}: {'; '.join(map(str, chosen))}")
    outcomes = walk(ground, chosen, references, tracks=len(chosen))
    faults = [f"{outcome.point}\n{outcome.fault}" for outcome in outcomes if outcome.fault]
    assert not faults, f"CHAOS_SEED={seed}\n" + "\n".join(faults)


def test_every_effect_has_two_points(references: Mapping[type[Scenario], Reference]) -> None:
    reference = references[Analysis]
    walked = points(Analysis, reference)
    assert len(walked) == 2 * len(reference.effects)
    # The walk is of what it says: the first effect takes the job, the last deletes the message.
    assert reference.effects[0] == "dynamodb TransactWriteItems"
    assert reference.effects[-1] == "sqs DeleteMessage"
    assert {label.split()[0] for label in reference.effects} == {"dynamodb", "s3", "sqs", "directus"}
