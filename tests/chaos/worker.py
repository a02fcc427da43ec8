"""Processes that do what Lambda does around the real handlers: poll a queue, keep a schedule, pass a request.

``python -m tests.chaos.worker ROLE`` runs one by itself. Its environment is that of the deployed function,
with the variables of ``tests.chaos.faults`` and these:

``CHAOS_ONCE``    end after this many messages, or rounds of the reconciler
``CHAOS_UNITS``   units of work for which the remaining time of the first invocation is enough
``CHAOS_POISON``  id of a job that kills every worker that is given it, in the middle of its first unit
``CHAOS_LOG``     file for everything that is printed
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import faults
from tests.chaos.faults import At, Effects

POLL_SECONDS = 1
ROUND_SECONDS = 1.0
INVOCATION_SECONDS = 900.0


@dataclass(slots=True)
class Context:
    """Lambda's context, as far as handlers look at it."""

    deadline: float
    units: int = -1
    aws_request_id: str = "chaos"
    function_name: str = "chaos"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:chaos"
    asked: int = field(default=0)

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left; none once the units that were to be done are done."""
        self.asked += 1
        if 0 <= self.units < self.asked:
            return 0
        return int((self.deadline - time.monotonic()) * 1000)


def run(role: str, environment: Mapping[str, str], *arguments: Any) -> None:
    """Become a process of a role, which ends with the process that started it at the latest."""
    os.environ.clear()
    os.environ.update(environment)
    if log := environment.get("CHAOS_LOG"):
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)
    effects = faults.install(environment)
    match role:
        case "api":
            call(*arguments)
        case "reconcile":
            reconcile(environment)
        case _:
            work(role, environment, effects)


def work(role: str, environment: Mapping[str, str], effects: Effects) -> None:
    """Poll the queue of ``analyze`` or ``cleanup`` and give each message to the handler, one at a time."""
    from shared.aws.clients import client

    if role == "analyze":
        from functions.analyze.handler import handler
    else:
        from functions.cleanup.handler import handler
    sqs = client("sqs", environment["AWS_ENDPOINT_URL"])
    queue = environment["ANALYSIS_QUEUE_URL" if role == "analyze" else "CLEANUP_QUEUE_URL"]
    units, left, parent = int(environment.get("CHAOS_UNITS", "-1")), _once(environment), os.getppid()
    while left and os.getppid() == parent:
        answer = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=1, WaitTimeSeconds=POLL_SECONDS, AttributeNames=["All"]
        )
        for message in answer.get("Messages", []):
            if json.loads(message["Body"]).get("job_id") == environment.get("CHAOS_POISON", ""):
                # After the job was taken: it is the work that kills.
                effects.at = At("kill", "before", effects.count + 2)
            if not handler(_event(message), _context(units))["batchItemFailures"]:
                # The handle of a message that came again meanwhile is void here; on AWS that is no error.
                with suppress(sqs.exceptions.ReceiptHandleIsInvalid):
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            units, left = -1, left - 1


def reconcile(environment: Mapping[str, str]) -> None:
    """Run the reconciliation again and again, more often than its schedule would."""
    from functions.cleanup.handler import reconcile as handler

    left, parent = _once(environment), os.getppid()
    while left and os.getppid() == parent:
        began = time.monotonic()
        handler({}, _context())
        left -= 1
        if left:
            time.sleep(max(0.0, began + ROUND_SECONDS - time.monotonic()))


def call(request: Mapping[str, Any], answer: str) -> None:
    """Pass one gateway event to the API's handler; write what it answers to the file ``answer``."""
    import asyncio

    # As Lambda's main thread has one.
    asyncio.set_event_loop(asyncio.new_event_loop())
    from functions.api.handler import handler

    Path(answer).write_text(json.dumps(handler(dict(request), _context())))


def _context(units: int = -1) -> Context:
    return Context(time.monotonic() + INVOCATION_SECONDS, units)


def _event(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event in which Lambda passes a message on."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:chaos",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


def _once(environment: Mapping[str, str]) -> int:
    """Return how many messages or rounds are left; below zero there is no end to them."""
    return int(environment.get("CHAOS_ONCE", "-1"))


if __name__ == "__main__":
    run(sys.argv[1], dict(os.environ))
