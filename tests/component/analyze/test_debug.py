"""Debugging an analysis: starting again at a tier, and the files that show what each stage returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.analyze.pipeline.reading import DocumentReading
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.errors import PermanentError
from shared.files.keys import job_prefix
from shared.jobs import states
from shared.jobs.model import Job, Status
from shared.jobs.runner import Ending
from shared.jobs.store import edit
from tests.support.fakes.word_engine import WordEngine, no_fault
from tests.support.worlds.analysis import AnalysisWorld

ALL = ["prepare", "extract", "assemble", "chunk", "segments", "benefits", "details", "check"]
TIERS = ["segments", "benefits", "details"]


class Slow:
    """A world whose invocations have time for one unit each; ``asked`` has the engine's questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.world = AnalysisWorld(WordEngine(fault=self.asked.append))

    def finish(self, job: Job) -> Job:
        """Deliver the job until it has ended, and return it."""
        for _ in range(30):
            ticks = iter([1000.0])
            outcome = self.world.deliver(job, lambda ticks=ticks: next(ticks, 0.0))  # type: ignore[misc]
            if outcome.ending is not Ending.CONTINUED:
                assert outcome.job is not None
                return outcome.job
        raise AssertionError("the job has not ended")


def source_of(world: AnalysisWorld, **params: Any) -> Job:
    job = world.run(**params)
    assert job.status is Status.COMPLETED
    return job


def again(world: AnalysisWorld, source: Job, tier: str, **params: Any) -> Job:
    return world.submit(debug_from=tier, source_job_id=source.job_id, **params)


def ended(world: AnalysisWorld, job: Job) -> Job:
    outcome = world.deliver(job)
    assert outcome.job is not None
    return outcome.job


def forbid(*names: str) -> Callable[..., Any]:
    def refuse(*_: object) -> Any:
        raise AssertionError(f"one of {names} was done again")

    return refuse


