"""``make bench``: run every benchmark on a stack of its own and print the figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

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

# The names that may be given are those of the modules.
ALONE = (imports, extraction, ocr, retrieval, left_out, models, outputs, directus, containers, push)
ON_A_STACK = (jobs, progress, watchers, console)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a figure, of all benchmarks or of those that are named."""
    names = sorted(_name(module) for module in (*ALONE, *ON_A_STACK))
    parser = argparse.ArgumentParser(description="Print import times, latencies and throughput.")
    parser.add_argument("only", nargs="*", metavar="NAME", help=", ".join(names))
    only = parser.parse_args(arguments).only or names
    if unknown := sorted(set(only) - set(names)):
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(names)}")
    for module in ALONE:
        if _name(module) in only:
            module.run()
    chosen = [module for module in ON_A_STACK if _name(module) in only]
    if chosen:
        with tempfile.TemporaryDirectory(prefix="clauseworks-bench-") as folder:
            paths = replace(Paths.from_environment({}), state=Path(folder))
            with LocalStack(paths, name="clauseworks-bench") as stack:
                for module in chosen:
                    module.run(stack)
    return 0


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


if __name__ == "__main__":
    sys.exit(main())
