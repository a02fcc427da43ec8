"""Time comes from the clocks that are injected: nothing reads a clock of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

CLOCKS = {"time.monotonic", "time.time", "time.perf_counter", "datetime.now", "datetime.utcnow", "utc_now"}
# It is the clock; ids carry the moment of their making.
OWN = {"shared/clock.py", "shared/ids.py"}


def readings(path: Path) -> Iterator[str]:
    """Yield the calls of a module that read a clock."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in CLOCKS:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {called}"


@pytest.mark.parametrize("folder", ["shared", "functions/cleanup", "functions/notify"])
def test_no_clock_is_read_directly(folder: str) -> None:
    paths = [path for path in (ROOT / folder).rglob("*.py") if str(path.relative_to(ROOT)) not in OWN]
    assert [reading for path in paths for reading in readings(path)] == []


def test_the_search_sees_clocks() -> None:
    assert [*readings(ROOT / "shared/clock.py")]
