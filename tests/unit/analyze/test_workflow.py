"""The analysis workflow on the real runner, with stores in memory and an engine that knows words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.errors import TransientError
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.fakes.word_engine import WordEngine

LIMIT = Item("fire/glass/amount", "amount", Category.LIMIT)
WAR = Item("home/war", "war", Category.EXCLUSION)
GLASS = Item("fire/glass", "glass", Category.BENEFIT, children=(LIMIT,))
SMOKE = Item("fire/smoke", "smoke", Category.BENEFIT)
FIRE = Item("fire", "fire", Category.SEGMENT, children=(GLASS, SMOKE))
WATER = Item("water", "water", Category.SEGMENT)
HOME = Item("home", "home", Category.PRODUCT, children=(FIRE, WATER, WAR))
TAXONOMY = Taxonomy("home", "1", ("en",), HOME)
TEXT = (
    "# Your policy\n\nWe pay for fire and broken glass up to an amount of 500.\n\nWe pay nothing for war.\n"
)


@dataclass
class World:
    """One analysis from its submission on."""

    engine: WordEngine = field(default_factory=WordEngine)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)

    def submit(self, text: str = TEXT, owner: str = "u1", **params: Any) -> Job:
        data = text.encode()
        stored = self.files.put("documents/d1/original", data, "text/markdown")
        now = utc_now()
        document = {
            "document_id": "d1",
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": "policy.md",
            "media_type": "text/markdown",
            "engine": "words",
        }
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", owner), document | params, now, now)
        return self.jobs.create(states.submitted(job, owner))

    def deliver(self, job: Job, remaining: Callable[[], float] | None = None) -> Outcome:
        tools = AnalysisDependencies(TAXONOMY, {"words": self.engine}, jobs=self.jobs)
        workflows = {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)}
        runner = Runner(self.jobs, self.files, self.queue, workflows)
        message = JobMessage(job.job_id, Kind.ANALYSIS)
        return runner.handle(message, remaining) if remaining else runner.handle(message)

    def run(self, **params: Any) -> Job:
        outcome = self.deliver(self.submit(**params))
        assert outcome.job is not None
        return outcome.job

    def artifact(self, job: Job, name: str) -> Any:
        return json.loads(self.files.get(job.artifacts[name].key))


def test_finds_three_tiers_with_evidence() -> None:
    world = World()
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
    world = World()
    job = world.run()
    pages = {page["number"]: page["text"] for page in world.artifact(job, "pages.json")}
    tree = world.artifact(job, "result.json")
    proofs = [p for s in tree["segments"] for f in (s, *s["benefits"]) for p in f["evidence"]]
    assert proofs
    for proof in proofs:
        assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]


def test_files_that_were_asked_for_are_published() -> None:
    assert set(World().run().artifacts) == {"result.json", "pages.json"}
    world = World()
    job = world.run(export=True, detailed=True, debug=True)
    export = world.artifact(job, "export.json")
    assert export["document"]["file_name"] == "policy.md"
    assert export["pages"] == world.artifact(job, "pages.json")
    assert {"debug-extract.json", "debug-segments.json", "debug-details.json"} <= set(job.artifacts)


def test_exports_are_the_same_bytes_each_time() -> None:
    first, second = World(), World()
    one, two = first.run(export=True), second.run(export=True)
    assert first.files.get(one.artifacts["export.json"].key) == second.files.get(
        two.artifacts["export.json"].key
    )


def test_goes_on_over_invocations_without_doing_a_unit_again() -> None:
    asked: list[str] = []
    world = World(WordEngine(fault=asked.append))
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
    job = World().run(**params)
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
    job = World().run(**params)
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

    world = World(WordEngine(fault=fault))
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

    world = World(WordEngine(fault=fault))
    job = world.submit()
    job = world.jobs.get(job.job_id) or job
    outcome = world.deliver(job)
    assert outcome.ending is Ending.RETRYING
    assert outcome.job is not None
    assert outcome.job.status is Status.QUEUED


def later() -> Any:
    return utc_now() + timedelta(minutes=30)
