"""The example in TypeScript: its types hold, and it follows a job to its end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from infra.local.stack import LocalStack
from shared.ids import uuid7
from tests.support.npm import installed
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "watch.ts"
TYPESCRIPT = "5.9.3"
OPTIONS = ("--strict", "--target", "es2022", "--module", "es2022", "--lib", "es2022,dom,dom.asynciterable")
TERMS = "# Travel cover\n\n## Baggage\n\nWe pay up to GBP 800 for lost baggage, each person.\n"


@pytest.fixture(scope="module")
def compiler(stack: LocalStack) -> Path:
    """Return TypeScript's compiler; npm brings it, once for all runs."""
    return installed(stack.paths, "typescript", TYPESCRIPT) / ".bin" / "tsc"


def test_the_example_holds_its_types_and_follows_a_job(
    compiler: Path, stack: LocalStack, server_url: str, tmp_path: Path
) -> None:
    compiled = subprocess.run(
        [str(compiler), *OPTIONS, "--outDir", str(tmp_path), str(EXAMPLE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stdout
    program = (tmp_path / "watch.js").rename(tmp_path / "watch.mjs")
    token = stack.token(f"typescript-{uuid7()}")
    command = ["node", str(program), server_url, token, TERMS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    *events, last = done.stdout.splitlines()
    assert events[0].startswith("0 %")
    assert events[-1].startswith("100 %")
    job = json.loads(last)
    assert job["status"] == "completed"
    assert job["result"]["num_limits"] > 0
    refused = subprocess.run(
        [*command[:3], "nonsense", TERMS], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode != 0
    assert "HS256" in refused.stderr
