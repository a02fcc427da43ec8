"""The command line as it is typed: in a terminal, in a pipe, and where things go wrong."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from infra.cli.client import INLINE
from infra.local.stack import LocalStack
from shared.ids import uuid7
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.paths import ROOT, SAMPLES
from tests.support.stack.api import WAIT_SECONDS
from tests.support.stack.shell import COMMAND, Shell

TERMS = "# Travel cover\n\n## Baggage\n\nWe pay up to GBP {} for lost baggage, each person.\n"
DOCUMENTS = 30
# Enough for a command to start while it is read.
PAGES = 600
LINES = ["Nothing of any interest to an insurer stands on this page of the document."] * 6


@pytest.fixture
def shell(stack: LocalStack, server_url: str, tmp_path: Path) -> Shell:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CLAUSEWORKS_URL": server_url,
        "CLAUSEWORKS_TOKEN": stack.token(f"typist-{uuid7()}"),
    }
    return Shell(environment, tmp_path)


def let_ctrl_c_through() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command in a pseudo-terminal."""

    def __init__(self, shell: Shell, *arguments: str) -> None:
        self.written = ""
        self._main, other = pty.openpty()
        self._process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env={**shell.environment, "TERM": "xterm-256color", "COLUMNS": "100"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            # A shell starts what runs in its background without Ctrl-C, and children keep that.
            preexec_fn=let_ctrl_c_through,  # noqa: PLW1509 (no thread runs beside it)
        )
        os.close(other)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._main)

    def until(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.written):
                return found
            self._read()
        raise AssertionError(f"{pattern!r} was not written: {self.written}")

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit status."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        while self._process.poll() is None:
            self._read()
        self._read()
        return self._process.returncode

    def _read(self) -> None:
        if select.select([self._main], [], [], 0.2)[0]:
            try:
                self.written += os.read(self._main, 65536).decode(errors="replace")
            except OSError:
                # The other end is closed once the command has ended.
                time.sleep(0.05)


@pytest.fixture
def long_document(tmp_path: Path) -> Path:
    file = tmp_path / "long.pdf"
    file.write_bytes(write_pdf(*(Sheet().lines(50, 60, f"Page {n}", *LINES, step=17) for n in range(PAGES))))
    return file


def test_a_document_from_a_pipe(shell: Shell) -> None:
    done = shell.run("analyze", str(SAMPLES / "small.md"), "--watch", "--no-index")
    assert done.returncode == 0, done.stderr
    assert "luggage_loss" in done.stdout
    assert "page 1: “" in done.stdout
    assert "100 %" in done.stderr
    # Nothing that only a terminal understands.
    assert "\x1b" not in done.stdout + done.stderr
    (job,) = shell.json("jobs")
    assert job["status"] == "completed"
    assert shell.json("status", job["job_id"])["job_id"] == job["job_id"]
    assert shell.json("result", job["job_id"])["segments"]
    out = shell.home / "saved.json"
    assert shell.run("download", job["job_id"], "-o", str(out)).stdout.strip() == str(out)
    assert json.loads(out.read_text())["segments"]
    assert "result.json" in shell.run("download", job["job_id"], "--list").stdout
    review = shell.json("review", job["job_id"], "segments/0", "accepted")
    assert (review["verdict"], review["mirrored"]) == ("accepted", "no")


def test_ctrl_c_leaves_the_job_running_and_says_how_to_go_on(shell: Shell, long_document: Path) -> None:
    with Terminal(shell, "analyze", str(long_document), "--watch", "--no-index") as terminal:
        job_id = terminal.until(r"Job ([0-9a-f-]{36})")[1]
        terminal.until(rf"extract \d+/{PAGES}")
        assert terminal.interrupt() == 130
        assert f"clauseworks watch {job_id}" in terminal.written
    assert shell.json("status", job_id)["status"] != "cancelled"
    with Terminal(shell, "watch", job_id) as again:
        assert again.ended() == 0, again.written
    assert shell.json("status", job_id)["status"] == "completed"


