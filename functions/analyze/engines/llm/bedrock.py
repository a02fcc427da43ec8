"""Amazon Bedrock's Converse; the reply's schema is that of a tool which the model has to call."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from functions.analyze.engines.llm.port import (
    BadReplyError,
    Finish,
    Message,
    Reply,
    Schema,
    TooLongError,
    Usage,
    rejected,
    throttled,
    unavailable,
)
from shared.errors import ClauseworksError
from shared.retry import retry_after

NAME = "bedrock"

_FINISHES = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "guardrail_intervened": Finish.REFUSED,
    "content_filtered": Finish.REFUSED,
}
_THROTTLED = {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"}
_PASSES = {
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ModelErrorException",
    "InternalServerException",
}
# Bedrock has no code of its own for it; these are words of its message, which is read and not passed on.
_TOO_LONG = ("too long", "too many input tokens", "context window", "maximum context")


class BedrockProvider:
    """One model in the function's region; ``model`` is a model's or an inference profile's id or ARN."""

    name = NAME

    def __init__(
        self, model: str, *, endpoint_url: str = "", reply_tokens: int = 4096, timeout: float = 90.0
    ) -> None:
        self.model = model
        self._endpoint_url = endpoint_url
        self._reply_tokens = reply_tokens
        self._timeout = timeout
        self._lock = threading.Lock()
        self._made: Any = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """See Provider."""
        return {"temperature": 0, "max_tokens": self._reply_tokens}

    def complete(self, messages: Sequence[Message], schema: Schema) -> Reply:
        """See Provider."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        system = [{"text": each.text} for each in messages if each.role == "system"]
        # Two messages of the same side in a row are not allowed: they become one with two texts.
        texts = [{"text": each.text} for each in messages if each.role != "system"]
        tool = {"name": schema.name, "inputSchema": {"json": schema.body}}
        try:
            answer = self._client().converse(
                modelId=self.model,
                system=system,
                messages=[{"role": "user", "content": texts}],
                inferenceConfig={"temperature": 0.0, "maxTokens": self._reply_tokens},
                toolConfig={
                    "tools": [{"toolSpec": tool}],
                    "toolChoice": {"tool": {"name": schema.name}},
                },
            )
        except ClientError as error:
            raise _refusal(error.response) from error
        except BotoCoreError as error:
            raise unavailable(type(error).__name__) from error
        except (ResponseParserError, ValueError, RecursionError) as error:
            raise BadReplyError("the answer has not the form of Converse") from error
        return _reply(answer)

    def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            self._made.close()

    def _client(self) -> Any:
        """Return the client, made once: the default session is not for several threads."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Any:
        import boto3
        from botocore.config import Config

        # Requests are repeated by us, who know what they cost.
        config = Config(connect_timeout=5, read_timeout=self._timeout, retries={"total_max_attempts": 1})
        return boto3.client("bedrock-runtime", endpoint_url=self._endpoint_url or None, config=config)


def _reply(answer: Mapping[str, Any]) -> Reply:
    """Read an answer: the tool's input, else the text."""
    usage = _usage(answer.get("usage"))
    try:
        content = answer["output"]["message"]["content"]
        inputs = [part["toolUse"]["input"] for part in content if "toolUse" in part]
        texts = [str(part["text"]) for part in content if "text" in part]
    except (LookupError, TypeError):
        raise BadReplyError("the answer holds no message", usage) from None
    text = json.dumps(inputs[0], ensure_ascii=False) if inputs else "".join(texts)
    return Reply(text, _FINISHES.get(str(answer.get("stopReason")), Finish.STOP), usage)


def _usage(counts: object) -> Usage | None:
    if not isinstance(counts, dict):
        return None
    read, written = counts.get("inputTokens"), counts.get("outputTokens")
    if not isinstance(read, int) or not isinstance(written, int):
        return None
    return Usage(read, written, 1)


def _refusal(response: Mapping[str, Any]) -> ClauseworksError:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "")), int(metadata.get("HTTPStatusCode", 0))
    wait = retry_after(str(metadata.get("HTTPHeaders", {}).get("retry-after", "")))
    if code in _THROTTLED or status == HTTPStatus.TOO_MANY_REQUESTS:
        return throttled(wait)
    if code in _PASSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unavailable(f"it answers {code or status}", wait)
    if code == "ValidationException" and any(
        words in str(error.get("Message", "")).lower() for words in _TOO_LONG
    ):
        return TooLongError()
    return rejected(code or str(status))
