"""Documents for the tests, written as short marked-up text."""

from __future__ import annotations

from functions.analyze.document.model import Block, BlockKind, Document, Page, Word

_MARKS = {
    "#": BlockKind.HEADING,
    "-": BlockKind.LIST_ITEM,
    "|": BlockKind.TABLE_ROW,
    "@": BlockKind.TOC_ENTRY,
}


def document(*pages: str, language: str = "en") -> Document:
    """Build a document: ``#`` headings, ``-`` items, ``|`` rows, ``|!`` head rows, ``@`` contents.

    Lines that begin with none of these are paragraphs; ``\\`` at a line's end goes on in the next line.
    """
    return Document(
        tuple(_page(number, text) for number, text in enumerate(pages, 1)), language, "text/plain"
    )


def _page(number: int, source: str) -> Page:
    text = ""
    blocks: list[Block] = []
    for raw in source.strip("\n").replace("\\\n", "\x00").splitlines():
        line = raw.strip().replace("\x00", "\n")
        if not line:
            continue
        kind = _MARKS.get(line[0], BlockKind.PARAGRAPH)
        level = len(line) - len(line.lstrip("#")) if kind is BlockKind.HEADING else 0
        header = line.startswith("|!")
        content = line.lstrip("#").lstrip() if level else line
        if kind in {BlockKind.TABLE_ROW, BlockKind.TOC_ENTRY}:
            content = "\t".join(cell.strip() for cell in line.lstrip("@|!").split("|"))
        start = len(text) + (1 if text else 0)
        text += ("\n" if text else "") + content
        table = 0 if kind is BlockKind.TABLE_ROW else None
        blocks.append(Block(kind, start, len(text), level=level, table=table, header=header))
    words = tuple(Word(at, at + 1, (float(at), 0.0, at + 1.0, 10.0)) for at in range(0, len(text), 5))
    return Page(number, text, tuple(blocks), words)
