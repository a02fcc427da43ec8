"""Engines that ask a model, from the HTTP call to the result, with a provider behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from tests.support.fakes.model_server import KEY, MODEL, ModelServer
from tests.support.paths import SAMPLES
from tests.support.stack.api import PROBLEM, artifact, bearer, findings, upload, wait
from tests.support.stack.own_stack import own_stack

pytestmark = pytest.mark.embedded_only(reason="the stack is one of its own, with a model configured")

POLICY = (SAMPLES / "small.md").read_bytes()
# The emulator compares ids in ARNs as they stand in the address: without a colon, which is escaped there.
BEDROCK = "amazon.nova-lite-v1"


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[LocalStack]:
    settings = {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_MODEL": MODEL,
        "OPENAI_API_KEY": KEY,
        "BEDROCK_MODEL": BEDROCK,
        "BEDROCK_MODEL_ARNS": f"arn:aws:bedrock:us-east-1::foundation-model/{BEDROCK}",
        "MODEL_PRICES": f'{{"{MODEL}": [0.15, 0.6]}}',
    }
    with own_stack(tmp_path_factory, settings) as stack:
        yield stack


@pytest.fixture
def api(own: LocalStack, server: ModelServer) -> Iterator[httpx.Client]:
    server.faults, server.fault = [], lambda _prompt: "good"
    server.requests.clear()
    headers = bearer(own.token("analyst", admin=True))
    with httpx.Client(base_url=own.gateway_url, headers=headers, timeout=60.0, trust_env=False) as client:
        yield client


def analyse(api: httpx.Client, **options: str) -> dict[str, Any]:
    return wait(api, upload(api, "small.md", POLICY, **options)["job_id"])


def answers_in(stack: LocalStack) -> set[str]:
    bucket = stack.deployed.outputs["DocumentsBucket"]
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="jobs/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key for key in keys if "/answers/" in key}


def test_a_model_s_result_is_proved_priced_and_paid_once(
    api: httpx.Client, own: LocalStack, server: ModelServer
) -> None:
    job = analyse(api, engine="openai")
    assert job["status"] == "completed", job["error"]
    result = job["result"]
    assert result["engine"] == "openai"
    assert result["num_segments"] > 0
    assert result["model_calls"] == len(server.requests) > 0
    assert result["cost_usd"] > 0
    # The key came from SSM: the functions' environments have its name only.
    assert {request.authorization for request in server.requests} == {f"Bearer {KEY}"}
    name = own.deployed.outputs["AnalyzeFunctionName"]
    environment = own.client("lambda").get_function_configuration(FunctionName=name)["Environment"]
    assert KEY not in str(environment)
    pages = {page["number"]: page["text"] for page in artifact(api, job["job_id"], "pages.json")}
    tree = api.get(f"/jobs/{job['job_id']}/result").raise_for_status().json()
    assert findings(tree)
    for finding in findings(tree):
        for proof in finding["evidence"]:
            assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]

    paid = len(server.requests)
    again = api.post("/jobs/analysis", json={"document_id": job["document_id"], "engine": "openai"}).json()
    second = wait(api, again["job_id"])["result"]
    assert len(server.requests) == paid
    assert second["tokens"] == {"input": 0, "output": 0}
    assert answers_in(own)

    body = {"document_id": job["document_id"]}
    cleanup = api.post("/jobs/cleanup", json=body).raise_for_status().json()
    assert wait(api, cleanup["job_id"])["status"] == "completed"
    assert not answers_in(own)


def test_rules_first_ask_less(api: httpx.Client) -> None:
    job = analyse(api, engine="openai", hybrid="true")
    assert job["status"] == "completed", job["error"]
    assert job["result"]["engine"] == "rules+openai"
    saving = job["result"]["saving"]
    assert saving["asked"]["tokens"] < saving["without_rules"]["tokens"]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("server_error", "model-unavailable"),
        ("malformed", "model-reply-invalid"),
        ("unauthorized", "model-rejected"),
        ("connection_reset", "model-unavailable"),
    ],
)
def test_a_provider_in_trouble_fails_the_job(
    api: httpx.Client, server: ModelServer, fault: str, problem: str
) -> None:
    server.fault = lambda _prompt: fault
    job = analyse(api, engine="openai", max_attempts="1")
    assert (job["status"], job["result"]) == ("failed", None)
    assert job["error"]["type"] == PROBLEM + problem
    assert job["error"]["stage"] == "segments"


def test_a_budget_stops_a_job(api: httpx.Client) -> None:
    job = analyse(api, engine="openai", token_budget="700")
    assert job["error"]["type"] == PROBLEM + "budget-exceeded"


def test_the_emulator_s_bedrock_says_nothing_of_use_and_the_job_says_so(api: httpx.Client) -> None:
    """It answers every prompt with the same sentence; that it was reached shows in what became of that."""
    job = analyse(api, engine="bedrock", max_attempts="1")
    assert job["status"] == "failed"
    assert job["error"]["type"] == PROBLEM + "model-reply-invalid", job["error"]


def test_an_engine_that_is_not_configured_says_what_it_needs(
    stack: LocalStack, gateway: httpx.Client
) -> None:
    gateway.headers.update(bearer(stack.token("analyst")))
    job = analyse(gateway, engine="bedrock")
    assert job["status"] == "failed"
    assert job["error"]["type"] == PROBLEM + "engine-not-configured"
    assert "BEDROCK_MODEL" in job["error"]["detail"]
