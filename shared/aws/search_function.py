"""The search as a Lambda function that is invoked and waited for."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.aws.clients import translated
from shared.errors import ClauseworksError, PermanentError, TransientError
from shared.search.query import SearchAnswer, SearchQuestion

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SERVICE = "Lambda"
# Below the 29 seconds that the gateway waits. A first question may load the model and open a large shelf.
TIMEOUT = 25


class SearchFailedError(ClauseworksError):
    """What the search function says cannot be answered."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(str(problem["type"]).rpartition(":")[2], str(problem["detail"]))
        self.status = int(problem["status"])


class LambdaSearch:
    """See SearchService; ``function`` is the name of the search function."""

    def __init__(self, function: str, endpoint_url: str = "") -> None:
        self._function = function
        self._endpoint_url = endpoint_url

    def ask(self, question: SearchQuestion) -> SearchAnswer:
        """Invoke the function once: the client may ask again, a retry of ours would not come back in time."""
        lambda_: Any = _client(self._endpoint_url)
        with translated(_SERVICE):
            try:
                answer = lambda_.invoke(
                    FunctionName=self._function, Payload=json.dumps(question.to_json()).encode()
                )
                reply = json.loads(answer["Payload"].read())
            except lambda_.exceptions.TooManyRequestsException:
                raise _busy() from None
        if "FunctionError" in answer:
            raise TransientError("search-failed", "The search gave no answer. Search again.")
        if "problem" in reply:
            raise _failed(reply["problem"])
        return SearchAnswer.from_json(reply["answer"])


def _failed(problem: dict[str, Any]) -> ClauseworksError:
    if problem["transient"]:
        return TransientError(str(problem["type"]).rpartition(":")[2], str(problem["detail"]))
    if int(problem["status"]) >= 500:  # noqa: PLR2004 - ours, not the client's
        return PermanentError("search-failed", "The search cannot answer.")
    return SearchFailedError(problem)


def _busy() -> TransientError:
    return TransientError("search-busy", "Too many searches at once. Search again.", retry_after=2)


@cache
def _client(endpoint_url: str) -> LambdaClient:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=3, read_timeout=TIMEOUT, retries={"mode": "standard", "total_max_attempts": 1}
    )
    return boto3.client("lambda", endpoint_url=endpoint_url or None, config=config)
