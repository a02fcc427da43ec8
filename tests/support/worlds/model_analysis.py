"""Analyses by a model, in memory but for the model, which is behind a real socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from functions.analyze.engines.llm.bedrock import BedrockProvider
from functions.analyze.engines.llm.engine import ProviderEngine, RequestPolicy
from functions.analyze.engines.llm.openai import OpenAIProvider
from functions.analyze.engines.llm.port import Provider
from functions.analyze.engines.port import Engine
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Outcome, Runner
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from shared.taxonomy.model import Category, Item, Taxonomy
from tests.support.fakes.model_server import KEY, MODEL, ModelServer
from tests.support.fakes.word_engine import WordEngine

PRICE = {MODEL: (1.0, 10.0)}


def item(item_id: str, category: Category, label: str, *children: Item, **fields: Any) -> Item:
    name = item_id.rpartition("/")[2]
    return Item(item_id, name, category, labels={"en": label}, children=children, **fields)


def kinds(place: str) -> tuple[Item, ...]:
    return (
        item(f"{place}/maximum_coverage_amount", Category.LIMIT, "Maximum amount"),
        item(f"{place}/duration_limit", Category.LIMIT, "Duration limit"),
        item(f"{place}/war", Category.EXCLUSION, "War"),
    )


def benefit(item_id: str, label: str) -> Item:
    return item(item_id, Category.BENEFIT, label, *kinds(item_id))


LUGGAGE = item(
    "luggage",
    Category.SEGMENT,
    "Luggage",
    benefit("luggage/stolen", "Stolen luggage"),
    benefit("luggage/delayed", "Delayed luggage"),
)
MEDICAL = item("medical", Category.SEGMENT, "Medical costs", benefit("medical/hospital", "Hospital stay"))
VEHICLE = item(
    "vehicle", Category.SEGMENT, "Vehicle breakdown", benefit("vehicle/towing", "Towing a vehicle")
)
ROOT = item("travel", Category.PRODUCT, "Travel insurance", LUGGAGE, MEDICAL, VEHICLE, *kinds("travel")[2:])
TAXONOMY = Taxonomy("travel", "1", ("en",), ROOT)

TEXT = """# Travel policy

## Luggage

We pay for stolen luggage up to CHF 2'000 per person.

We pay for delayed luggage up to CHF 500.

## Medical costs

We pay the medical costs abroad that a doctor finds necessary.

We pay for a hospital stay of up to 30 days.

## Exclusions

A vehicle breakdown is not insured, and nothing is paid for war.
"""

RIGHT = {
    "luggage": {
        "luggage/stolen": [("maximum_coverage_amount", 2000.0, "CHF", "per person")],
        "luggage/delayed": [("maximum_coverage_amount", 500.0, "CHF", "")],
    },
    "medical": {"medical/hospital": [("duration_limit", 30.0, "days", "")]},
}


@dataclass
class ModelWorld:
    """The stores, and the engines with ``policy``; ``waits`` are those of the engine: nobody sleeps."""

    server: ModelServer
    policy: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 5.0
    rules: Engine = field(default_factory=WordEngine)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    waits: list[float] = field(default_factory=list)
    metered: list[tuple[str, float]] = field(default_factory=list)
    taxonomy: Taxonomy = TAXONOMY
    late: timedelta = timedelta()

    @cached_property
    def providers(self) -> list[Provider]:
        return [
            OpenAIProvider(f"{self.server.url}/v1", lambda: KEY, MODEL, timeout=self.timeout),
            BedrockProvider(MODEL, endpoint_url=self.server.url, timeout=self.timeout),
        ]

    def close(self) -> None:
        for provider in self.providers:
            provider.close()

    @property
    def tools(self) -> AnalysisDependencies:
        policy = RequestPolicy(**{"prices": PRICE, "sleep": self.waits.append, **self.policy})

        def meter(name: str, value: float) -> None:
            self.metered.append((name, value))

        engines = {
            each.name: ProviderEngine(each, policy, self.rules, meter=meter) for each in self.providers
        }
        return AnalysisDependencies(self.taxonomy, {self.rules.name: self.rules, **engines}, jobs=self.jobs)

    def submit(self, text: str = TEXT, owner: str = "u1", document: str = "d1", **params: Any) -> Job:
        data = text.encode()
        stored = self.files.put(f"documents/{document}/original", data, "text/markdown")
        now = utc_now()
        about = {
            "document_id": document,
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": "policy.md",
            "media_type": "text/markdown",
            "engine": "openai",
            "language": "en",
        }
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", owner), about | params, now, now, max_attempts=2)
        return self.jobs.create(states.submitted(job, owner))

    def deliver(self, job: Job, remaining: Callable[[], float] | None = None) -> Outcome:
        tools = self.tools
        runner = Runner(
            self.jobs,
            self.files,
            self.queue,
            {Kind.ANALYSIS: lambda run: AnalysisWorkflow(run, tools)},
            clock=lambda: utc_now() + self.late,
        )
        message = JobMessage(job.job_id, Kind.ANALYSIS)
        return runner.handle(message, remaining) if remaining else runner.handle(message)

    def run(self, **params: Any) -> Job:
        """Deliver a job until it has ended, waiting in between."""
        job = self.submit(**params)
        for _ in range(5):
            outcome = self.deliver(job)
            assert outcome.job is not None
            if outcome.job.status.terminal:
                return outcome.job
            self.late += timedelta(hours=2)
        raise AssertionError("the job has not ended")

    def stored(self, job: Job, name: str) -> Any:
        return json.loads(self.files.get(job.artifacts[name].key))

    def tree(self, job: Job) -> dict[str, Any]:
        found: dict[str, Any] = self.stored(job, "result.json")
        return found

    def found(self, job: Job) -> dict[str, dict[str, list[tuple[str, float | None, str, str]]]]:
        """Return segments, benefits and limits in short."""
        return {
            segment["item_id"]: {
                benefit["item_id"]: [
                    (limit["item_name"], limit["value"], limit["unit"], limit["scope"])
                    for limit in benefit["limits"]
                ]
                for benefit in segment["benefits"]
            }
            for segment in self.tree(job)["segments"]
        }


def failure(job: Job) -> str:
    """Return the type of a failed job's problem."""
    assert job.error is not None
    return str(job.error["type"]).rpartition(":")[2]
