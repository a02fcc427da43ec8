"""Starting the processes of these tests: each is forked from one that has loaded everything already."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from tests.chaos import worker


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.preload"])
    return context


def start(role: str, environment: Mapping[str, str], *arguments: Any) -> BaseProcess:
    """Start a process that ends by itself, by ``kill()``, or with the process that started it."""
    process = _context().Process(target=worker.run, args=(role, dict(environment), *arguments), daemon=True)
    process.start()
    return process


def end(process: BaseProcess) -> None:
    """Kill a process where it still runs, and let go of it."""
    process.kill()
    process.join()
    process.close()
