"""The port of the model providers: messages in, one structured reply and what it used out.

TransientError ``model-throttled``       too many requests, with the wait that the provider states
TransientError ``model-unavailable``     server errors, time-outs, lost connections
BadReplyError  ``model-reply-invalid``   an answer that cannot be read
TooLongError   ``model-input-too-long``  more than the model reads at once: ask for less
PermanentError ``model-rejected``        wrong key, unknown model, a request that is refused for good
PermanentError ``model-quota-exhausted`` nothing left to spend at the provider
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from shared.errors import PermanentError, TransientError


class Finish(StrEnum):
    """Why a reply ends where it does."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON schema that a reply has to meet."""

    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written; ``estimated`` of ``calls`` came without counts, which are then ours."""

    input: int = 0
    output: int = 0
    calls: int = 0
    estimated: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.calls + other.calls,
            self.estimated + other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote; ``usage`` is None where the provider gives none."""

    text: str
    finish: Finish
    usage: Usage | None = None


class Provider(Protocol):
    """One model of one provider; safe to share between threads."""

    name: str
    model: str

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what shapes the replies besides messages and schema: temperature, length."""
        ...

    def complete(self, messages: Sequence[Message], schema: Schema) -> Reply:
        """Send one request, once; raises what the module names."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class BadReplyError(TransientError):
    """The provider answers something that is no reply; ``usage`` is what it took all the same."""

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__("model-reply-invalid", f"The model's reply cannot be used: {reason}.")
        self.reason = reason
        self.usage = usage


class TooLongError(PermanentError):
    """The request holds more than the model reads at once."""

    def __init__(self) -> None:
        super().__init__(
            "model-input-too-long",
            "The model does not read so much at once, even of a single item. Choose a model with a larger "
            "context, or smaller segment_chunks, benefit_chunks or detail_chunks.",
        )


def throttled(wait: float | None) -> TransientError:
    """Return the error for a provider that wants fewer requests; ``wait`` in seconds, as it states."""
    return TransientError("model-throttled", "The model's provider throttles us.", retry_after=wait)


def unavailable(reason: str, wait: float | None = None) -> TransientError:
    """Return the error for a provider that does not answer, or not in full."""
    return TransientError(
        "model-unavailable", f"The model's provider cannot be reached: {reason}.", retry_after=wait
    )


def rejected(reason: str) -> PermanentError:
    """Return the error for a request that the provider will refuse again."""
    return PermanentError(
        "model-rejected",
        f"The model's provider refuses the request ({reason}). Check the model, the key and the address.",
    )
