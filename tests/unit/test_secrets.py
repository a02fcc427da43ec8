"""Secrets from the environment, or from SSM: read once, again after some minutes, kept through trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shared.aws.ssm import KEPT_SECONDS, Secret
from shared.errors import PermanentError, TransientError


@dataclass
class Parameters:
    """A parameter store in memory, in the place of the one that the secret reads."""

    value: str = "first"
    error: Exception | None = None
    now: float = 0.0
    reads: list[str] = field(default_factory=list)

    def secret(self, monkeypatch: pytest.MonkeyPatch, min_length: int = 0) -> Callable[[], str]:
        secret = Secret("", "/stack/secret", min_length=min_length, monotonic=lambda: self.now)
        monkeypatch.setattr(secret, "_read", self.read)
        return secret

    def read(self) -> str:
        self.reads.append(self.value)
        if self.error is not None:
            raise self.error
        return self.value


@pytest.fixture
def parameters() -> Parameters:
    return Parameters()


def test_what_the_environment_holds_is_not_looked_up() -> None:
    assert Secret("value", "/stack/secret")() == "value"
    assert Secret("")() == ""


def test_a_parameter_is_read_once_in_some_minutes(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = parameters.secret(monkeypatch)
    assert [secret(), secret()] == ["first", "first"]
    parameters.value, parameters.now = "second", KEPT_SECONDS - 1
    assert secret() == "first"
    parameters.now = KEPT_SECONDS
    assert secret() == "second"
    assert parameters.reads == ["first", "second"]


@pytest.mark.parametrize(
    "error",
    [
        TransientError("aws-unavailable", "SSM answered 500."),
        PermanentError("aws-refused", "SSM refused the request."),
    ],
)
def test_trouble_in_reading_again_keeps_the_secret(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    secret = parameters.secret(monkeypatch)
    secret()
    parameters.error, parameters.now = error, KEPT_SECONDS
    assert secret() == "first"


def test_trouble_in_the_first_reading_is_told(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters.error = TransientError("aws-unavailable", "SSM answered 500.")
    secret = parameters.secret(monkeypatch)
    with pytest.raises(TransientError):
        secret()
    parameters.error = None
    assert secret() == "first"


def test_a_secret_that_is_too_short_is_refused(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermanentError, match="/stack/secret needs at least 32 characters"):
        parameters.secret(monkeypatch, min_length=32)()
