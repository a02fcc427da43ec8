"""The folder of a test run, and the variables by which its workers know it."""

from __future__ import annotations

import os
from pathlib import Path

from infra.local.paths import Paths

# Tells the workers of a run its endpoint: AWS_ENDPOINT_URL is gone when they start.
ENDPOINT = "CLAUSEWORKS_TEST_ENDPOINT"


RUN = "CLAUSEWORKS_TEST_RUN"


OWNER = "CLAUSEWORKS_TEST_OWNER"


def run_paths(folder: Path) -> Paths:
    """Return the folders of a run's stack; what can be built again is shared with other runs."""
    usual = Paths.from_environment(os.environ)
    return Paths(usual.root, folder / "state", usual.cache)
