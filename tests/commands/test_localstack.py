"""The parts of ``infra.localstack`` that need no LocalStack: what is pinned, and which Python it gets."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.local.errors import LocalError
from infra.local.paths import CHECKOUT
from infra.localstack import borrowed, install
from infra.localstack.install import HERE, NotInstallableError, find_python
from infra.localstack.server import PLUGIN, Server

VERSION = ".".join(map(str, sys.version_info[:2]))


def write_python(path: Path, version: str) -> Path:
    """Write a stand-in for a Python that only tells its version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def old_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let this process be of a version that is too old; return a home without any Python."""
    monkeypatch.setattr(sys, "executable", str(write_python(tmp_path / "here" / "python", "3.11")))
    return tmp_path


def test_the_same_version_is_pinned_everywhere() -> None:
    (pinned,) = re.findall(r"^localstack-core\[runtime\]==([\d.]+)$", requirements(), re.MULTILINE)
    compose = yaml.safe_load((HERE.parent / "compose.yaml").read_text())

    assert f"localstack-core=={pinned}" in (HERE / "constraints.txt").read_text().splitlines()
    assert compose["services"]["localstack"]["image"] == f"localstack/localstack:{pinned.rpartition('.')[0]}"


def test_the_constraints_are_pins_and_nothing_else() -> None:
    lines = (HERE / "constraints.txt").read_text().splitlines()

    assert [line for line in lines if not re.fullmatch(r"[\w.\-]+==[\w.]+", line)] == []


def test_every_entry_point_is_there() -> None:
    entries = re.findall(
        r"= ([\w.]+):(\w+)$", (HERE / "plugin" / "entry_points.txt").read_text(), re.MULTILINE
    )

    assert len(entries) == 3
    for module, name in entries:
        source = (HERE.parents[1] / module.replace(".", "/")).with_suffix(".py").read_text()
        assert re.search(rf"^(class|def) {name}\b", source, re.MULTILINE)


def test_a_fitting_python_is_found(old_here: Path) -> None:
    path = old_here / "bin"
    write_python(path / "python3.13", "3.11")
    expected = write_python(path / "python3.12", "3.12")

    assert find_python({"PATH": str(path), "HOME": str(old_here)}) == expected


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("PYENV_ROOT", "versions/3.13.0/bin/python"),
        ("UV_PYTHON_INSTALL_DIR", "cpython-3.13.1-linux-x86_64-gnu/bin/python"),
    ],
)
def test_pythons_of_version_managers_are_found(old_here: Path, name: str, folder: str) -> None:
    expected = write_python(old_here / "managed" / folder, "3.13")

    found = find_python({"PATH": "", "HOME": str(old_here), name: str(old_here / "managed")})

    assert found == expected


def test_without_a_fitting_python_it_is_said_what_is_missing(old_here: Path) -> None:
    with pytest.raises(NotInstallableError, match=r"Python 3\.13 or 3\.12"):
        find_python({"PATH": "", "HOME": str(old_here)})


def test_an_index_out_of_reach_is_told_from_a_failure(tmp_path: Path) -> None:
    pip = tmp_path / "python"
    for words, kind in (("(from versions: none)", NotInstallableError), ("no space left", LocalError)):
        pip.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
        pip.chmod(0o700)
        with pytest.raises(LocalError, match=re.escape(words)) as caught:
            install._install(pip, HERE / "requirements.txt", HERE / "constraints.txt")
        assert type(caught.value) is kind


def test_a_server_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nls plugin\necho cannot serve\nexit 1\n")
    python.chmod(0o700)
    server = Server(tmp_path / "server", install.Installation(python, python))

    with pytest.raises(LocalError, match=rf"{re.escape(PLUGIN)}\ncannot serve"):
        server.start()
    assert server.process is None


def test_an_endpoint_that_does_not_answer_is_said_to_be_dead() -> None:
    with pytest.raises(LocalError, match="nothing answers"):
        borrowed.run(["true"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


def test_the_workers_of_a_test_run_know_its_endpoint() -> None:
    test = "tests/stack/test_local_stack.py::test_the_gateway_answers_problem_documents_of_its_own"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", test],
        cwd=CHECKOUT,
        env={**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 skipped" in done.stdout, done.stdout
    assert "LocalStack 4.14 takes the status" in done.stdout


def requirements() -> str:
    return (HERE / "requirements.txt").read_text()
