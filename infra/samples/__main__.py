"""``python -m infra.samples`` renders the samples; ``--check`` tells whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.samples import catalogue


def main(arguments: list[str] | None = None, folder: Path = catalogue.SAMPLES) -> int:
    """Render or check the samples in ``folder``; return the exit code (1: a file is out of date)."""
    parser = argparse.ArgumentParser(prog="python -m infra.samples", description="Render the samples.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    if parser.parse_args(arguments).check:
        stale = catalogue.outdated(folder)
        for name in stale:
            print(f"samples/{name} is stale: run python -m infra.samples", file=sys.stderr)
        return 1 if stale else 0
    for name, content in catalogue.render_all(folder).items():
        (folder / name).write_bytes(content)
        print(f"samples/{name}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
