"""Invoking the search function: what its answers, and its failures, become."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.aws import search_function
from shared.aws.search_function import LambdaSearch
from shared.errors import ClauseworksError, TransientError
from shared.jobs.model import Owner
from shared.search.query import SearchAnswer, SearchQuestion, SearchTooWideError

QUESTION = SearchQuestion(Owner("directus", "alice"), "dogs")


class TooManyRequestsException(Exception):  # noqa: N818 - the name that boto3 gives it
    pass


@dataclass
class FakeLambda:
    """What is used of boto3's client, answering with a payload."""

    payload: Any = None
    error: bool = False
    busy: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    exceptions: Any = None

    def __post_init__(self) -> None:
        self.exceptions = type("Exceptions", (), {"TooManyRequestsException": TooManyRequestsException})

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        if self.busy:
            raise TooManyRequestsException
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.payload).encode())}
        return {**answer, "FunctionError": "Unhandled"} if self.error else answer


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    fake = FakeLambda()
    monkeypatch.setattr(search_function, "_client", lambda _endpoint: fake)
    return fake


def test_the_question_goes_in_and_the_answer_comes_out(function: FakeLambda) -> None:
    function.payload = {"answer": SearchAnswer((), 0, 3, ("d1",)).to_json()}
    assert LambdaSearch("search").ask(QUESTION) == SearchAnswer((), 0, 3, ("d1",))
    assert function.asked[0]["FunctionName"] == "search"
    assert SearchQuestion.from_json(json.loads(function.asked[0]["Payload"])) == QUESTION


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"busy": True}, "search-busy"),
        ({"error": True, "payload": {"errorMessage": "secret text"}}, "search-failed"),
        (
            {"payload": {"problem": {**SearchTooWideError(2, 1).problem().to_dict(), "transient": False}}},
            "search-too-wide",
        ),
        (
            {"payload": {"problem": {**TransientError("a-b", "x").problem().to_dict(), "transient": True}}},
            "a-b",
        ),
        (
            {"payload": {"problem": {"type": "x:c", "status": 500, "detail": "d", "transient": False}}},
            "search-failed",
        ),
    ],
)
def test_failures(function: FakeLambda, change: dict[str, Any], code: str) -> None:
    for name, value in change.items():
        setattr(function, name, value)
    with pytest.raises(ClauseworksError) as caught:
        LambdaSearch("search").ask(QUESTION)
    assert caught.value.code == code
    assert "secret" not in caught.value.detail
