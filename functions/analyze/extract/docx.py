"""Word documents (DOCX): paragraphs, headings, lists, tables, text boxes and notes, from the XML itself.

The parts are parsed without entities, DTDs or network, so a document cannot reach outside itself. A note's
number is left out of the text, where it would make 5001 of 500; the note itself follows its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.archive import Archive
from functions.analyze.extract.build import Draft, Piece
from functions.analyze.extract.flow import Flow
from functions.analyze.extract.labels import LIST_MARK
from functions.analyze.extract.source import ExtractionLimits
from shared.errors import PermanentError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"^(?:heading|überschrift|titre|titolo|rubrik)\s*([1-9])$", re.IGNORECASE)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BOX = _W + "txbxContent"
_SKIPPED = {
    *(_W + "del", _W + "moveFrom", _W + "pPr", _W + "rPr", _W + "instrText", _W + "delText"),
    *(_FALLBACK, _BOX),
}
_AROUND = {_W + "sdt", _W + "sdtContent", _W + "ins", _W + "customXml"}
_MARGIN = re.compile(r"word/(header|footer)\d*\.xml")
_NOTES = (("word/footnotes.xml", "footnote"), ("word/endnotes.xml", "endnote"))
_MOST_COLUMNS = 63  # of a table in Word
_LONGEST_BOLD_HEADING = 120


def read_docx(data: bytes, limits: ExtractionLimits) -> Flow:
    """Return the blocks of a document's body, and what its headers and footers say.

    Raises PermanentError: ``docx-damaged``, ``docx-encrypted``, ``archive-too-large``.
    """
    archive = Archive(data, limits)
    body = _parse(archive.read("word/document.xml")).find(_W + "body")
    styles = _parse(archive.read("word/styles.xml")) if "word/styles.xml" in archive else None
    notes = {
        (kind, note.get(_W + "id", "")): note
        for name, kind in _NOTES
        if name in archive
        for note in _parse(archive.read(name)).iter(_W + kind)
        if not note.get(_W + "type")
    }
    margins: dict[str, list[str]] = {"header": [], "footer": []}
    for name in archive.names():
        if match := _MARGIN.fullmatch(name):
            texts = (_clean(paragraph) for paragraph in _parse(archive.read(name)).iter(_W + "p"))
            margins[match.group(1)] += [text for text in texts if text]
    blocks = iter([]) if body is None else _Body(styles, notes).blocks(body)
    return Flow(blocks, *(tuple(dict.fromkeys(margins[name])) for name in ("header", "footer")))


def _parse(xml: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise _damaged() from error
    if root is None or root.getroottree().docinfo.doctype:
        raise _damaged()
    return root


def _damaged() -> PermanentError:
    detail = "The Word document is damaged. Open it in Word, save it anew and send that file."
    return PermanentError("docx-damaged", detail)


def _heading_levels(styles: Any) -> dict[str, int]:
    """Return the level of each heading style by its id: from its name, else its outline level."""
    levels: dict[str, int] = {}
    for style in styles.iter(_W + "style"):
        identity = style.get(_W + "styleId", "")
        title = _style_name(style)
        match = _HEADING.match(title)
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        if match:
            levels[identity] = int(match.group(1))
        elif title.lower() == "title":
            levels[identity] = 1
        elif outline is not None and outline.get(_W + "val") in tuple("012345"):
            levels[identity] = int(outline.get(_W + "val")) + 1
    return levels


def _list_styles(styles: Any) -> set[str]:
    """Return the ids of the styles that make a paragraph a list item."""
    return {
        style.get(_W + "styleId", "")
        for style in styles.iter(_W + "style")
        if style.find(f"{_W}pPr/{_W}numPr") is not None or _style_name(style).lower().startswith("list ")
    }


def _style_name(style: Any) -> str:
    name = style.find(_W + "name")
    return str(name.get(_W + "val", "")) if name is not None else ""


class _Body:
    """Walks the body in order; numbers its tables. Notes are those by kind and id."""

    def __init__(self, styles: Any, notes: Mapping[tuple[str, str], Any]) -> None:
        self._notes = notes
        self._levels = {} if styles is None else _heading_levels(styles)
        self._lists = set() if styles is None else _list_styles(styles)
        self._tables = 0

    def blocks(self, parent: Any) -> Iterator[Draft | None]:
        for element in parent:
            if element.tag == _W + "p":
                yield from self._paragraph(element)
            elif element.tag == _W + "tbl":
                yield from self._table(element)
            elif element.tag in _AROUND:
                yield from self.blocks(element)

    def _paragraph(self, paragraph: Any) -> Iterator[Draft | None]:
        if paragraph.find(f"{_W}pPr/{_W}pageBreakBefore") is not None:
            yield None
        for number, text in enumerate(_text(paragraph).split("\f")):
            if number:
                yield None
            clean = " ".join(text.split())
            if clean:
                yield self._draft(paragraph, clean)
        yield from self._beside(paragraph)

    def _beside(self, element: Any) -> Iterator[Draft | None]:
        """Yield what is tied to a paragraph or row: its text boxes and notes."""
        for child in element:
            if child.tag in (_FALLBACK, _W + "del"):
                continue
            if child.tag == _BOX:
                yield from self.blocks(child)
            elif child.tag in (_W + "footnoteReference", _W + "endnoteReference"):
                yield from self._note(child)
            else:
                yield from self._beside(child)

    def _note(self, reference: Any) -> Iterator[Draft]:
        kind = "footnote" if reference.tag == _W + "footnoteReference" else "endnote"
        note = self._notes.get((kind, reference.get(_W + "id", "")))
        text = "" if note is None else " ".join(_clean(paragraph) for paragraph in note.iter(_W + "p"))
        if text.strip():
            yield Draft(BlockKind.PARAGRAPH, [Piece(text.strip())])

    def _draft(self, paragraph: Any, text: str) -> Draft:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = style.get(_W + "val", "") if style is not None else ""
        level = self._levels.get(name, 0)
        if level:
            return Draft(BlockKind.HEADING, [Piece(text)], level=min(level, 6))
        numbered = paragraph.find(f"{_W}pPr/{_W}numPr") is not None
        if numbered or name in self._lists or LIST_MARK.match(text):
            return Draft(BlockKind.LIST_ITEM, [Piece(text)])
        if (
            len(text) <= _LONGEST_BOLD_HEADING
            and not text.endswith((".", ",", ";", ":"))
            and _is_bold(paragraph)
        ):
            return Draft(BlockKind.HEADING, [Piece(text)], bold=True)
        return Draft(BlockKind.PARAGRAPH, [Piece(text)])

    def _table(self, table: Any) -> Iterator[Draft | None]:
        number = self._tables
        self._tables += 1
        rows = [row for row in table.iter(_W + "tr") if next(row.iterancestors(_W + "tbl")) is table]
        texts = ["\t".join(_columns(row)).rstrip("\t") for row in rows]
        for index, (row, text) in enumerate(zip(rows, texts, strict=True)):
            header = row.find(f"{_W}trPr/{_W}tblHeader") is not None or (
                index == 0 and _names_columns(row, texts)
            )
            if text.strip():
                yield Draft(BlockKind.TABLE_ROW, [Piece(text)], table=number, header=header)
        for row in rows:
            yield from self._beside(row)


def _columns(row: Any) -> Iterator[str]:
    """Yield the text of each column of a row; a cell over several columns has its text in the first."""
    yield from [""] * _span(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
    for cell in _cells(row):
        yield _clean(cell)
        yield from [""] * (_span(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1) - 1)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == _W + "tc":
            yield child
        elif child.tag in _AROUND:
            yield from _cells(child)


def _span(element: Any, default: int) -> int:
    """Return how many columns an element names, within what a table can have."""
    value = "" if element is None else element.get(_W + "val", "")
    return min(int(value), _MOST_COLUMNS) if re.fullmatch(r"\d{1,9}", value) else default


def _names_columns(row: Any, texts: list[str]) -> bool:
    """Tell whether a table's first row is a header: bold, or without figures where most rows have some."""
    paragraphs = [paragraph for paragraph in row.iter(_W + "p") if _text(paragraph).strip()]
    if paragraphs and all(map(_is_bold, paragraphs)):
        return True
    figures = [any(character.isdigit() for character in text) for text in texts]
    return len(texts) > 1 and not figures[0] and 2 * sum(figures) > len(texts)


def _clean(element: Any) -> str:
    return " ".join(_text(element).split())


def _is_bold(paragraph: Any) -> bool:
    runs = [run for run in paragraph.iter(_W + "r") if _text(run).strip()]
    bold = [run.find(f"{_W}rPr/{_W}b") for run in runs]
    return bool(runs) and all(
        mark is not None and mark.get(_W + "val", "1") not in ("0", "false") for mark in bold
    )


def _text(element: Any) -> str:
    """Return the text within an element; a page break is a form feed, deleted text is left out."""
    if element.tag in _SKIPPED:
        return ""
    if element.tag == _W + "t":
        return element.text or ""
    if element.tag == _W + "tab":
        return " "
    if element.tag == _W + "noBreakHyphen":
        return "-"
    if element.tag in (_W + "br", _W + "cr"):
        return "\f" if element.get(_W + "type") == "page" else " "
    joiner = " " if element.tag in (_W + "tc", _W + "tr") else ""
    return joiner.join(_text(child) for child in element if isinstance(child.tag, str))
