"""HTML: the blocks a reader sees, without scripts, styles, navigation and forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.build import Draft, Piece

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_HIDDEN = {
    "script",
    "style",
    "noscript",
    "template",
    "head",
    "nav",
    "svg",
    "iframe",
    "object",
    "select",
    "button",
}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt"),
    *("fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "ol", "p"),
    *("pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    *_HEADINGS,
}
_ITEMS = {"li", "dd"}
_MOST_SPANNED = 100


def read_html(text: str) -> Iterator[Draft | None]:
    """Yield the blocks of an HTML page."""
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(text).body
    return iter([]) if root is None else iter(_Walk().blocks(root))


class _Walk:
    """Collects running text until a block ends it; no recursion, as the sender decides how deep it nests."""

    def __init__(self) -> None:
        self._drafts: list[Draft | None] = []
        self._text: list[str] = []
        self._tables = 0

    def blocks(self, root: Any) -> list[Draft | None]:
        layouts = _layouts(root)
        stack: list[tuple[Any, str, bool]] = [(root, "", False)]
        while stack:
            node, kind, closing = stack.pop()
            tag = node.tag
            if closing:
                self._end(kind)
            elif tag == "-text":
                self._text.append(node.text_content or "")
            elif tag == "br":
                self._text.append(" ")
            elif tag == "table" and node.mem_id not in layouts:
                self._end(kind)
                self._table(node)
            elif tag not in _HIDDEN:
                inner = tag if tag in _HEADINGS or tag in _ITEMS else kind
                if tag in _BLOCKS:
                    self._end(kind)
                    stack.append((node, inner, True))
                stack.extend((child, inner, False) for child in reversed(list(node.iter(include_text=True))))
        self._end("")
        return self._drafts

    def _end(self, kind: str) -> None:
        text = " ".join("".join(self._text).split())
        self._text = []
        if not text:
            return
        if kind in _HEADINGS:
            self._drafts.append(Draft(BlockKind.HEADING, [Piece(text)], level=_HEADINGS[kind]))
        else:
            self._drafts.append(
                Draft(BlockKind.LIST_ITEM if kind in _ITEMS else BlockKind.PARAGRAPH, [Piece(text)])
            )

    def _table(self, table: Any) -> None:
        number = self._tables
        self._tables += 1
        below: dict[int, int] = {}
        for row in table.css("tr"):
            cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
            text = "\t".join(_columns(cells, below)).rstrip("\t")
            if text.strip():
                header = all(cell.tag == "th" for cell in cells)
                self._drafts.append(Draft(BlockKind.TABLE_ROW, [Piece(text)], table=number, header=header))


def _columns(cells: Sequence[Any], below: dict[int, int]) -> list[str]:
    """Return the text of each column of a row; a cell over several has its text in the first.

    ``below`` says for how many more rows a column is taken by a cell from above, and is brought up to date.
    """
    columns: list[str] = []
    taken = {column for column, rows in below.items() if rows > 0}
    for column in taken:
        below[column] -= 1
    for cell in cells:
        while len(columns) in taken:
            columns.append("")
        wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
        below.update({len(columns) + number: high - 1 for number in range(wide)})
        columns += [" ".join(cell.text(separator=" ").split()), *[""] * (wide - 1)]
    return columns


def _span(cell: Any, name: str) -> int:
    value = cell.attributes.get(name) or ""
    return min(max(1, int(value)), _MOST_SPANNED) if re.fullmatch(r"\d{1,6}", value) else 1


def _layouts(root: Any) -> set[int]:
    """Return the tables that hold tables: they place blocks on a page, and their rows mean nothing.

    No node is climbed over twice, as the sender decides how deep tables lie and how many there are.
    """
    layouts: set[int] = set()
    seen = {root.mem_id}
    for table in root.css("table"):
        node = table.parent
        while node.mem_id not in seen:
            seen.add(node.mem_id)
            if node.tag == "table":
                layouts.add(node.mem_id)
                break
            node = node.parent
    return layouts
