"""The Lambda handler of the analyze function, and how it is wired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.analyze import bootstrap, handler
from shared.aws.ssm import Secret
from shared.ids import uuid7
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner

NOWHERE = "http://127.0.0.1:9"
ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": f"{NOWHERE}/analysis",
    "CLEANUP_QUEUE_URL": f"{NOWHERE}/cleanup",
    "NOTIFICATION_QUEUE_URL": f"{NOWHERE}/notifications",
    "AWS_ENDPOINT_URL": NOWHERE,
    "DIRECTUS_URL": NOWHERE,
}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for cached in (bootstrap.settings, bootstrap.runner):
        cached.cache_clear()
    yield
    for cached in (bootstrap.settings, bootstrap.runner):
        cached.cache_clear()


def test_a_record_whose_job_cannot_be_read_comes_back() -> None:
    body = JobMessage(uuid7(), Kind.ANALYSIS).to_json()
    record = {"messageId": "m1", "body": body, "eventSource": "aws:sqs", "receiptHandle": "r"}
    answer = handler.handler({"Records": [record]}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_the_directus_token_is_read_when_directus_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIRECTUS_TOKEN_PARAMETER", "/stack/token")
    monkeypatch.setattr(Secret, "_read", lambda _: pytest.fail("the token was read already"))
    assert isinstance(bootstrap.runner(), Runner)
