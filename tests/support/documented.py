"""The commands that the pages show, as they are written there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

# Commands are shown to be typed in this order: the first pages make what the later ones name.
FIRST = ("README.md", "docs/api.md", "docs/notifications.md", "docs/operations.md")


def pages() -> list[Path]:
    """Return the README and every page of the documentation."""
    written = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return sorted(written, key=lambda page: _place(page.relative_to(ROOT).as_posix()))


def commands() -> list[str]:
    """Return every command once, in the order of the pages, without the comment behind it."""
    return list(
        dict.fromkeys(command for page in pages() for command in commands_of(page.read_text("utf-8")))
    )


def commands_of(text: str) -> Iterator[str]:
    """Yield the commands of a page's ``sh`` blocks; a line that ends in a backslash goes on in the next."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.split("  #")[0].strip()
            if command and not command.startswith("#"):
                yield command


def _place(page: str) -> tuple[int, str]:
    return (FIRST.index(page) if page in FIRST else len(FIRST), page)
