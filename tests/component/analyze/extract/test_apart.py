"""Work in a process of its own: its results come back, and its end is told apart."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing import Pipe
from typing import Any

import pytest

from functions.analyze.extract.apart import Allowance, StepFailedError, run_apart, serve
from shared.errors import PermanentError

ALLOWANCE = Allowance(seconds=1, memory=256 * 1024 * 1024)


@pytest.fixture(autouse=True)
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the children of a test: others of this process are none of its business."""
    pids: list[int] = []
    fork = os.fork

    def recording() -> int:
        pids.append(pid := fork())
        return pid

    monkeypatch.setattr(os, "fork", recording)
    return pids


def left_of(pids: list[int]) -> list[int]:
    """Return those of our children that nobody has waited for; there has to have been one."""
    assert pids
    return [pid for pid in pids if is_child(pid)]


def is_child(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def three() -> Iterator[int]:
    yield from (1, 2, 3)


def refused() -> Iterator[int]:
    yield 1
    raise PermanentError("pdf-damaged", "The PDF is damaged.")


def unexpected() -> Iterator[int]:
    yield 1
    raise ValueError("words of the document")


def crashing() -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGSEGV)


def busy() -> Iterator[int]:
    yield sum(iter(int, 1))


def greedy() -> Iterator[int]:
    yield len(bytearray(ALLOWANCE.memory * 2))


def filling_then_aborting() -> Iterator[int]:
    """Do as C code does that gets no memory."""
    yield len(b"x" * int(0.8 * ALLOWANCE.memory))
    os.abort()


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 100_000


def test_results_come_back_in_order_and_the_child_is_gone(forked: list[int]) -> None:
    assert list(run_apart(three, ALLOWANCE)) == [1, 2, 3]
    assert left_of(forked) == []


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (crashing, "file-crashes-reader"),
        (busy, "file-too-slow"),
        (greedy, "file-too-large"),
        (filling_then_aborting, "file-too-large"),
    ],
)
def test_what_breaks_off_is_named(forked: list[int], steps: Any, code: str) -> None:
    with pytest.raises(StepFailedError) as caught:
        list(run_apart(steps, ALLOWANCE))
    assert caught.value.code == code
    assert caught.value.detail.endswith(".")
    assert left_of(forked) == []


def test_results_before_a_crash_count() -> None:
    results = run_apart(crashing, ALLOWANCE)
    assert next(results) == 1
    with pytest.raises(StepFailedError):
        next(results)


def test_refusals_come_as_they_are_and_the_unexpected_without_its_words() -> None:
    with pytest.raises(PermanentError, match="The PDF is damaged") as caught:
        list(run_apart(refused, ALLOWANCE))
    assert caught.value.code == "pdf-damaged"
    with pytest.raises(RuntimeError, match=r"broke off with ValueError$"):
        list(run_apart(unexpected, ALLOWANCE))


def test_the_child_ends_with_the_generator(forked: list[int]) -> None:
    results = run_apart(endless, ALLOWANCE)
    next(results)
    results.close()
    assert left_of(forked) == []


@pytest.mark.parametrize(("steps", "kinds"), [(three, [1, 1, 1, 0]), (refused, [1, 2]), (unexpected, [1, 4])])
def test_what_the_child_sends(steps: Any, kinds: list[int]) -> None:
    ours, theirs = Pipe(duplex=False)
    begun: list[int] = []
    serve(steps, theirs, lambda: begun.append(1))
    theirs.close()
    received = []
    while ours.poll():
        try:
            received.append(ours.recv()[0])
        except EOFError:
            break
    assert received == kinds
    assert len(begun) == kinds.count(1) + 1


def test_a_child_without_a_parent_ends_quietly() -> None:
    ours, theirs = Pipe(duplex=False)
    ours.close()
    serve(endless, theirs, lambda: None)
