"""Runs work on a hostile file in a process of its own, with an end to its time and memory.

The readers of PDF, images, XML and HTML are C and C++: a file made for it can crash them, keep them busy for
hours or have them fill the memory, and nothing in the same process could stop that. So the work is forked
off: what breaks is the child, and the job gets an error that says so. Only results cross over, through a
pipe; the file itself lies in memory that both share.

CPU time is counted, not the clock: a busy machine refuses no file that an idle one reads.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import signal
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shared.errors import PermanentError, TransientError

Steps = Callable[[], Iterator[Any]]

_STATM = Path("/proc/self/statm")
_RESIDENT, _OF_FILES, _DATA = 1, 2, 5
# A child that waits for something that never comes uses no CPU time.
_CLOCK_FACTOR = 10
# One that dies while it asks for memory has most of it already.
_MOST_OF_IT = 0.5
_DONE, _STEP, _REFUSED, _LARGE, _BROKEN = range(5)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one step may take: seconds of CPU time, and bytes of memory beyond what the parent has."""

    seconds: int = 30
    memory: int = 1024 * 1024 * 1024


class StepFailedError(PermanentError):
    """A step broke off; ``code`` is ``file-too-slow``, ``file-too-large`` or ``file-crashes-reader``."""


def run_apart(steps: Steps, allowance: Allowance) -> Generator[Any, None, None]:
    """Yield what ``steps`` yields (plain values), running it in a child; each step has the whole allowance.

    The child works ahead as far as the pipe holds its results, and ends with the generator.
    Raises the PermanentError that a step raises, StepFailedError where one came to no end. Any other
    exception of a step is raised as RuntimeError with its type alone: its words may be the document's.
    """
    ours, theirs = Pipe(duplex=False)
    # Memory of files (libraries) is not in the child before it looks at it.
    shared = _in_use(_RESIDENT) - _in_use(_OF_FILES)
    pid = os.fork()
    if pid == 0:
        ours.close()
        be_the_child(steps, theirs, allowance)
    theirs.close()
    child = _Child(pid, shared)
    try:
        yield from _received(ours, child, allowance)
    finally:
        ours.close()
        child.end()


def be_the_child(steps: Steps, theirs: Connection, allowance: Allowance) -> None:
    """Work under the limits, then leave without what the parent would do at its own end; never returns."""
    try:
        faulthandler.disable()  # the parent says what happened
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _limit(resource.RLIMIT_DATA, _in_use(_DATA) + allowance.memory)
        serve(steps, theirs, lambda: _limit(resource.RLIMIT_CPU, _seconds_used() + allowance.seconds))
    finally:
        os._exit(0)


def serve(steps: Steps, theirs: Connection, begin_step: Callable[[], None]) -> None:
    """Send what ``steps`` yields, and how it ended; ``begin_step`` is called before each step.

    Ends quietly where nobody is left to take it.
    """
    with contextlib.suppress(BrokenPipeError):
        try:
            begin_step()
            for value in steps():
                theirs.send((_STEP, value))
                begin_step()
            theirs.send((_DONE, None))
        except BrokenPipeError:
            raise
        except PermanentError as error:
            theirs.send((_REFUSED, (error.code, error.detail)))
        except MemoryError:
            theirs.send((_LARGE, None))
        except Exception as error:  # noqa: BLE001 - the parent raises it
            theirs.send((_BROKEN, type(error).__name__))


class _Child:
    """A child process of ours until it has been waited for; ``shared`` bytes it had from the start."""

    def __init__(self, pid: int, shared: int) -> None:
        self._pid = pid
        self._shared = shared

    def end(self) -> tuple[int, int]:
        """Stop the child if it still runs; return the signal that ended it (or 0) and how far it grew."""
        if not self._pid:
            return 0, 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> tuple[int, int]:
        """Wait for the child's end; return the signal that ended it (or 0) and how many bytes it grew."""
        _, status, usage = os.wait4(self._pid, 0)
        self._pid = 0
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return by, usage.ru_maxrss * 1024 - self._shared


def _received(ours: Connection, child: _Child, allowance: Allowance) -> Iterator[Any]:
    while True:
        if not ours.poll(_CLOCK_FACTOR * allowance.seconds):
            # With more CPU time than it may use it would be dead: the machine is too busy, or it hangs.
            raise TransientError(
                "file-reader-stalled",
                f"The reader of the file has said nothing for {_CLOCK_FACTOR * allowance.seconds} seconds. "
                "Is the machine overloaded?",
            )
        try:
            kind, value = ours.recv()
        except EOFError:
            raise _death(*child.wait(), allowance) from None
        if kind == _DONE:
            return
        if kind == _REFUSED:
            raise PermanentError(*value)
        if kind == _LARGE:
            raise _too_large(allowance)
        if kind == _BROKEN:
            raise RuntimeError(f"reading the file broke off with {value}")
        yield value


def _death(by: int, grown: int, allowance: Allowance) -> StepFailedError:
    """Return what a child died of: C code that gets no memory aborts."""
    if by == signal.SIGXCPU:
        return _too_slow(allowance)
    if grown > _MOST_OF_IT * allowance.memory:
        return _too_large(allowance)
    detail = "The file makes the reader of its format crash. Print it to a new PDF and send that."
    return StepFailedError("file-crashes-reader", detail)


def _too_slow(allowance: Allowance) -> StepFailedError:
    detail = (
        f"Reading takes more than {allowance.seconds} seconds for a single step: the file holds far more "
        "than a page needs. Print it to a new PDF and send that."
    )
    return StepFailedError("file-too-slow", detail)


def _too_large(allowance: Allowance) -> StepFailedError:
    detail = (
        f"Reading takes more than {allowance.memory // 1024**2} MB of memory: the file unpacks to far more "
        "than a document needs. Print it to a new PDF and send that."
    )
    return StepFailedError("file-too-large", detail)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):  # some systems do not know the limit: then there is none
        resource.setrlimit(which, (ceiling, hard))


def _seconds_used() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_utime + usage.ru_stime) + 1


def _in_use(field: int) -> int:
    """Return the bytes that this process holds, by the field of Linux's statm; 0 elsewhere."""
    try:
        pages = int(_STATM.read_text("ascii").split()[field])
    except OSError:
        return 0
    return pages * resource.getpagesize()
