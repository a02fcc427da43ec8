"""Being told, through the stack: stores on DynamoDB, the queue, the function, a receiver on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from infra.local import mail
from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.dynamodb.notifications import DynamoNotifications
from shared.aws.dynamodb.webhooks import DynamoWebhooks
from shared.clock import utc_now
from tests.contracts.jobs import FakeClock
from tests.contracts.notifications import NotificationsContract, WebhooksContract
from tests.support.fakes.receiver import Receiver, receiving
from tests.support.paths import SAMPLES
from tests.support.stack.api import WAIT_SECONDS, bearer, upload, wait
from tests.support.stack.tables import table_of_its_own

T = TypeVar("T")
SMALL = (SAMPLES / "small.md").read_bytes()


@pytest.fixture(scope="module")
def table(stack: LocalStack) -> Iterator[str]:
    with table_of_its_own(stack) as name:
        yield name


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(utc_now().replace(microsecond=0))  # expiry is kept in seconds


class TestDynamoWebhooks(WebhooksContract):
    @pytest.fixture
    def store(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoWebhooks:
        return DynamoWebhooks(table, stack.deployed.endpoint, clock)


class TestDynamoNotifications(NotificationsContract):
    @pytest.fixture
    def jobs(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoJobs:
        return DynamoJobs(table, stack.deployed.endpoint, clock)

    @pytest.fixture
    def store(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoNotifications:
        return DynamoNotifications(table, stack.deployed.endpoint, clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def api(stack: LocalStack, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Return a client of the gateway, as somebody who is nobody else."""
    headers = bearer(stack.token(request.node.name))
    with httpx.Client(base_url=stack.gateway_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


def told(api: httpx.Client, job_id: str, state: str) -> dict[str, Any]:
    """Return the only notification of a job, once it has come to a state."""

    def look() -> dict[str, Any] | None:
        log = api.get(f"/jobs/{job_id}/notifications").json()
        found: list[dict[str, Any]] = log["notifications"]
        return found[0] if log["state"] == state and found else None

    return until(look)


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError("what was waited for did not come")


def test_a_webhook_is_told_and_its_library_verifies_it(api: httpx.Client, receiver: Receiver) -> None:
    webhook = api.post("/webhooks", json={"url": receiver.url}).raise_for_status().json()
    job_id = upload(api, "small.md", SMALL)["job_id"]
    assert wait(api, job_id)["status"] == "completed"
    (got,) = receiver.wait_for(1)
    body = Verifier(webhook["secret"]).verify(got.body, dict(got.headers))
    assert (body["type"], body["data"]["job_id"]) == ("job.completed", job_id)
    assert body["data"]["counts"]["num_benefits"] > 0
    one = told(api, job_id, "delivered")
    assert one["notification_id"] == got.headers["webhook-id"]
    assert "not-to-be-seen" not in json.dumps(one)


def test_a_failed_job_is_told_of_and_a_test_is_sent(api: httpx.Client, receiver: Receiver) -> None:
    webhook = api.post("/webhooks", json={"url": receiver.url}).raise_for_status().json()
    api.post(f"/webhooks/{webhook['webhook_id']}/test").raise_for_status()
    assert json.loads(receiver.wait_for(1)[0].body)["type"] == "webhook.test"
    job_id = upload(api, "broken.pdf", b"%PDF-1.7\nnothing of a PDF")["job_id"]
    assert wait(api, job_id)["status"] == "failed"
    assert json.loads(receiver.wait_for(2)[1].body)["type"] == "job.failed"


def test_an_attempt_that_failed_is_repeated(api: httpx.Client, receiver: Receiver) -> None:
    receiver.plan = [500]
    answer = upload(api, "small.md", SMALL, webhook_url=receiver.url)
    first, second = receiver.wait_for(2)
    for got in (first, second):
        Verifier(answer["webhook_secret"]).verify(got.body, dict(got.headers))
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    one = told(api, answer["job_id"], "delivered")
    assert [attempt["status"] for attempt in one["attempts"]] == [500, 200]


def test_a_receiver_that_is_gone_ends_it_and_the_job_stays_as_it_is(
    api: httpx.Client, receiver: Receiver
) -> None:
    receiver.plan = [410]
    webhook = api.post("/webhooks", json={"url": receiver.url}).raise_for_status().json()
    job_id = upload(api, "small.md", SMALL)["job_id"]
    one = told(api, job_id, "failed")
    job = wait(api, job_id)
    assert (job["status"], job["notifications"]) == ("completed", "failed")
    address = f"/webhooks/{webhook['webhook_id']}"
    assert api.get(address).json()["disabled_reason"] == "gone"
    api.post(f"{address}/enable").raise_for_status()
    api.post(f"/jobs/{job_id}/notifications/{one['notification_id']}/redeliver").raise_for_status()
    assert told(api, job_id, "delivered")["attempts_made"] == 2
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.embedded_only(reason="LocalStack's free edition has no SES of version 2")
def test_an_email_lies_in_the_inbox(stack: LocalStack, api: httpx.Client) -> None:
    address = "reader@example.com"
    job_id = upload(api, "small.md", SMALL, notify_email=address)["job_id"]
    told(api, job_id, "delivered")
    (message,) = (one for one in mail.inbox(stack.deployed) if job_id in one.text)
    assert (list(message.to), message.subject) == ([address], "Clauseworks: analysis completed")


def test_neither_secrets_nor_addresses_are_in_the_logs(
    stack: LocalStack, api: httpx.Client, receiver: Receiver
) -> None:
    webhook = api.post("/webhooks", json={"url": receiver.url}).raise_for_status().json()
    api.post(f"/webhooks/{webhook['webhook_id']}/test").raise_for_status()
    receiver.wait_for(1)
    log, lines = stack.client("logs"), []
    for function in ("Api", "Notify"):
        group = f"/aws/lambda/{stack.deployed.outputs[f'{function}FunctionName']}"
        pages = log.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines += [event["message"] for page in pages for event in page["events"]]
    assert any(webhook["webhook_id"] in line for line in lines)
    assert not any("not-to-be-seen" in line or webhook["secret"] in line for line in lines)