def test_a_job_rests_and_goes_on(shell: Shell, long_document: Path) -> None:
    job_id = shell.json("analyze", str(long_document), "--no-index")["job_id"]
    assert shell.run("pause", job_id).returncode == 0
    stopped = shell.run("watch", job_id)
    assert stopped.returncode == 1
    assert f"clauseworks resume {job_id}" in stopped.stderr
    assert shell.run("resume", job_id, "--watch").returncode == 0
    refused = shell.run("cancel", job_id)
    assert (refused.returncode, refused.stdout) == (6, "")


def test_a_folder_with_one_broken_file_is_taken_up_where_it_stopped(shell: Shell) -> None:
    folder = shell.home / "documents"
    folder.mkdir()
    for number in range(DOCUMENTS - 1):
        (folder / f"terms-{number:03}.md").write_text(TERMS.format(100 + number))
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing else")
    first = shell.run("upload", str(folder), "--no-index", "--workers", "8")
    assert first.returncode == 1
    assert re.search(r"^.*broken\.pdf: failed, .+$", first.stdout, re.MULTILINE)
    assert f"{DOCUMENTS - 1} of {DOCUMENTS} documents were analysed." in first.stdout
    broken.unlink()
    (folder / "new.md").write_text(TERMS.format(900))
    second = shell.json("upload", str(folder), "--no-index")
    assert [row["status"] for row in second] == ["completed"] * DOCUMENTS
    assert len(shell.json("jobs", "--limit", "100", "--status", "completed")) == DOCUMENTS


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--token", "nonsense", "jobs"], 3, "HS256"),
        (["status", "nope"], 4, "no job"),
        (["--url", "http://127.0.0.1:9", "jobs"], 5, "Nothing answers"),
        (["compare", "one"], 6, "2 to 10 products"),
        (["analyze", "no/such/file.pdf"], 6, "no file"),
        (["frobnicate"], 2, "No such command"),
        (["cleanup"], 2, "--product or --document"),
        (["admin", "queues"], 3, "administrators"),
    ],
)
def test_what_goes_wrong_is_told_by_words_and_status(
    shell: Shell, arguments: list[str], status: int, said: str
) -> None:
    done = shell.run(*arguments)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert shell.environment["CLAUSEWORKS_TOKEN"] not in done.stderr


def test_signing_in_is_remembered_for_its_address(shell: Shell, server_url: str) -> None:
    token = shell.environment.pop("CLAUSEWORKS_TOKEN")
    assert shell.run("jobs").returncode == 3
    assert shell.run("login", "--stdin", said="a.b.c\n").returncode == 3
    done = shell.run("login", "--stdin", said=f"{token}\n")
    assert done.returncode == 0, done.stderr
    assert token not in done.stdout + done.stderr
    file = shell.home / ".config" / "clauseworks" / "config.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    del shell.environment["CLAUSEWORKS_URL"]
    assert shell.json("jobs") == []
    # Another address gets no token that was stored for this one.
    other = server_url.replace("127.0.0.1", "localhost")
    assert shell.run("--url", other, "jobs").returncode == 3
    shell.run("logout")
    assert not file.exists()


def test_administrators_look_around(shell: Shell, stack: LocalStack) -> None:
    shell.environment["CLAUSEWORKS_TOKEN"] = stack.token("operator", admin=True)
    assert {queue["kind"] for queue in shell.json("admin", "queues")} >= {"analysis", "cleanup"}
    job_id = shell.json("analyze", str(SAMPLES / "small.md"), "--no-index")["job_id"]
    assert shell.run("watch", job_id).returncode == 0
    assert job_id in shell.run("admin", "tasks").stdout
    assert "submitted" in [entry["type"] for entry in shell.json("admin", "history", job_id)]
    assert "Usage" in shell.run("local", "--help").stdout.title()


def test_a_large_file_goes_to_the_store_with_its_progress(shell: Shell) -> None:
    large = shell.home / "large.txt"
    large.write_text("We pay up to GBP 800 for lost baggage, each person.\n\n" + "Nothing else.\n" * 400_000)
    assert large.stat().st_size > INLINE
    with Terminal(shell, "analyze", str(large), "--no-index") as terminal:
        terminal.until(r"upload .*/\s*5\.\d MB")
        assert terminal.ended() == 0, terminal.written
        job_id = terminal.until(r"clauseworks watch ([0-9a-f-]{36})")[1]
    assert shell.run("cancel", job_id).returncode == 0
