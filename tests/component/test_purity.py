"""The guard of tests/unit: what it refuses, and what it lets pass."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.purity import GUARD

GUARD.install()


def spawn() -> None:
    multiprocessing.get_context("spawn").Process(target=print).start()


IMPURE: dict[str, Callable[[], object]] = {
    "opens a socket": socket.socket,
    "forks": os.fork,
    "starts a process": lambda: subprocess.run([sys.executable, "-V"], check=True),
    "starts a process ": spawn,
    "sleeps": lambda: time.sleep(0.001),
    "makes a folder": tempfile.mkdtemp,
    "writes": tempfile.TemporaryFile,
    "removes a file": lambda: Path("/tmp/there-is-no-such-file").unlink(),  # noqa: S108
}


@pytest.mark.parametrize("action", IMPURE)
def test_what_is_impure_fails_and_names_the_place_for_it(action: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=rf"{action.strip()}.*tests/component"), GUARD.watch():
        IMPURE[action]()


def test_a_refusal_that_is_swallowed_fails_at_the_end() -> None:
    guarded = GUARD.watch()
    with pytest.raises(pytest.fail.Exception, match="opens a socket"), guarded, suppress(BaseException):
        socket.socket()


def test_threads_of_the_test_are_watched_and_older_ones_are_not() -> None:
    go, done = threading.Event(), threading.Event()

    def old() -> None:
        go.wait()
        socket.socket().close()
        done.set()

    thread = threading.Thread(target=old)
    thread.start()
    with GUARD.watch():
        go.set()
        assert done.wait(10)
    thread.join()

    def new() -> None:
        with suppress(BaseException):
            socket.socket()

    thread = threading.Thread(target=new)

    def run() -> None:
        thread.start()
        thread.join()

    with pytest.raises(pytest.fail.Exception), GUARD.watch():
        run()


def test_reading_event_loops_and_imports_are_pure() -> None:
    with GUARD.watch():
        assert (ROOT / "template.yaml").read_text()
        asyncio.run(asyncio.sleep(0))
        time.sleep(0)
        sys.modules.pop("colorsys", None)
        __import__("colorsys")
    socket.socket().close()
