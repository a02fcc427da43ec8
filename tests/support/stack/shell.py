"""The command line client as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT
from tests.support.stack.api import WAIT_SECONDS

COMMAND = [sys.executable, "-m", "infra.cli"]


@dataclass(frozen=True)
class Shell:
    """Whoever types: an environment with a home of its own."""

    environment: dict[str, str]
    home: Path

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run("--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
