"""The Lambda handler of the notify function, and how it is wired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics

from functions.notify import bootstrap, handler
from functions.notify.deliver import Deliverer
from functions.notify.ports import PostAnswer
from functions.notify.settings import NotifySettings
from shared.errors import TransientError
from shared.jobs.sqs_handler import job_metrics
from shared.notifications.queue import NotificationMessage
from tests.support.worlds.notifications import NotificationWorld

ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": "http://127.0.0.1:9/analysis",
    "CLEANUP_QUEUE_URL": "http://127.0.0.1:9/cleanup",
    "NOTIFICATION_QUEUE_URL": "http://127.0.0.1:9/notifications",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    bootstrap.deliverer.cache_clear()
    yield
    bootstrap.deliverer.cache_clear()


@pytest.fixture
def metrics() -> Metrics:
    return job_metrics()


def records(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{i}", "body": body, "eventSource": "aws:sqs", "receiptHandle": "r"}
            for i, body in enumerate(bodies)
        ]
    }


def test_wiring_touches_nothing() -> None:
    made = bootstrap.deliverer()
    assert isinstance(made, Deliverer)
    assert made is bootstrap.deliverer()
    assert made.mail is None


def test_email_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "clauseworks@acme.com")
    assert bootstrap.deliverer().mail is not None


def test_the_loopback_is_for_the_local_stage_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_LOOPBACK", "true")
    monkeypatch.setenv("STAGE", "prod")
    with pytest.raises(ValueError, match="stage local"):
        NotifySettings()


def test_messages_are_handled_and_counted(capsys: pytest.CaptureFixture[str], metrics: Metrics) -> None:
    desk = NotificationWorld()
    desk.webhook()
    job = desk.ended(announce=False)
    body = NotificationMessage.of_job(job.job_id).to_json()
    assert handler.process(records(body), desk.deliverer(), metrics) == {"batchItemFailures": []}
    message = desk.queue.receive()
    assert message is not None
    desk.post.plan = [PostAnswer(500)]
    assert handler.process(records(message.to_json()), desk.deliverer(), metrics) == {"batchItemFailures": []}
    assert '"NotificationsRetried":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize("body", ["not JSON", "[]", json.dumps({"job_id": "j"})])
def test_what_is_no_message_comes_back_and_holds_up_nothing(
    body: str, metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = NotificationWorld()
    desk.webhook()
    good = NotificationMessage.of_job(desk.ended(announce=False).job_id).to_json()
    answer = handler.process(records(body, good), desk.deliverer(), metrics)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert desk.queue.receive() is not None
    assert '"MessagesFailed":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [TransientError("aws-unavailable", "later"), KeyError("text of a document")]
)
def test_trouble_brings_the_message_back_and_says_nothing_of_what_was_read(
    error: Exception, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    desk = NotificationWorld()
    desk.webhook()
    body = NotificationMessage.of_job(desk.ended(announce=False).job_id).to_json()

    def fault(_name: str) -> None:
        raise error

    desk.notifications.fault = fault
    answer = handler.process(records(body), desk.deliverer(), metrics)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "text of a document" not in " ".join(str(vars(record)) for record in caplog.records)
