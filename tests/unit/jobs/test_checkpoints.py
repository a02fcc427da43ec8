from __future__ import annotations

from dataclasses import replace

import pytest

from shared.jobs.execution import Ending
from shared.jobs.model import Job
from tests.support.worlds.runner import STEPS, CrashError, RunnerWorld, raising


def begun(shop: RunnerWorld) -> Job:
    """Return a job whose worker died in its fourth unit."""
    job = shop.submit()
    shop.on("read", 3, raising(CrashError()))
    with pytest.raises(CrashError):
        shop.deliver(job)
    shop.forget()
    shop.clock.advance(minutes=5)
    return job


class TestRevision:
    def test_units_of_this_release_are_kept(self, shop: RunnerWorld) -> None:
        assert shop.deliver(begun(shop)).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[3:]

    def test_units_of_another_release_are_done_again(self, shop: RunnerWorld) -> None:
        job = begun(shop)
        shop.toy.revision = 2
        before = shop.job(job).percent_complete
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS
        assert shop.job(job).result == {"sum": 1111}
        assert {unit.revision for unit in shop.store.units(job.job_id)} == {2}
        percents = [event.progress for event in shop.store.events(job.job_id)]
        assert percents == sorted(percents)
        assert before > 0


class TestSource:
    """A job that starts at a stage of its own, behind the units of another job."""

    @pytest.fixture
    def source(self, shop: RunnerWorld) -> Job:
        job = shop.submit()
        shop.deliver(job)
        shop.forget()
        return job

    def started(self, shop: RunnerWorld, source: Job, stage: str = "add") -> Job:
        return shop.submit(params={"debug_from": stage, "source_job_id": source.job_id})

    def test_units_before_the_stage_are_taken_over(self, shop: RunnerWorld, source: Job) -> None:
        job = self.started(shop, source)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[4:]
        assert shop.job(job).result == shop.job(source).result
        assert {unit.stage for unit in shop.store.units(job.job_id)} == {"add"}
        assert all(job.job_id in artifact.key for artifact in shop.job(job).artifacts.values())

    def test_its_own_units_are_kept_when_it_goes_on(self, shop: RunnerWorld, source: Job) -> None:
        job = self.started(shop, source)
        shop.on("add", 1, raising(CrashError()))
        with pytest.raises(CrashError):
            shop.deliver(job)
        shop.clock.advance(minutes=5)
        shop.forget()
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[5:]

    def test_nothing_is_before_the_first_stage(self, shop: RunnerWorld, source: Job) -> None:
        shop.deliver(self.started(shop, source, "read"))
        assert list(shop.toy.done.elements()) == STEPS

    @pytest.mark.parametrize("stage", ["", "unknown"])
    def test_stage_that_is_none_of_the_workflows_takes_nothing(
        self, shop: RunnerWorld, source: Job, stage: str
    ) -> None:
        shop.deliver(self.started(shop, source, stage))
        assert list(shop.toy.done.elements()) == STEPS

    def test_units_of_another_release_are_not_taken(self, shop: RunnerWorld, source: Job) -> None:
        shop.toy.revision = 2
        assert shop.deliver(self.started(shop, source)).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS

    def test_source_that_is_gone_costs_time_only(self, shop: RunnerWorld, source: Job) -> None:
        shop.store.remove(source.job_id)
        assert shop.deliver(self.started(shop, source)).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS

    def test_unfinished_source_gives_what_it_has(self, shop: RunnerWorld) -> None:
        job = self.started(shop, begun(shop))
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[3:]

    def test_what_its_source_took_over_comes_with_it(self, shop: RunnerWorld, source: Job) -> None:
        between = self.started(shop, source)
        shop.deliver(between)
        shop.forget()
        assert shop.deliver(self.started(shop, between)).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[4:]

    def test_what_lies_behind_a_gap_is_done_again(self, shop: RunnerWorld) -> None:
        """Units made of outputs that are no longer those of the stage before do not fit the new ones."""
        job = shop.submit()
        shop.on("add", 1, raising(CrashError()))
        with pytest.raises(CrashError):
            shop.deliver(job)
        units = shop.store._units[job.job_id]
        units["read", 3] = replace(units["read", 3], revision=0)
        shop.clock.advance(minutes=5)
        shop.forget()
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS[3:]

    def test_its_removal_leaves_the_source_alone(self, shop: RunnerWorld, source: Job) -> None:
        job = self.started(shop, source)
        before = shop.files.keys()
        shop.on("add", 1, lambda: shop.answer("cancel", job))
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert shop.files.keys() == before
