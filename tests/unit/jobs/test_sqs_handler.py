from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics

from shared.errors import TransientError
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Remaining
from shared.jobs.sqs_handler import METRIC_OF, flush, job_metrics, process

SECRET = "body-that-must-not-be-logged"


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 12_500


class Worker:
    """Answers each job id with an ending, or raises; remembers what it was given."""

    def __init__(self, endings: dict[str, Ending | Exception]) -> None:
        self.endings = endings
        self.seen: list[tuple[JobMessage, float]] = []

    def handle(self, message: JobMessage, remaining: Remaining) -> Outcome:
        self.seen.append((message, remaining()))
        ending = self.endings[message.job_id]
        if isinstance(ending, Exception):
            raise ending
        return Outcome(ending)


def event(*bodies: str) -> dict[str, Any]:
    records = [
        {"messageId": f"m{i}", "body": body, "eventSource": "aws:sqs", "receiptHandle": "r"}
        for i, body in enumerate(bodies)
    ]
    return {"Records": records}


def body(job_id: str) -> str:
    return json.dumps({"job_id": job_id, "kind": "analysis", "reason": "submitted"})


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def test_every_ending_deletes_the_message_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    worker = Worker({ending.value: ending for ending in Ending})
    answer = process(event(*(body(ending.value) for ending in Ending)), Context(), worker)
    assert failed(answer) == []
    assert {seconds for _, seconds in worker.seen} == {12.5}
    [metrics] = emitted(capsys)
    assert {name for name in METRIC_OF.values() if metrics[name] == [1.0]} == set(METRIC_OF.values())
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Clauseworks"
    assert metrics["stage"] == "local"


@pytest.mark.parametrize("bad", ["", SECRET, "[]", "null", "{}", '{"job_id": "x", "kind": "dance"}'])
def test_malformed_message_is_reported_and_blocks_nobody(
    bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = Worker({"a": Ending.COMPLETED, "b": Ending.COMPLETED})
    assert failed(process(event(body("a"), bad, body("b")), Context(), worker)) == ["m1"]
    assert [message.job_id for message, _ in worker.seen] == ["a", "b"]
    output = capsys.readouterr().out
    assert '"MessagesFailed":[1.0]' in output
    assert SECRET not in output


@pytest.mark.parametrize(
    "error", [TransientError("aws-unavailable", "DynamoDB answered 500."), KeyError("x")]
)
def test_job_that_could_not_be_written_comes_back(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = Worker({"a": error, "b": Ending.RETRYING})
    assert failed(process(event(body("a"), body("b")), Context(), worker)) == ["m0"]
    [metrics] = emitted(capsys)
    assert (metrics["MessagesFailed"], metrics["JobsRetried"]) == ([1.0], [1.0])


def test_batch_that_fails_as_a_whole_raises_nothing() -> None:
    """An exception would cost the warm process; the response alone brings the message back."""
    assert failed(process(event("nonsense"), Context(), Worker({}))) == ["m0"]


def test_metrics_of_the_caller_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    own = Metrics(namespace="Elsewhere")
    process(event(body("a")), Context(), Worker({"a": Ending.COMPLETED}), own)
    [metrics] = emitted(capsys)
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Elsewhere"


def test_nothing_gathered_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    flush(job_metrics())
    assert capsys.readouterr().out == ""
