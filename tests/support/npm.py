"""Packages of npm that tests use: installed once for all runs, below the cache."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from infra.local.paths import Paths, locked

_DONE = ".installed"


def installed(paths: Paths, package: str, version: str) -> Path:
    """Return the folder ``node_modules`` that has a package; skips the test where npm cannot bring it."""
    if shutil.which("npm") is None:
        pytest.skip(f"there is no npm on this machine, which brings {package}")
    folder = paths.cache / f"{package}-{version}"
    with locked(folder.with_suffix(".lock")):
        if not (folder / _DONE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
            done = subprocess.run(
                [*command, f"{package}@{version}"], capture_output=True, text=True, timeout=120, check=False
            )
            if done.returncode:
                pytest.skip(f"{package} cannot be installed: {done.stderr[-200:]}")
            (folder / _DONE).touch()
    return folder / "node_modules"
