"""The curl scripts of tests/manual, through the gateway of the session's stack."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from infra.local.stack import LocalStack
from tests.support.paths import TESTS
from tests.support.stack.api import is_localstack

SCRIPTS = sorted(path for path in (TESTS / "manual").glob("*.sh") if path.name != "lib.sh")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(stack: LocalStack, script: Path) -> None:
    localstack = is_localstack(stack)
    environment = {
        "PATH": os.environ["PATH"],
        "BASE_URL": stack.gateway_url,
        "TOKEN": stack.token(),
        "OTHER_TOKEN": stack.token(subject="somebody-else"),
        "ADMIN_TOKEN": stack.token(admin=True),
        "EMPTY_FILE": "invalid-request" if localstack else "empty-file",
        # LocalStack's free edition has no SES of version 2.
        "NO_MAIL": "1" if localstack else "",
    }
    done = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "as expected" in done.stdout
