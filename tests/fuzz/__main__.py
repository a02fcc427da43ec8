"""``python -m tests.fuzz`` looks for damaged files that do more than being read or refused."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.mutation import mutated
from tests.fuzz.run import fuzz, outcome


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, print executions and what was found; 1 where there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long")
    parser.add_argument("--first", type=int, help="number of the first file; default: another each time")
    parser.add_argument("--one", type=int, help="read this one in this process; with --keep, write it")
    parser.add_argument("--keep", type=Path, help="where to write the file of --one")
    options = parser.parse_args(arguments)
    if options.one is not None:
        name, data = mutated(options.one)
        if options.keep:
            options.keep.write_bytes(data)
        print(name, len(data), outcome(options.one))
        return 0
    report = fuzz(options.first if options.first is not None else time.time_ns(), seconds=options.seconds)
    rate = report.executions / report.seconds
    print(f"{report.executions} damaged files in {report.seconds:.0f} s ({rate:.1f} a second)")
    for code, number in report.outcomes.most_common():
        print(f"  {number:8} {code}")
    for number, fault in report.faults.items():
        print(f"python -m tests.fuzz --one {number}: {fault}")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
