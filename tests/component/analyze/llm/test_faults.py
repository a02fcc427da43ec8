"""Whatever a provider answers: the result is right, or the job fails and says why."""

from __future__ import annotations

import json

import pytest

from functions.analyze.engines.llm.model_client import MAX_REPLIES
from shared.jobs.model import Status
from shared.jobs.runner import Ending
from tests.support.fakes.model_server import KEY, ModelServer
from tests.support.worlds.model_analysis import RIGHT, ModelWorld, failure

ENGINES = ["openai", "bedrock"]
# Faults of the first request, after which all is well: the result has to be the same as without.
PASSING = [
    "fenced",
    "malformed",
    "prose",
    "wrong_schema",
    "empty_choices",
    "forgetful",
    "throttled",
    "server_error",
    "connection_reset",
    "half",
    "html",
]
OPENAI_ONLY = ["streamed", "reset_stated", "old_fashioned"]
# Faults of every request, and how the job then ends.
LASTING = {
    "malformed": "model-reply-invalid",
    "prose": "model-reply-invalid",
    "wrong_schema": "model-reply-invalid",
    "empty_choices": "model-reply-invalid",
    "throttled": "model-throttled",
    "server_error": "model-unavailable",
    "connection_reset": "model-unavailable",
    "half": "model-unavailable",
    "refusal": "model-refused",
    "always_truncated": "model-reply-truncated",
    "unauthorized": "model-rejected",
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_good_model_finds_what_is_there(world: ModelWorld, engine: str) -> None:
    job = world.run(engine=engine)
    assert job.status is Status.COMPLETED, job.error
    assert world.found(job) == RIGHT
    assert job.result is not None
    assert job.result["engine"] == engine
    assert job.result["warnings"] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_leaves_the_result_right(
    world: ModelWorld, server: ModelServer, fault: str, engine: str
) -> None:
    server.faults = [fault]
    job = world.run(engine=engine)
    assert job.status is Status.COMPLETED, job.error
    assert world.found(job) == RIGHT


@pytest.mark.parametrize("fault", OPENAI_ONLY)
def test_what_only_such_endpoints_do_leaves_the_result_right(
    world: ModelWorld, server: ModelServer, fault: str
) -> None:
    server.faults = [fault]
    server.fault = lambda _prompt: fault if fault == "old_fashioned" else "good"
    job = world.run()
    assert job.status is Status.COMPLETED, job.error
    assert world.found(job) == RIGHT


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_fails_the_job_with_the_reason(
    world: ModelWorld, server: ModelServer, fault: str, engine: str
) -> None:
    server.fault = lambda _prompt: fault
    job = world.run(engine=engine)
    assert job.status is Status.FAILED
    assert job.result is None
    # botocore reads what came of an answer that ends too early, and finds that it is no JSON.
    expected = "model-reply-invalid" if (fault, engine) == ("half", "bedrock") else LASTING[fault]
    assert failure(job) == expected
    assert "result.json" not in job.artifacts


@pytest.mark.parametrize("tier", ["## Items\ni1 luggage:", "in segment", "## Kinds"])
def test_a_failure_in_any_tier_is_never_an_absence(world: ModelWorld, server: ModelServer, tier: str) -> None:
    server.fault = lambda prompt: "server_error" if tier in prompt else "good"
    job = world.run()
    assert job.status is Status.FAILED
    assert failure(job) == "model-unavailable"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", ["truncated", "too_long"])
def test_too_much_for_one_request_is_asked_in_halves(
    world: ModelWorld, server: ModelServer, fault: str, engine: str
) -> None:
    server.fault = lambda _prompt: fault
    server.longest = 1
    job = world.run(engine=engine)
    assert job.status is Status.COMPLETED, job.error
    assert world.found(job) == RIGHT
    assert len(server.requests) > 6


def test_what_a_reply_leaves_out_is_asked_again(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "forgetful"
    job = world.run()
    assert job.status is Status.COMPLETED, job.error
    assert world.found(job) == RIGHT


def test_a_slow_model_is_waited_for(world: ModelWorld, server: ModelServer) -> None:
    server.seconds, server.faults = 0.3, ["slow"]
    assert world.found(world.run()) == RIGHT


@pytest.mark.parametrize("fault", ["slow", "dripping"])
def test_a_model_that_takes_too_long_fails_the_job(
    world: ModelWorld, server: ModelServer, fault: str
) -> None:
    server.seconds, world.timeout = 30.0, 0.2
    server.fault = lambda _prompt: fault
    job = world.run()
    assert job.status is Status.FAILED
    assert failure(job) == "model-unavailable"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stated_wait_is_kept(world: ModelWorld, server: ModelServer, engine: str) -> None:
    server.faults, server.stated_wait = ["throttled"], "7"
    job = world.run(engine=engine)
    assert world.found(job) == RIGHT
    assert job.attempt == 1
    assert len(world.waits) == 1
    assert 7 <= world.waits[0] < 8


def test_the_wait_until_tokens_are_there_again_is_kept(world: ModelWorld, server: ModelServer) -> None:
    server.faults = ["reset_stated"]
    assert world.found(world.run()) == RIGHT
    assert 0.03 <= world.waits[0] < 0.6


def test_a_long_wait_gives_the_job_back_to_the_queue(world: ModelWorld, server: ModelServer) -> None:
    server.faults, server.stated_wait = ["throttled"], "120"
    outcome = world.deliver(world.submit())
    assert outcome.ending is Ending.RETRYING
    assert world.waits == []
    assert outcome.job is not None
    assert outcome.job.not_before is not None
    assert 119 <= (outcome.job.not_before - outcome.job.updated_at).total_seconds() <= 121


def test_nothing_left_to_spend_is_not_waited_for(world: ModelWorld, server: ModelServer) -> None:
    server.faults = ["quota"]
    job = world.run()
    assert failure(job) == "model-quota-exhausted"
    assert len(server.requests) == 1


def test_a_request_that_is_refused_for_good_is_sent_once(world: ModelWorld, server: ModelServer) -> None:
    server.fault = lambda _prompt: "unauthorized"
    assert failure(world.run()) == "model-rejected"
    assert len(server.requests) == 1


def test_a_reply_that_cannot_be_used_is_asked_for_again_with_the_reason(
    world: ModelWorld, server: ModelServer
) -> None:
    server.fault = lambda _prompt: "wrong_schema"
    world.deliver(world.submit())
    asked = [request.body["messages"] for request in server.requests]
    assert len(asked) == MAX_REPLIES
    assert [len(messages) for messages in asked] == [2, 3, 3]
    assert "granted.0.item" in asked[1][-1]["content"]


@pytest.mark.parametrize("fault", ["server_error", "unauthorized", "quota", "throttled", "wrong_schema"])
def test_errors_tell_neither_the_key_nor_the_text(
    world: ModelWorld, server: ModelServer, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fault = lambda _prompt: fault
    job = world.run()
    told = json.dumps(job.error) + capsys.readouterr().out
    assert job.status is Status.FAILED
    assert KEY not in told
    assert "luggage" not in told
