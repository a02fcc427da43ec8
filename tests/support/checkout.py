"""A copy of the checkout to be changed, and commands run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

FOLDERS = ("functions", "shared", "infra", "docs", "tests")
FILES = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "template.yaml", ".env.example")
# Large, and read by nothing that is tried on a copy.
LEFT_OUT = ("__pycache__", "node_modules", "corpus", "package-lock.json")


def copy_checkout(folder: Path) -> Path:
    """Copy what is needed to change code and to run its tests; return the copy."""
    copy = folder / "checkout"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    return copy


def run_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the copy with this Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env=kept | {"PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
