"""``make bench``: run every benchmark on a stack of its own and print the figures."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from infra.local.paths import Paths
from infra.local.stack import LocalStack
from tests.benchmarks import (
    console,
    containers,
    directus,
    extraction,
    imports,
    jobs,
    left_out,
    models,
    ocr,
    outputs,
    progress,
    push,
    retrieval,
    watchers,
)


def main() -> int:
    """Print one line a figure."""
    imports.run()
    extraction.run()
    ocr.run()
    retrieval.run()
    left_out.run()
    models.run()
    outputs.run()
    directus.run()
    containers.run()
    shared = Paths.from_environment({})
    with tempfile.TemporaryDirectory(prefix="clauseworks-bench-") as folder:
        stack = LocalStack(replace(shared, state=Path(folder)), name="clauseworks-bench")
        with stack:
            jobs.run(stack)
            progress.run(stack)
            watchers.run(stack)
            console.run(stack)
        push.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
