"""What keeps tests/unit pure: a test that writes a file, opens a socket, starts a process or sleeps fails.

The interpreter announces most of it by audit events; ``time.sleep`` and processes started by multiprocessing
do not announce themselves, so these two are wrapped. Reading files is allowed: tests read the template,
samples and taxonomies of the checkout. So are pairs of local sockets, which every event loop has.
"""

from __future__ import annotations

import _posixsubprocess
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from tests.support.paths import ROOT

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What Python does for an import, and Hypothesis for its caches, is not what a test does.
TOOLS = ("<frozen importlib", "/hypothesis/")
ACTIONS = {
    "os.mkdir": "makes a folder",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.fork": "forks",
    "os.forkpty": "forks",
    "os.posix_spawn": "starts a process",
    "os.system": "starts a process",
    "subprocess.Popen": "starts a process",
    "sqlite3.connect": "opens a database",
}


class Guard:
    """Watches what one test does, in its own thread and in those that start during it."""

    def __init__(self) -> None:
        self.installed = self.watching = False
        self.before: frozenset[int] = frozenset()
        self.seen: list[str] = []

    def install(self) -> None:
        """Hook into the interpreter, once and for the rest of the process: no hook can be taken back."""
        if self.installed:
            return
        self.installed = True
        sys.addaudithook(self._audit)
        time.sleep = self._wrapped(time.sleep, lambda seconds: f"sleeps {seconds} s", lambda n: n > 0)
        module: Any = _posixsubprocess
        module.fork_exec = self._wrapped(module.fork_exec, lambda *_: "starts a process", lambda *_: True)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Refuse what is impure, and fail at the end where the code under test hid the refusal."""
        own = threading.get_ident()
        self.before = frozenset(t.ident or 0 for t in threading.enumerate()) - {own}
        self.seen, self.watching = [], True
        try:
            yield
        finally:
            self.watching = False
        if self.seen:
            pytest.fail(_message(self.seen[0]), pytrace=False)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if self.watching and (action := _action(event, args)):
            self._refuse(action)

    def _wrapped(
        self, function: Callable[..., Any], action: Callable[..., str], impure: Callable[..., bool]
    ) -> Callable[..., Any]:
        def guarded(*args: Any) -> Any:
            if self.watching and impure(*args):
                self._refuse(action(*args))
            return function(*args)

        return guarded

    def _refuse(self, action: str) -> None:
        if threading.get_ident() in self.before or _by_tools():
            return
        self.seen.append(action)
        pytest.fail(_message(action))


def _action(event: str, args: tuple[Any, ...]) -> str:
    """Return what an audit event does that no unit test may do, or nothing."""
    if event == "socket.__new__":
        return "opens a socket" if args[1] != socket.AF_UNIX else ""
    if event == "open":
        path, _, flags = args
        writes = isinstance(flags, int) and flags & WRITES and str(path) != os.devnull
        return f"writes {path}" if writes else ""
    return ACTIONS.get(event, "")


def _by_tools() -> bool:
    """Return whether the innermost code of ours imports something, or runs in Hypothesis and not below it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if any(tool in file for tool in TOOLS):
            return True
        if file.startswith(str(ROOT)) and "site-packages" not in file and file != __file__:
            return False
        frame = frame.f_back
    return False


def _message(action: str) -> str:
    return f"a unit test {action}: a test that needs this belongs in tests/component (docs/testing.md)"


GUARD = Guard()
