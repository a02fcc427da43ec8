from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.processes import HOST, Process, free_port, start

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""


class Started:
    """A process of the test, with its log."""

    def __init__(self, folder: Path, program: str) -> None:
        self.log = folder / "logs" / "process.log"
        self.process = start(
            [sys.executable, "-c", program], {"PATH": os.environ["PATH"]}, log=self.log, folder=folder, port=1
        )

    def output(self) -> str:
        """Return the first line that the process wrote."""
        while "\n" not in (text := self.log.read_text()):
            time.sleep(0.01)
        return text.splitlines()[0]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Started]:
    started = Started(tmp_path, SLEEP)
    yield started
    started.process.stop()


def test_a_started_process_runs_until_it_is_stopped(sleeper: Started) -> None:
    assert sleeper.output() == "ready"
    assert sleeper.process.alive

    sleeper.process.stop()

    assert not sleeper.process.alive


def test_stopping_twice_is_harmless(sleeper: Started) -> None:
    sleeper.process.stop()
    sleeper.process.stop()

    assert not sleeper.process.alive


def test_a_recorded_process_is_found_again(sleeper: Started, tmp_path: Path) -> None:
    sleeper.process.save(tmp_path / "record.json")

    assert Process.load(tmp_path / "record.json") == sleeper.process


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 1}', "not json"])
def test_a_broken_record_is_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)

    assert Process.load(tmp_path / "record.json") is None


def test_a_missing_record_is_no_process(tmp_path: Path) -> None:
    assert Process.load(tmp_path / "record.json") is None


def test_a_stranger_who_got_the_id_is_left_alone(sleeper: Started, tmp_path: Path) -> None:
    stranger = replace(sleeper.process, started="long ago")
    (tmp_path / "record.json").write_text(json.dumps({"pid": stranger.pid, "started": "long ago", "port": 1}))

    stranger.stop()

    assert sleeper.process.alive
    assert Process.load(tmp_path / "record.json") is None


def test_a_process_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = Started(tmp_path, DEAF)
    deaf.output()

    deaf.process.stop(grace_seconds=0.2)

    assert not deaf.process.alive


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    parent = Started(tmp_path, PARENT)
    child = Process.of(int(parent.output()))
    assert child.alive

    parent.process.stop()

    while child.alive:
        time.sleep(0.01)


def test_a_process_ended_by_others_is_not_alive(sleeper: Started) -> None:
    os.kill(sleeper.process.pid, signal.SIGKILL)

    while sleeper.process.alive:
        time.sleep(0.01)


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port([port]) != port


def test_a_free_port_is_taken_as_wanted() -> None:
    port = free_port([])

    assert free_port([port]) == port
