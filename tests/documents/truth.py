"""What the samples say, from their sources: headings, paragraphs and table rows, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.paths import SAMPLES

SOURCES = SAMPLES / "src"
_HEADING = re.compile(r"^(=+) (.+)$")
_ITEM = re.compile(r"^\s*[+-] (.+)$")
_CELL = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]")
_EMPHASIS = re.compile(r"(?<!\\)[*_]")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Truth:
    """``headings`` as (level, title), ``paragraphs`` in reading order, ``rows`` of tables as their cells."""

    headings: list[tuple[int, str]]
    paragraphs: list[str]
    rows: list[list[str]]


def truth_of(name: str) -> Truth:
    """Return what a sample's source says; its macros are left out."""
    truth = Truth([], [], [])
    for line in (SOURCES / f"{name}.typ").read_text("utf-8").splitlines():
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if heading:
            truth.headings.append((len(heading.group(1)), plain(heading.group(2))))
        elif item:
            truth.paragraphs.append(plain(item.group(1)))
        elif re.match(r"^\s+\[.*\],$", line):
            cells = [plain(cell) for cell in _CELL.findall(line)]
            if len(cells) > 1:
                truth.rows.append(cells)
    return truth


def plain(markup: str) -> str:
    """Return a line of markup as it is printed."""
    text = _ESCAPE.sub(r"\1", _EMPHASIS.sub("", markup))
    return text.replace("~", " ").strip()


def squeezed(text: str) -> str:
    """Return a text without its spaces, as those at line ends are the typesetter's."""
    return re.sub(r"\s+", "", text)
