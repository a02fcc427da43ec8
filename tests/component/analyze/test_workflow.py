"""The analysis workflow on the real runner, with stores in memory and an engine that knows words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.errors import TransientError
from shared.jobs.model import Kind, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Runner
from tests.support.fakes.word_engine import WordEngine
from tests.support.worlds.analysis import TAXONOMY, AnalysisWorld


def test_finds_three_tiers_with_evidence() -> None:
    world = AnalysisWorld()
    job = world.run()
    assert job.status is Status.COMPLETED
    assert job.result is not None
    counts = {name: count for name, count in job.result.items() if name.startswith("num_")}
    assert counts == {
        "num_segments": 1,
        "num_benefits": 1,
        "num_limits": 1,
        "num_conditions": 0,
        "num_exclusions": 1,
    }
    assert job.result["seeding"] == "not_requested"
    assert job.result["seeding_success"] is False
    assert job.result["engine"] == "words"
    tree = world.artifact(job, "result.json")
    assert [s["item_name"] for s in tree["segments"]] == ["fire"]
    assert tree["segments"][0]["benefits"][0]["limits"][0]["item_name"] == "amount"
    assert tree["exclusions"][0]["item_name"] == "war"


def test_every_quote_stands_where_the_evidence_says() -> None:
    world = AnalysisWorld()
    job = world.run()
    pages = {page["number"]: page["text"] for page in world.artifact(job, "pages.json")}
    tree = world.artifact(job, "result.json")
    proofs = [p for s in tree["segments"] for f in (s, *s["benefits"]) for p in f["evidence"]]
    assert proofs
    for proof in proofs:
        assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]


def test_files_that_were_asked_for_are_published() -> None:
    assert set(AnalysisWorld().run().artifacts) == {"result.json", "pages.json"}
    world = AnalysisWorld()
    job = world.run(export=True, detailed=True, debug=True)
    export = world.artifact(job, "export.json")
    assert export["document"]["file_name"] == "policy.md"
    assert export["pages"] == world.artifact(job, "pages.json")
    assert {"debug-extract.json", "debug-segments.json", "debug-details.json"} <= set(job.artifacts)


def test_exports_are_the_same_bytes_each_time() -> None:
    first, second = AnalysisWorld(), AnalysisWorld()
    one, two = first.run(export=True), second.run(export=True)
    assert first.files.get(one.artifacts["export.json"].key) == second.files.get(
        two.artifacts["export.json"].key
    )


def test_goes_on_over_invocations_without_doing_a_unit_again() -> None:
    asked: list[str] = []
    world = AnalysisWorld(WordEngine(fault=asked.append))
    job = world.submit()
    endings = []
    for _ in range(20):
        ticks = iter([1000.0, 0.0])
        outcome = world.deliver(job, lambda ticks=ticks: next(ticks, 0.0))  # type: ignore[misc]
        endings.append(outcome.ending)
        if outcome.ending is not Ending.CONTINUED:
            break
    assert endings[-1] is Ending.COMPLETED
    assert len(endings) > 5
    assert sorted(asked) == sorted(set(asked))


@pytest.mark.parametrize(
    ("params", "language"), [({}, "en"), ({"language": "auto"}, "en"), ({"language": "fr"}, "fr")]
)
def test_the_language_is_found_unless_it_was_given(params: dict[str, str], language: str) -> None:
    job = AnalysisWorld().run(**params)
    assert job.result is not None
    assert job.result["language"] == language


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"document_sha256": "0" * 64}, "document-changed"),
        ({"document_version": "v9"}, "file-missing"),
        ({"engine": "oracle"}, "engine-not-configured"),
        ({"document_id": "", "product_id": "7"}, "directus-not-configured"),
        ({"text": ""}, "file-empty"),
    ],
)
def test_what_cannot_be_analysed_fails_with_the_reason(params: dict[str, Any], code: str) -> None:
    job = AnalysisWorld().run(**params)
    assert job.status is Status.FAILED
    assert job.result is None
    assert job.error is not None
    assert job.error["type"] == f"urn:clauseworks:problem:{code}"
    assert job.error["detail"]
    assert job.error["stage"]


def test_an_engine_that_fails_for_a_while_is_asked_again_at_the_same_unit() -> None:
    asked: list[str] = []

    def fault(call: str) -> None:
        asked.append(call)
        if call == "details of fire" and asked.count(call) == 1:
            raise TransientError("engine-unavailable", "The engine is busy.")

    world = AnalysisWorld(WordEngine(fault=fault))
    job = world.submit()
    assert world.deliver(job).ending is Ending.RETRYING
    tools = AnalysisDependencies(TAXONOMY, {"words": world.engine})
    runner = Runner(
        world.jobs,
        world.files,
        world.queue,
        {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)},
        clock=later,
    )
    outcome = runner.handle(JobMessage(job.job_id, Kind.ANALYSIS))
    assert outcome.ending is Ending.COMPLETED
    assert asked.count("segments") == 1


def test_an_engine_that_keeps_failing_never_completes() -> None:
    def fault(call: str) -> None:
        raise RuntimeError("broken")

    world = AnalysisWorld(WordEngine(fault=fault))
    job = world.submit()
    job = world.jobs.get(job.job_id) or job
    outcome = world.deliver(job)
    assert outcome.ending is Ending.RETRYING
    assert outcome.job is not None
    assert outcome.job.status is Status.QUEUED


def later() -> Any:
    return utc_now() + timedelta(minutes=30)
