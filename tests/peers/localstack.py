"""A function of a few lines on LocalStack, which does what its event says."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.local.derive import RUNTIME
from infra.local.stack import LocalStack

TIMEOUT_SECONDS = 3
CODE = """
import os, time

calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("asked to", event["do"])
    if event["do"] == "fail":
        raise ValueError("no such policy")
    if event["do"] == "exit":
        os._exit(7)
    if event["do"] == "sleep":
        time.sleep(60)
    return {
        "calls": calls,
        "request_id": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "endpoint": os.environ["AWS_ENDPOINT_URL"],
        "setting": os.environ.get("SETTING", ""),
        "code": os.environ["LAMBDA_TASK_ROOT"],
        "secrets": sorted(name for name in os.environ if name.startswith("LAMBDA_HOST")),
    }
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation gave: the payload, the kind of error or nothing, and the end of its log."""

    payload: dict[str, Any]
    error: str
    log: str


@dataclass(frozen=True)
class Function:
    """A deployed function, by its name."""

    stack: LocalStack
    name: str

    def invoke(self, action: str) -> Answer:
        """Invoke the function and return what came of it."""
        answer = self._client.invoke(
            FunctionName=self.name, Payload=json.dumps({"do": action}), LogType="Tail"
        )
        log = base64.b64decode(answer["LogResult"]).decode()
        return Answer(json.loads(answer["Payload"].read()), answer.get("FunctionError", ""), log)

    def configure(self, setting: str) -> None:
        """Change the configuration alone, and wait until the function runs with it."""
        variables = {"Variables": {"SETTING": setting}}
        self._client.update_function_configuration(FunctionName=self.name, Environment=variables)
        self._updated()

    def replace(self, code: str) -> None:
        """Change the code alone, and wait until the function runs it."""
        self._client.update_function_code(FunctionName=self.name, ZipFile=archive(code))
        self._updated()

    def delete(self) -> None:
        self._client.delete_function(FunctionName=self.name)

    @cached_property
    def _client(self) -> Any:
        return self.stack.client("lambda")

    def _updated(self) -> None:
        waiter = self._client.get_waiter("function_updated_v2")
        waiter.wait(FunctionName=self.name, WaiterConfig={"Delay": 1})


def add_function(stack: LocalStack, name: str, code: str = CODE) -> Function:
    """Create a function of this code and wait until it can be invoked."""
    client = stack.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Handler="main.handler",
        Role="arn:aws:iam::000000000000:role/any",
        Timeout=TIMEOUT_SECONDS,
        Code={"ZipFile": archive(code)},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return Function(stack, name)


def archive(code: str) -> bytes:
    """Return a zip with this code as its only module."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as output:
        output.writestr("main.py", code)
    return data.getvalue()
