"""What a job uses is counted over all its executions, is bounded, and is not paid twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.analyze.engines.llm.port import Usage
from functions.analyze.engines.llm.usage import Budget, cost
from shared.files.keys import job_prefix
from shared.jobs.model import Job, Status
from shared.jobs.runner import Ending
from tests.support.fakes.model_server import MODEL, ModelServer
from tests.support.worlds.model_analysis import TEXT, ModelWorld, failure


def answers_kept(world: ModelWorld) -> list[str]:
    return [key for key in world.files.keys() if "/answers/" in key]  # noqa: SIM118 - no dictionary


def told(server: ModelServer) -> int:
    """Return the requests that were answered."""
    return len(server.requests)


def result_of(job: Job) -> dict[str, Any]:
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    return dict(job.result)


def test_the_result_says_what_it_took(world: ModelWorld, server: ModelServer) -> None:
    result = result_of(world.run())
    tokens = result["tokens"]
    assert result["model"] == MODEL
    assert result["model_calls"] == told(server)
    assert tokens["input"] > 500
    assert tokens["output"] > 100
    assert result["cost_usd"] == round((tokens["input"] + 10 * tokens["output"]) / 1e6, 6)
    metered = {name: sum(value for each, value in world.metered if each == name) for name, _ in world.metered}
    assert metered["ModelCalls"] == told(server)
    assert metered["ModelInputTokens"] == tokens["input"]
    assert metered["ModelOutputTokens"] == tokens["output"]
    assert metered["ModelCostUsd"] == pytest.approx(result["cost_usd"], abs=1e-5)


def test_one_unit_an_invocation_costs_the_same(world: ModelWorld, server: ModelServer) -> None:
    whole = result_of(world.run())
    server.requests.clear()
    job = world.submit(document="d2")
    endings = []
    for _ in range(20):
        ticks = iter([1000.0])
        outcome = world.deliver(job, lambda ticks=ticks: next(ticks, 0.0))  # type: ignore[misc]
        endings.append(outcome.ending)
        if outcome.ending is not Ending.CONTINUED:
            break
    assert endings[-1] is Ending.COMPLETED
    assert len(endings) > 5
    assert outcome.job is not None
    assert {**result_of(outcome.job), "document_id": ""} == {**whole, "document_id": ""}


def test_failed_attempts_are_on_the_account(world: ModelWorld, server: ModelServer) -> None:
    server.faults = ["malformed", "malformed", "malformed"]
    job = world.run()
    assert job.attempt == 2
    result = result_of(job)
    assert result["model_calls"] == told(server)
    plain = result_of(ModelWorld.run(world, document="d2", no_cache=True))
    assert result["model_calls"] == plain["model_calls"] + 3
    assert result["tokens"]["input"] > plain["tokens"]["input"]


def test_a_retry_does_not_ask_again_what_was_answered(world: ModelWorld, server: ModelServer) -> None:
    server.faults = ["good", "good", *["server_error"] * 4]
    job = world.run(no_cache=True)
    assert job.attempt == 2
    prompts = [request.prompt for request in server.requests]
    assert prompts.count(prompts[0]) == 1
    assert prompts.count(prompts[1]) == 1


def test_an_unknown_price_is_no_price(world: ModelWorld) -> None:
    world.policy = {"prices": {}}
    result = result_of(world.run())
    assert result["cost_usd"] is None
    assert any("MODEL_PRICES" in warning for warning in result["warnings"])


def test_a_provider_that_tells_no_counts_is_estimated(world: ModelWorld, server: ModelServer) -> None:
    exact = result_of(world.run())["tokens"]
    server.fault = lambda _prompt: "no_usage"
    result = result_of(world.run(document="d2"))
    assert result["tokens"]["input"] == pytest.approx(exact["input"], rel=0.1)
    assert result["tokens"]["output"] == pytest.approx(exact["output"], rel=0.1)
    assert any("estimates" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    "budget", [{"token_budget": 1500}, {"cost_budget": 0.0015}], ids=["tokens", "dollars"]
)
def test_a_job_s_budget_stops_it(world: ModelWorld, server: ModelServer, budget: dict[str, float]) -> None:
    job = world.run(**budget)
    assert job.status is Status.FAILED
    assert failure(job) == "budget-exceeded"
    assert job.attempt == 1
    assert job.error is not None
    assert "budget" in job.error["detail"]
    assert 1 <= told(server) < 4


def test_the_deployment_s_budget_cannot_be_raised(world: ModelWorld, server: ModelServer) -> None:
    world.policy = {"budget": Budget(tokens=300)}
    job = world.run(token_budget=10**9)
    assert failure(job) == "budget-exceeded"
    assert told(server) == 0


def test_the_budget_counts_what_earlier_attempts_took(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "malformed"
    job = world.run(token_budget=2500)
    assert failure(job) == "budget-exceeded"


def test_a_budget_in_dollars_needs_a_price(world: ModelWorld, server: ModelServer) -> None:
    world.policy = {"prices": {}}
    job = world.run(cost_budget=1.0)
    assert failure(job) == "price-unknown"
    assert told(server) == 0


def test_requests_at_the_same_time_are_bounded(world: ModelWorld, server: ModelServer) -> None:
    server.seconds = 0.1
    server.fault = lambda _prompt: "slow"
    server.longest = 1
    world.policy = {"concurrency": 2}
    result_of(world.run(text=TEXT + "\n\n".join(f"Luggage {n} is stolen luggage." for n in range(50))))
    assert server.most_at_once <= 2


def test_the_same_document_is_not_paid_twice(world: ModelWorld, server: ModelServer) -> None:
    first = world.run()
    asked = told(server)
    second = world.run()
    assert told(server) == asked
    result = result_of(second)
    assert result["tokens"] == {"input": 0, "output": 0}
    assert result["cost_usd"] == 0
    assert result["model_calls"] == 0
    assert result["model_answers_reused"] == asked
    assert world.tree(second) == world.tree(first)


@pytest.mark.parametrize(
    "other",
    [
        {"no_cache": True},
        {"owner": "u2"},
        {"document": "d2"},
        {"text": TEXT.replace("500", "600")},
        {"engine": "bedrock"},
    ],
    ids=["no_cache", "owner", "document", "text", "engine"],
)
def test_what_differs_is_asked_again(world: ModelWorld, server: ModelServer, other: dict[str, Any]) -> None:
    world.run()
    asked = told(server)
    result = result_of(world.run(**other))
    assert told(server) > asked
    assert result["tokens"]["input"] > 0


def test_answers_go_with_the_job_that_paid(world: ModelWorld, server: ModelServer) -> None:
    job = world.run()
    kept = answers_kept(world)
    assert len(kept) == told(server)
    assert all(key.startswith(job_prefix(job.job_id)) for key in kept)
    asked = told(server)
    world.files.delete_prefix(job_prefix(job.job_id))
    world.run()
    assert told(server) == 2 * asked


def test_what_could_not_be_used_is_not_kept(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "malformed"
    world.run()
    assert not answers_kept(world)


def test_the_key_is_in_no_file(world: ModelWorld) -> None:
    world.run(debug=True, export=True)
    for key in world.files.keys():  # noqa: SIM118 - no dictionary
        assert b"fake-key" not in world.files.get(key), key


def test_costs() -> None:
    assert cost(Usage(), None) == 0.0
    assert cost(Usage(1_000_000, 500_000, 1), (2.0, 8.0)) == 6.0
    assert cost(Usage(1, 1, 1), None) is None


@pytest.mark.parametrize(
    ("own", "asked", "valid"),
    [
        (Budget(), {}, Budget()),
        (Budget(100), {}, Budget(100)),
        (Budget(100), {"token_budget": 50}, Budget(50)),
        (Budget(100, 2.0), {"token_budget": 500, "cost_budget": 1.5}, Budget(100, 1.5)),
        (Budget(), {"token_budget": 7, "cost_budget": 0.5}, Budget(7, 0.5)),
    ],
)
def test_the_smaller_budget_counts(own: Budget, asked: dict[str, Any], valid: Budget) -> None:
    assert own.narrowed(asked) == valid


def test_the_account_of_an_execution_goes_on_from_the_one_before(
    world: ModelWorld, server: ModelServer
) -> None:
    server.faults = ["good", *["server_error"] * 4]
    job = world.run()
    accounts = [
        json.loads(world.files.get(key)) for key in sorted(world.files.keys()) if key.endswith("spent.json")
    ]
    assert len(accounts) == 2
    assert accounts[0]["calls"] == 1
    assert accounts[1]["calls"] == result_of(job)["model_calls"]