class TestFrom:
    @pytest.mark.parametrize("tier", TIERS)
    def test_the_stages_before_are_taken_over(self, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        world = AnalysisWorld(WordEngine(fault=asked.append))
        source = source_of(world, export=True)
        asked.clear()
        for method in ("_prepare", "_extract", "_assemble", "_chunk"):
            monkeypatch.setattr(DocumentReading, method, forbid(method))
        job = ended(world, again(world, source, tier, export=True))
        assert job.status is Status.COMPLETED
        assert {unit.stage for unit in world.jobs.units(job.job_id)} == set(ALL[ALL.index(tier) :])
        assert {call.split()[0] for call in asked} == set(TIERS[TIERS.index(tier) :])
        assert job.result == source.result
        for name in ("result.json", "pages.json", "export.json"):
            assert world.artifact(job, name) == world.artifact(source, name)

    def test_its_own_parameters_hold_for_what_is_done_again(self) -> None:
        world = AnalysisWorld()
        source = source_of(world)
        job = ended(world, again(world, source, "details", debug=True, detail_chunks=1))
        assert "debug-extract.json" in job.artifacts
        assert all(artifact.key.startswith(job_prefix(job.job_id)) for artifact in job.artifacts.values())

    def test_percent_begins_where_the_work_does(self) -> None:
        world = AnalysisWorld()
        job = ended(world, again(world, source_of(world), "benefits"))
        percents = [event.progress for event in world.jobs.events(job.job_id)]
        assert percents == sorted(percents)
        done = [event.progress for event in world.jobs.events(job.job_id) if event.type == "progress"]
        assert done[0] > 80
        assert percents[-1] == 100

    @pytest.mark.parametrize("tier", TIERS)
    def test_over_many_invocations(self, tier: str) -> None:
        slow = Slow()
        source = source_of(slow.world)
        slow.asked.clear()
        job = slow.finish(again(slow.world, source, tier))
        assert job.status is Status.COMPLETED
        assert job.result == source.result
        assert len(slow.asked) == len(set(slow.asked)) > 0

    def test_a_source_that_failed_gives_what_it_has(self) -> None:
        calls: list[str] = []

        def fault(call: str) -> None:
            calls.append(call)
            if call == "details of fire" and calls.count(call) == 1:
                raise PermanentError("taxonomy-changed", "It did.")

        world = AnalysisWorld(WordEngine(fault=fault))
        source = world.run()
        assert source.status is Status.FAILED
        job = ended(world, again(world, source, "details"))
        assert job.status is Status.COMPLETED
        assert calls.count("segments") == 1

    def test_units_of_another_release_are_done_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = AnalysisWorld()
        source = source_of(world)
        monkeypatch.setattr(AnalysisWorkflow, "revision", AnalysisWorkflow.revision + 1)
        job = ended(world, again(world, source, "details"))
        assert job.result == source.result
        assert {unit.stage for unit in world.jobs.units(job.job_id)} == set(ALL)

    def test_files_that_are_gone_fail_with_the_reason(self) -> None:
        world = AnalysisWorld()
        source = source_of(world)
        world.files.delete_prefix(job_prefix(source.job_id))
        job = ended(world, again(world, source, "segments"))
        assert job.status is Status.FAILED
        assert job.error is not None
        assert job.error["type"] == "urn:clauseworks:problem:source-gone"
        assert source.job_id in job.error["detail"]
        assert job.attempt == 1

    @pytest.mark.parametrize("gone", [False, True])
    def test_its_cancellation_leaves_the_source_alone(self, *, gone: bool) -> None:
        world = AnalysisWorld()
        source = source_of(world, debug=True)
        if gone:
            world.files.delete_prefix(job_prefix(source.job_id))
        before = world.files.keys()
        job = again(world, source, "benefits", debug=True)

        def cancel(_: str) -> None:
            world.engine.fault = no_fault
            edit(world.jobs, job.job_id, lambda j: states.request_cancel(j, j.updated_at, "u1"))

        if gone:
            cancel("before the work")
        else:
            world.engine.fault = cancel
        assert ended(world, job).status is Status.CANCELLED
        assert world.files.keys() == before


class TestFiles:
    def test_survive_continuations(self) -> None:
        whole, slow = AnalysisWorld(), Slow()
        expected = source_of(whole, debug=True)
        job = slow.finish(slow.world.submit(debug=True))
        names = [f"debug-{stage}.json" for stage in ALL]
        assert set(names) <= set(job.artifacts)
        assert set(job.artifacts) == set(expected.artifacts)
        for name in names:
            assert slow.world.artifact(job, name) == whole.artifact(expected, name)
        assert job.result == expected.result
        continued = [event for event in slow.world.jobs.events(job.job_id) if event.type == "continued"]
        assert len(continued) >= len(ALL)

    def test_of_earlier_jobs_are_removed_where_that_is_asked_for(self) -> None:
        world = AnalysisWorld()
        first, theirs = source_of(world, debug=True), source_of(world, debug=True, owner="u2")
        other = source_of(world, debug=True, document_id="d2")
        later = world.submit(debug=True)
        before = set(world.files.keys())
        last = source_of(world, debug=True, debug_clean=True)
        assert ended(world, later).status is Status.COMPLETED
        gone = before - set(world.files.keys())
        assert gone == {a.key for name, a in first.artifacts.items() if name.startswith("debug-")} != set()
        for job in (theirs, other, world.jobs.get(later.job_id), last):
            assert job is not None
            assert world.artifact(job, "debug-details.json")
        assert world.artifact(first, "result.json")
        assert ended(world, again(world, first, "details")).status is Status.COMPLETED

    def test_of_earlier_jobs_stay_where_a_job_fails(self) -> None:
        world = AnalysisWorld()
        first = source_of(world, debug=True)
        assert world.run(debug=True, debug_clean=True, engine="oracle").status is Status.FAILED
        assert world.artifact(first, "debug-details.json")
