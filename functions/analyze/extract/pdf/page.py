"""Extracts one page of a PDF."""

from __future__ import annotations

import ctypes
import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from functions.analyze.document.model import Page
from functions.analyze.extract.build import Draft, page_text
from functions.analyze.extract.pdf.columns import reading_order
from functions.analyze.extract.pdf.drawing import read_rules
from functions.analyze.extract.pdf.glyphs import read_glyphs
from functions.analyze.extract.pdf.grid import Row, row_drafts
from functions.analyze.extract.pdf.lines import Line, group_lines
from functions.analyze.extract.pdf.margins import split_margins
from functions.analyze.extract.pdf.paragraphs import continue_block, draft_of, make_blocks
from functions.analyze.extract.pdf.pictures import find_pictures, shows_something
from functions.analyze.extract.pdf.tables import PageTable, aligned_tables, ruled_tables
from functions.analyze.extract.pdf.transform import page_transform
from functions.analyze.extract.printed import Glyphs, Rules
from shared.errors import PermanentError

_LONGEST_LABEL = 64  # bytes
# Characters that stand for none: the replacement character, and those for private use.
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff]")


def read_page(pdfium: Any, document: Any, number: int) -> Page:
    """Return page ``number`` (from 1)."""
    with opened(pdfium, document, number) as (page, text_page):
        size = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        words, rules = printed(pdfium, page, text_page)
        label = _label(pdfium, document, number)
        if not words:
            scanned = pdfium.FPDFText_CountChars(text_page) > 0 or shows_something(pdfium, page)
            return Page(number, "", width=size[0], height=size[1], label=label, scanned=scanned)
        pictures = find_pictures(pdfium, page, page_transform(pdfium, page, *size), words, size)
        return dataclasses.replace(compose(number, words, rules, size), label=label, pictures=pictures)


@contextmanager
def opened(pdfium: Any, document: Any, number: int) -> Iterator[tuple[Any, Any]]:
    """Open page ``number`` (from 1) and its text; every handle opened here is closed here."""
    page = pdfium.FPDF_LoadPage(document, number - 1)
    if not page:
        raise _damaged(number)
    try:
        text_page = pdfium.FPDFText_LoadPage(page)
        if not text_page:
            raise _damaged(number)
        try:
            yield page, text_page
        finally:
            pdfium.FPDFText_ClosePage(text_page)
    finally:
        pdfium.FPDF_ClosePage(page)


def _label(pdfium: Any, document: Any, number: int) -> str:
    """Return the number that the file gives a page (``iv``, ``A-3``); empty where it gives none."""
    buffer = ctypes.create_string_buffer(_LONGEST_LABEL)
    size = pdfium.FPDF_GetPageLabel(document, number - 1, buffer, _LONGEST_LABEL)
    text = buffer.raw[: max(0, size - 2)].decode("utf-16-le", "replace") if size <= _LONGEST_LABEL else ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _damaged(number: int) -> PermanentError:
    detail = f"Page {number} of the PDF is damaged. Open it in a viewer, save it anew and send that file."
    return PermanentError("pdf-page-damaged", detail)


def printed(pdfium: Any, page: Any, text_page: Any) -> tuple[list[Glyphs], Rules]:
    """Return the words of the text layer and the drawn lines; no words where they have no meaning."""
    transform = page_transform(
        pdfium, page, pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    )
    words = read_glyphs(pdfium, text_page, transform)
    return (words, read_rules(pdfium, page, transform)) if _readable(words) else ([], Rules((), ()))


def compose(number: int, words: Sequence[Glyphs], rules: Rules, size: tuple[float, float]) -> Page:
    """Return the page that consists of ``words`` and drawn lines; ``size`` is width and height in points."""
    width, height = size
    _mark_color(words)
    head, body, foot = split_margins([word for word in words if word.upright], height)
    drafts = [draft_of(line.words, set()) for line in head]
    drafts.extend(_body(body, rules))
    drafts.extend(draft_of(line.words, set()) for line in foot)
    drafts.extend(_turned(words))
    text = page_text(drafts)
    return Page(number, text.text, tuple(text.blocks), tuple(text.words), width=width, height=height)


def _body(words: Sequence[Glyphs], rules: Rules) -> list[Draft]:
    """Return the blocks between the margins, tables at their place in the reading order."""
    tables = ruled_tables([*words, *_marks(rules, words)], rules)
    inside = {id(word) for table in tables for word in table.words}
    places = [_stand_in(table) for table in tables]
    ruled = {id(place): table.rows for place, table in zip(places, tables, strict=True)}
    flow = [*(word for word in words if id(word) not in inside), *places]
    blocks = _Blocks()
    for run in reading_order(flow):
        blocks.begin_run()
        part: list[Glyphs] = []
        for line in group_lines(run):
            part.extend(word for word in line.words if id(word) not in ruled)
            for rows in (ruled[id(word)] for word in line.words if id(word) in ruled):
                blocks.add_lines(group_lines(part))
                blocks.add_table(rows)
                part = []
        blocks.add_lines(group_lines(part))
    return blocks.drafts


def _marks(rules: Rules, words: Sequence[Glyphs]) -> list[Glyphs]:
    """Return drawn dots and rings as characters: in a table of variants they say what is covered."""
    size = median(word.size for word in words) if words else 0.0
    return [
        Glyphs("●" if filled else "○", x0, top, x1, bottom, (top + bottom) / 2 + 0.3 * size, size, bold=False)
        for (x0, top, x1, bottom), filled in rules.circles
    ]


def _stand_in(table: PageTable) -> Glyphs:
    """Return a word that holds a table's place, as wide as the table and at its top."""
    x0, _, x1, _ = table.box
    place = min(word.top for word in table.words)
    size = table.words[0].size
    return Glyphs("", x0, place, x1, place + size, place + 0.8 * size, size, bold=False)


class _Blocks:
    """The blocks of a page's body; numbers its tables."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._tables = 0
        self._run_begins = False

    def begin_run(self) -> None:
        self._run_begins = True

    def add_table(self, rows: Sequence[Row]) -> None:
        self._run_begins = False
        self.drafts.extend(row_drafts(rows, self._tables))
        self._tables += 1

    def add_lines(self, lines: Sequence[Line]) -> None:
        done = 0
        for first, end, rows in aligned_tables(lines):
            self._add(make_blocks(lines[done:first]))
            self.add_table(rows)
            done = end
        self._add(make_blocks(lines[done:]))

    def _add(self, drafts: list[Draft]) -> None:
        if drafts and self._run_begins:
            self._run_begins = False
            if self.drafts and continue_block(self.drafts[-1], drafts[0]):
                drafts = drafts[1:]
        self.drafts.extend(drafts)


def _turned(words: Sequence[Glyphs]) -> list[Draft]:
    """Return what is printed at an angle as a block of its own, in the file's order."""
    turned = [word for word in words if not word.upright]
    return [draft_of(turned, set())] if turned else []


def _readable(words: Sequence[Glyphs]) -> bool:
    """Tell text from glyphs without a meaning (fonts that map to nothing or to private characters)."""
    text = "".join([word.text for word in words])
    return len(text) > 2 * len(_STRANGE.findall(text))


def _mark_color(words: Sequence[Glyphs]) -> None:
    """Count words in another colour than most as bold: both set a heading off."""
    colors = Counter(word.color for word in words if not word.bold)
    if colors:
        usual = colors.most_common(1)[0][0]
        for word in words:
            word.bold = word.bold or word.color not in (usual, 0)
