"""A few hundred damaged files, always the same: ``make fuzz`` reads others for as long as it is told."""

from __future__ import annotations

from tests.fuzz.mutation import mutated
from tests.fuzz.run import fuzz

EXECUTIONS = 300


def test_damaged_files_are_read_or_refused() -> None:
    report = fuzz(1, executions=EXECUTIONS)
    assert report.faults == {}
    assert report.executions == EXECUTIONS
    assert report.outcomes["read"] > EXECUTIONS / 4, "damage that nothing survives finds nothing"
    assert len(report.outcomes) > 3, "damage that harms nothing finds nothing"


def test_the_same_number_is_the_same_file() -> None:
    assert [mutated(number) for number in range(40)] == [mutated(number) for number in range(40)]
    assert len({data for _, data in map(mutated, range(40))}) > 30
