"""``python -m infra.architecture``: rooms, arrows, arrows up and circles, a folder a line.

Fails where a contract of contracts.ini is broken, or a page does not show what the code says; ``--write``
makes those pages anew. Of another checkout, named by its path, the figures alone are shown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.architecture import contracts, pages
from infra.architecture.house import LONG, Folder, Size, folders, read_imports, sizes
from infra.local.paths import CHECKOUT


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures and check the contracts; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.architecture",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkout", type=Path, nargs="?", default=CHECKOUT)
    parser.add_argument("--write", action="store_true", help="make anew what pages take from the code")
    options = parser.parse_args(arguments)
    if options.write:
        pages.write(CHECKOUT)
        return 0
    checkout = options.checkout.resolve()
    print("\n".join(_lines(folders(read_imports(checkout), contracts.floors()), sizes(checkout))))
    if checkout != CHECKOUT:
        return 0
    kept, stale = contracts.kept(), pages.stale(checkout)
    for page in stale:
        print(
            f"error: {page} does not show what the code says: python -m infra.architecture --write",
            file=sys.stderr,
        )
    return 0 if kept and not stale else 1


def _lines(rows: Sequence[Folder], totals: Sequence[Size]) -> list[str]:
    columns = ("rooms", "files", "arrows", "up", "circles")
    table: list[tuple[str | int, ...]] = [
        (row.name, *(getattr(row, column) for column in columns)) for row in rows
    ]
    table.append(("all", *(sum(getattr(row, column) for row in rows) for column in columns)))
    size_columns = ("files", "lines", *(f"> {limit} lines" for limit in LONG))
    size_table: list[tuple[str | int, ...]] = [
        (size.name, size.files, size.lines, *size.long) for size in totals
    ]
    return [*_aligned(("folder", *columns), table), "", *_aligned(("Python", *size_columns), size_table)]


def _aligned(head: Sequence[str], rows: Sequence[tuple[str | int, ...]]) -> Iterator[str]:
    """Yield a table's lines: the name to the left, the numbers to the right."""
    yield f"{head[0]:42}" + "".join(f"{name:>12}" for name in head[1:])
    for name, *numbers in rows:
        yield f"{name:42}" + "".join(f"{number:12,}" for number in numbers)


if __name__ == "__main__":
    sys.exit(main())
