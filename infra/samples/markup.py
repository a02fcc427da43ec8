"""The small part of Markdown that the short sample uses, as blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` counts from 1."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without numbers."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SampleTable:
    """Rows of cells; the first row is the head."""

    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Bullets | SampleTable


def parse(source: str) -> list[Block]:
    """Return the blocks of a text in which blank lines stand between blocks."""
    return [_block(part.splitlines()) for part in re.split(r"\n\s*\n", source.strip())]


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if first.startswith("#"):
        marks, _, text = first.partition(" ")
        return Heading(len(marks), text)
    if first.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        return SampleTable((rows[0], *rows[2:]))
    if first.startswith("- "):
        return Bullets(tuple(line.removeprefix("- ") for line in lines))
    return Paragraph(" ".join(lines))
