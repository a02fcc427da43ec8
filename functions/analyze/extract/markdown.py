"""Markdown: headings, lists, pipe tables and paragraphs; inline marks are taken off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.build import Draft, Piece

# No pattern may look at a character more than a few times, whatever the sender writes.
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*)$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_RULE = re.compile(r"^\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
# A line of its own in bold is a heading to its reader, as long as it is no sentence.
_ALL_BOLD = re.compile(r"^(\*\*|__)(?=\S)([^*_\n]{1,120})(?<=\S)\1:?$")
_SENTENCE_ENDS = (".", ",", ";")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
_INLINE = (
    (re.compile(r"!?\[([^\[\]]*)\]\([^)\s\[]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)([*_])(?=\S)((?:(?!\1).|(?<=\w)\1(?=\w))+)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|-])"), r"\1"),
)


def read_markdown(text: str) -> Iterator[Draft | None]:
    """Yield the blocks of a Markdown text; a form feed is a page break."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
    return iter(_Reader().read(lines))


class _Reader:
    """Reads line by line, collecting a block until the next begins."""

    def __init__(self) -> None:
        self._drafts: list[Draft | None] = []
        self._block: list[str] = []
        self._kind = BlockKind.PARAGRAPH
        self._tables = 0
        self._in_table = False
        self._fenced = False

    def read(self, lines: list[str]) -> list[Draft | None]:
        for number, line in enumerate(lines):
            self._line(line, lines[number + 1] if number + 1 < len(lines) else "")
        self._end()
        return self._drafts

    def _line(self, line: str, following: str) -> None:
        if _FENCE.match(line):
            self._end()
            self._fenced = not self._fenced
        elif self._fenced:
            self._block.append(line)
        elif "\f" in line:
            self._end()
            self._drafts.append(None)
            self._line(line.replace("\f", ""), following)
        elif not line.strip():
            self._end()
        elif "|" in line and (self._in_table or _RULE.match(following.strip())):
            self._row(line, header=not self._in_table)
        else:
            self._text(line)

    def _text(self, line: str) -> None:
        heading = _HEADING.match(line)
        underline = _UNDERLINE.match(line)
        if heading:
            self._end()
            self._add(BlockKind.HEADING, heading.group(2).rstrip(" \t#"), len(heading.group(1)))
        elif underline and self._block and self._kind is BlockKind.PARAGRAPH:
            text, self._block = " ".join(self._block), []
            self._add(BlockKind.HEADING, text, 1 if underline.group(1)[0] == "=" else 2)
        elif underline:
            self._end()
        elif _ITEM.match(line):
            self._end()
            self._kind = BlockKind.LIST_ITEM
            self._block = [line.strip()]
        else:
            self._block.append(line.strip().removeprefix(">").strip())

    def _row(self, line: str, *, header: bool) -> None:
        if not self._in_table:
            self._end()
            self._in_table = True
        if _RULE.match(line.strip()):
            return
        cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
        text = "\t".join(_plain(cell.strip()) for cell in cells).rstrip("\t")
        if text.strip():
            draft = Draft(BlockKind.TABLE_ROW, [Piece(text)], table=self._tables, header=header)
            self._drafts.append(draft)

    def _end(self) -> None:
        if self._in_table:
            self._tables += 1
        bold = _ALL_BOLD.match(self._block[0]) if len(self._block) == 1 else None
        if bold and self._kind is BlockKind.PARAGRAPH and not bold.group(2).endswith(_SENTENCE_ENDS):
            self._add(BlockKind.HEADING, bold.group(2), bold=True)
        elif self._block:
            self._add(self._kind, " ".join(self._block))
        self._block, self._kind, self._in_table = [], BlockKind.PARAGRAPH, False

    def _add(self, kind: BlockKind, text: str, level: int = 0, *, bold: bool = False) -> None:
        clean = " ".join(_plain(text).split())
        if clean:
            self._drafts.append(Draft(kind, [Piece(clean)], level=level, bold=bold))


def _plain(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text
