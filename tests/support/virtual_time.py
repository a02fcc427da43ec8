"""An event loop whose time passes only while everything waits: seconds of waiting take no time of a test.

The loop's clock stands still while callbacks run and while threads work, and jumps to the next timer once
there is nothing else to do. So what a test sees does not depend on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from unittest.mock import patch

import anyio.to_thread

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Blocks only while threads work; else it lets the loop's time jump."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.threads and timeout != 0:
            # A thread wakes the loop when it is done: until then no time passes.
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits, and nothing is due")
        if not ready and timeout is not None:
            self.now += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _Selector) -> None:
        super().__init__(selector)
        self._virtual = selector

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        self._virtual.threads += 1
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self._virtual.threads -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, as ``asyncio.run`` does, in virtual time."""
    selector = _Selector()
    run_sync = anyio.to_thread.run_sync

    async def counted(*args: Any, **kwargs: Any) -> Any:
        selector.threads += 1
        try:
            return await run_sync(*args, **kwargs)
        finally:
            selector.threads -= 1

    with (
        patch.object(anyio.to_thread, "run_sync", counted),
        asyncio.Runner(loop_factory=lambda: _Loop(selector)) as runner,
    ):
        return runner.run(main)
