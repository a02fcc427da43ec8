"""``LAMBDA_RUNTIME_EXECUTOR=host``: functions as processes of this machine, without Docker.

``LAMBDA_HOST_PYTHON`` names the interpreter that has the runtime client ``awslambdaric``.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from infra.localstack.plugin.runtime import HOST, Ending, Invocation, Outcome, Runtime, StartError, error

if TYPE_CHECKING:
    from localstack.services.lambda_.invocation.lambda_models import FunctionVersion

# All that functions see of LocalStack's own environment.
KEPT = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


class HostExecutor(RuntimeExecutor):
    """One execution environment of a zip function: a runtime process, and a new one where it has ended."""

    _environment: dict[str, str]
    _runtime: Runtime

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the runtime; raise ``StatusErrorException`` where the function cannot be loaded."""
        self._environment = self._complete(env_vars)
        self._launch()

    def stop(self) -> None:
        """End the runtime with all its children."""
        if hasattr(self, "_runtime"):
            self._runtime.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Return the function's answer and what it printed, as Lambda reports them."""
        if not self._runtime.alive:
            # After a crash or a time-out.
            self._runtime.stop()
            self._launch()
        request_id, version = payload["invoke-id"], self.function_version
        begun = time.time()
        invocation = Invocation(
            request_id=request_id,
            payload=payload["payload"].encode(),
            deadline=begun + version.config.timeout,
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
        )
        outcome = self._runtime.invoke(invocation)
        milliseconds = (time.time() - begun) * 1000
        failed, body = self._answer(request_id, outcome)
        logs = (
            f"START RequestId: {request_id} Version: {version.id.qualifier}\n"
            f"{self._runtime.output.take()}"
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {version.config.memory_size} MB\t\n"
        )
        return InvocationResult(request_id, body, failed, logs)

    def get_address(self) -> str:
        """Return where LocalStack would reach the environment."""
        return HOST

    def get_endpoint_from_executor(self) -> str:
        """Return where the environment reaches LocalStack."""
        return HOST

    def get_runtime_endpoint(self) -> str:
        """Return the address to which the runtime of LocalStack's images would report; ours does not."""
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def get_logs(self) -> str:
        """Return what the runtime has printed and no invocation reported."""
        return self._runtime.output.take()

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the function's code."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Leave the code: after a change of the configuration alone the next version runs the same one.

        LocalStack removes it with the last version that has it.
        """

    def _launch(self) -> None:
        handler = self.function_version.config.handler
        command = [os.environ["LAMBDA_HOST_PYTHON"], "-m", "awslambdaric", handler]
        self._runtime = Runtime(command, Path(self._environment["LAMBDA_TASK_ROOT"]), self._environment)
        try:
            self._runtime.wait_ready(config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT)
        except StartError as failure:
            raise StatusErrorException(f"no start: {failure}", payload=failure.body) from failure

    def _complete(self, env_vars: dict[str, str]) -> dict[str, str]:
        """Return the environment of the runtime: what LocalStack gives it, and where its code lies."""
        code = str(self.function_version.config.code.get_unzipped_code_location())
        given = {name: str(value) for name, value in env_vars.items()}
        search = os.pathsep.join(filter(None, [code, given.get("PYTHONPATH")]))
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **given,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
            "LAMBDA_TASK_ROOT": code,
            "PYTHONPATH": search,
        }

    def _answer(self, request_id: str, outcome: Outcome) -> tuple[bool, bytes]:
        """Return whether the invocation failed, and the body that its caller gets."""
        limit = config.LAMBDA_LIMITS_MAX_FUNCTION_PAYLOAD_SIZE_BYTES
        match outcome.ending:
            case Ending.TIMEOUT:
                seconds = self.function_version.config.timeout
                message = f"RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds"
                return True, error("Sandbox.Timedout", message)
            case Ending.EXIT:
                ended = json.loads(outcome.body)
                message = f"RequestId: {request_id} Error: {ended['errorMessage']}"
                return True, error(ended["errorType"], message)
            case Ending.RESPONSE if len(outcome.body) > limit:
                message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
                return True, error("Function.ResponseSizeTooLarge", message)
            case _:
                return outcome.ending is Ending.ERROR, outcome.body


class HostExecutorPlugin(RuntimeExecutorPlugin):
    """By which LocalStack finds the executor."""

    name = "host"

    def load(self, *_args: object, **_kwargs: object) -> type[HostExecutor]:
        """Return the executor."""
        return HostExecutor
