"""The architecture's command: what it refuses, what it counts, in this checkout and in another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.checkout import copy_checkout, run_in
from tests.support.paths import ROOT

# A file, a line that goes to its end, and what the refusal names.
BREACHES = {
    "up": (
        "functions/analyze/document/model.py",
        "import functions.analyze.pipeline.tiers",
        "functions/analyze B",
    ),
    "function": (
        "functions/notify/post.py",
        "import functions.api.settings",
        "No function imports another B",
    ),
    "infra": ("shared/clock.py", "import infra.local.paths", "none sees what is above it B"),
    "tests": ("infra/tree.py", "import tests.support.paths", "none sees what is above it B"),
    "sdk": ("shared/jobs/states.py", "import boto3", "The AWS SDK has one room"),
    "adapter": ("functions/cleanup/removal/listing.py", "import shared.aws.s3", "put AWS behind ports"),
    "circle": ("shared/jobs/model.py", "import shared.jobs.states", "No circle"),
    "room": ("functions/api/loose.py", "", "not listed as layers"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("house"))


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_refused_and_named(copy: Path, breach: str) -> None:
    name, line, refusal = BREACHES[breach]
    file = copy / name
    before = file.read_bytes() if file.exists() else None
    file.write_bytes((before or b"") + f"\n{line}\n".encode())
    try:
        done = run_in(copy, "infra.architecture")
    finally:
        file.write_bytes(before) if before is not None else file.unlink()
    assert done.returncode == 1
    assert refusal in re.sub(r"\s+", " ", done.stdout)


def test_a_page_that_lags_behind_is_refused(copy: Path) -> None:
    readme = copy / "README.md"
    before = readme.read_text("utf-8")
    readme.write_text(before.replace("| `GET /jobs` |", "| `GET /works` |"), "utf-8")
    done = run_in(copy, "infra.architecture")
    assert done.returncode == 1
    assert "README.md" in done.stderr
    assert run_in(copy, "infra.architecture", "--write").returncode == 0
    assert readme.read_text("utf-8") == before


def test_another_checkout_is_counted(tmp_path: Path) -> None:
    for folder in ("functions/api", "shared", "infra"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "functions" / "__init__.py").touch()
    (tmp_path / "functions" / "api" / "routes.py").write_text(
        "import functions.api.settings\nimport shared.one\n"
    )
    (tmp_path / "functions" / "api" / "settings.py").write_text("from functions.api import routes\n" * 301)
    (tmp_path / "shared" / "one.py").touch()

    done = run_in(ROOT, "infra.architecture", str(tmp_path))

    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    # rooms, files, arrows, arrows up, circles
    assert rows["functions.api"] == ["0", "2", "2", "1", "1"]
    assert rows["all"] == ["1", "3", "2", "1", "1"]
    # files, lines, more than 300, more than 400
    assert done.stdout.splitlines()[-1].split() == ["functions", "and", "shared", "6", "303", "1", "0"]


def test_hooks_before_a_commit_are_commands_of_ours() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].replace(".venv/bin/python", "$(RUN)") in makefile
