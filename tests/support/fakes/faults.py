"""Faults between any two outside effects: every operation passes through one counter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from shared.errors import TransientError

Fault = tuple[Literal["crash", "error", "outage"], int]


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass(slots=True)
class Faults:
    """Does something at one operation, counted from when it was armed; every operation passes here."""

    countdown: int = 0
    action: Callable[[], object] | None = None

    def __call__(self, _operation: str) -> None:
        if self.action is None:
            return
        self.countdown -= 1
        if self.countdown < 0:
            action, self.action = self.action, None
            action()

    def arm(self, countdown: int, action: Callable[[], object]) -> None:
        """Do something in place of the operation that comes after so many others."""
        self.countdown, self.action = countdown, action

    @contextmanager
    def armed(self, fault: Fault | None) -> Iterator[None]:
        """Let an operation or all from it on fail, or the process die in its place; what was begun ends."""
        if fault is not None:
            self.arm(fault[1], {"crash": _crash, "error": _fail, "outage": self._fail_on}[fault[0]])
        try:
            yield
        except (CrashError, TransientError):
            pass
        finally:
            self.action = None

    def _fail_on(self) -> None:
        self.arm(0, self._fail_on)
        _fail()


class Watched:
    """Passes every call on, once ``before`` has heard its name."""

    def __init__(self, target: object, before: Callable[[str], None]) -> None:
        self._target = target
        self._before = before

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._before(name)
            return method(*args, **kwargs)

        return call


def _crash() -> None:
    raise CrashError


def _fail() -> None:
    raise TransientError("aws-unavailable", "Throttled.")
