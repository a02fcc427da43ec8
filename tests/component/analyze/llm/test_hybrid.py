"""Rules first: the model is asked about what they doubt, and about nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.analyze.document.model import Document
from functions.analyze.engines.port import Analysis, Place, Question, Task
from shared.findings.model import Details, Evidence, Finding
from shared.jobs.model import Job, Status
from shared.taxonomy.model import Category, Item
from tests.support.fakes.model_server import ModelServer
from tests.support.fakes.word_engine import WordEngine
from tests.support.worlds.model_analysis import RIGHT, ModelWorld, failure


@dataclass
class SureOf(WordEngine):
    """Rules that find what ``known`` names with its confidence, by the first words of the document."""

    known: dict[str, float] = field(default_factory=dict)

    def open(self, task: Task) -> Analysis:
        return Known(task.document, self.known)


@dataclass
class Known:
    document: Document
    known: dict[str, float]

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        return self._find(items)

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        return [self._find(question.items) for question in questions]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        return [
            Details(tuple(self._find(place.item.of(Category.LIMIT)))) if place.segment else Details()
            for place in places
        ]

    def take_counts(self) -> Mapping[str, int]:
        return {}

    def _find(self, items: Sequence[Item]) -> list[Finding]:
        text = self.document.pages[0].text
        evidence = (Evidence(1, text[:13], 0, 13),)
        return [
            Finding(
                item.name, self.known[item.item_id], evidence, item_id=item.item_id, value=1.0, unit="CHF"
            )
            for item in items
            if item.item_id in self.known
        ]


SURE = {
    "luggage": 0.9,
    "luggage/stolen": 0.9,
    "luggage/stolen/maximum_coverage_amount": 0.95,
    "medical": 0.9,
    "medical/hospital": 0.9,
    "medical/hospital/duration_limit": 0.9,
}


@pytest.fixture
def run(world: ModelWorld) -> Callable[..., Job]:
    def run(known: dict[str, float], **params: Any) -> Job:
        world.rules = SureOf(known=known)
        job = world.run(hybrid=True, **params)
        assert job.status is Status.COMPLETED, job.error
        return job

    return run


def asked(server: ModelServer) -> str:
    return "\n".join(request.prompt.partition("## Passages")[0] for request in server.requests)


def test_what_is_sure_is_not_asked(run: Callable[..., Job], world: ModelWorld, server: ModelServer) -> None:
    job = run(SURE)
    said = asked(server)
    assert "i1 luggage:" not in said
    assert "stolen in segment" not in said
    assert "benefit stolen" not in said
    # The rules do not find it, and the document speaks of it.
    assert "delayed in segment luggage" in said
    found = world.found(job)
    assert set(found["luggage"]) == {"luggage/stolen", "luggage/delayed"}
    assert found["luggage"]["luggage/stolen"][0][1] == 1.0
    assert found["luggage"]["luggage/delayed"] == RIGHT["luggage"]["luggage/delayed"]


def test_of_what_is_doubtful_the_model_s_word_counts(
    run: Callable[..., Job], world: ModelWorld, server: ModelServer
) -> None:
    job = run({**SURE, "vehicle": 0.6, "medical/hospital": 0.5})
    found = world.found(job)
    # Excluded by the text, whatever the rules half believe; and granted with the model's proof.
    assert "vehicle" not in found
    hospital = next(
        benefit
        for segment in world.tree(job)["segments"]
        for benefit in segment["benefits"]
        if benefit["item_id"] == "medical/hospital"
    )
    assert "hospital stay" in hospital["evidence"][0]["quote"]
    assert "hospital in segment medical" in asked(server)


def test_a_doubtful_limit_is_asked_about(
    run: Callable[..., Job], world: ModelWorld, server: ModelServer
) -> None:
    job = run({**SURE, "medical/hospital/duration_limit": 0.5})
    assert "benefit hospital" in asked(server)
    assert world.found(job)["medical"]["medical/hospital"] in ([], RIGHT["medical"]["medical/hospital"])


def test_what_the_document_does_not_speak_of_is_absent(run: Callable[..., Job], server: ModelServer) -> None:
    run(SURE, text="# Policy\n\nWe pay for stolen luggage up to CHF 2'000 per person.\n")
    assert "medical" not in asked(server)
    assert "vehicle" not in asked(server)


def test_the_saving_is_told(run: Callable[..., Job], server: ModelServer) -> None:
    job = run(SURE)
    assert job.result is not None
    saving = job.result["saving"]
    assert job.result["engine"] == "words+openai"
    assert saving["asked"]["calls"] == job.result["model_calls"] == len(server.requests)
    assert 0 < saving["asked"]["tokens"] < saving["without_rules"]["tokens"]
    assert 0 < saving["share"]["tokens"] < 1


def test_asking_about_nothing_costs_nothing(run: Callable[..., Job], server: ModelServer) -> None:
    job = run({}, text="# Contract\n\nThe parties agree on everything else.\n")
    assert server.requests == []
    assert job.result is not None
    assert job.result["tokens"] == {"input": 0, "output": 0}
    assert job.result["cost_usd"] == 0
    assert job.result["saving"]["share"]["calls"] == 1.0


def test_a_failing_model_fails_a_hybrid_job_too(world: ModelWorld, server: ModelServer) -> None:
    world.rules = SureOf(known={**SURE, "medical": 0.6})
    server.fault = lambda _prompt: "server_error"
    job = world.run(hybrid=True)
    assert job.status is Status.FAILED
    assert failure(job) == "model-unavailable"


def test_hybrid_needs_a_model(world: ModelWorld) -> None:
    assert failure(world.run(engine="words", hybrid=True)) == "hybrid-without-model"
