"""``python -m infra.samples`` renders the samples; ``--check`` tells whether they are up to date."""

from __future__ import annotations

import argparse
import sys

from infra.samples import catalogue


def main(arguments: list[str] | None = None) -> int:
    """Render or check all samples; return the exit code (1: a file is out of date)."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.samples", description="Render the sample documents."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is out of date"
    )
    if parser.parse_args(arguments).check:
        stale = catalogue.outdated()
        for name in stale:
            print(
                f"samples/{name} is not what its source gives: run python -m infra.samples", file=sys.stderr
            )
        return 1 if stale else 0
    for name, content in catalogue.render_all().items():
        (catalogue.SAMPLES / name).write_bytes(content)
        print(f"samples/{name}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
