"""Whatever happens to a test run, its servers end and its folder goes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.directus import guard
from infra.directus.server import RECORD
from infra.local.processes import Process, start

PATIENCE_SECONDS = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    (made / "one").mkdir(parents=True)
    return made


@pytest.fixture
def server(folder: Path) -> Iterator[Process]:
    """A process that stands for a server, with its record."""
    process = start(["sleep", "600"], os.environ, log=folder / "one" / "log", folder=folder, port=1)
    process.save(folder / "one" / RECORD)
    yield process
    process.stop()


def test_removing_stops_every_server(folder: Path, server: Process) -> None:
    guard.remove(folder)

    assert not server.alive
    assert not folder.exists()


def test_the_watcher_acts_when_its_owner_is_killed(folder: Path, server: Process) -> None:
    with subprocess.Popen(["sleep", "600"]) as owner:
        watcher = guard.watch(folder, owner.pid)
        owner.kill()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while watcher.alive and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not watcher.alive
    assert not server.alive
    assert not folder.exists()
