"""Grows the outline of a document from its blocks, in reading order."""

from __future__ import annotations

from itertools import zip_longest

from functions.analyze.document.model import Block, BlockKind, Document, Page
from functions.analyze.engines.rules import layout, toc
from functions.analyze.engines.rules.labels import Label, parse_label
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline, Section
from functions.analyze.engines.rules.text import sentences, tokens, trim
from shared.documents.model import MEDIA_TYPES

_CLOSING = frozenset('.!?:;»”"')
_MARKED_UP = frozenset(MEDIA_TYPES[ending] for ending in (".md", ".html", ".docx"))
_QUESTION_LEVEL = 6


def build_outline(document: Document) -> Outline:
    """Return the outline of ``document``; tables of contents are left out."""
    outline = Outline(document)
    _Builder(outline).build()
    return outline


class _Builder:
    """Walks the blocks in reading order and grows the outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._stack = [0]
        self._orphan: int | None = None
        self._contents_title: tuple[int, Page, Block] | None = None
        self._chapters: dict[str, tuple[int, Page, Block]] = {}
        self._is_marked_up = outline.document.media_type in _MARKED_UP
        self._lead: int | None = None
        self._leads: dict[str, int | None] = {}
        self._open: int | None = None
        self._block = 0

    def build(self) -> None:
        pages = self._outline.document.pages
        for number, page in enumerate(pages):
            if not layout.has_contents(page) and toc.is_contents(page, len(pages)):
                continue
            blocks = [*page.blocks] or layout.paragraphs(page)
            for block, following in zip_longest(blocks, blocks[1:]):
                self._block += 1
                heads_contents = following is not None and following.kind is BlockKind.TOC_ENTRY
                if block.kind is BlockKind.TOC_ENTRY or heads_contents:
                    self._contents_entry(number, page, block)
                elif not toc.is_contents_line(page.text[block.start : block.end], len(pages)):
                    self._add(number, page, block)

    def _add(self, number: int, page: Page, block: Block) -> None:
        start, end = trim(page.text, block.start, block.end)
        if start == end:
            return
        if block.kind is BlockKind.HEADING:
            self._heading(number, page, block, start, end)
        elif block.kind is BlockKind.PARAGRAPH and layout.QUESTION.fullmatch(page.text, start, end):
            self._title_clause(number, page, self._open_section(_QUESTION_LEVEL, None), start, end)
        elif block.kind is BlockKind.TABLE_ROW:
            clause = self._clause(number, page, start, end, ClauseKind.ROW)
            clause.table = (number, block.table or 0)
        else:
            start = self._numbered(number, page, block, start, end)
            if start < end:
                self._running(number, page, block, start, end)

    def _contents_entry(self, number: int, page: Page, block: Block) -> None:
        """Remember which title of the contents stands above which letter series."""
        label, _ = parse_label(page.text[block.start : block.end])
        if label is None:
            self._contents_title = (number, page, block)
        elif label.starts_chapter and self._contents_title is not None:
            self._chapters[label.parts[0]] = self._contents_title
            self._contents_title = None

    def _heading(self, number: int, page: Page, block: Block, start: int, end: int) -> None:
        label, offset = parse_label(page.text[start:end])
        top = self._outline.sections[self._stack[-1]]
        if label is None and top.label is not None and not top.title and not top.clauses:
            top.title = layout.title(page.text[start:end])
            if top.heading is not None:
                heading = self._outline.clauses[top.heading]
                heading.tokens = [*heading.tokens, *tokens(page.text, start, end)]
            return
        if self._is_marked_up and block.level:
            self._unwind_marked_up(block.level)
        section = self._open_section(block.level or 3, label)
        self._title_clause(number, page, section, start, end)
        if label is not None and offset >= end - start:
            section.title = ""

    def _title_clause(self, number: int, page: Page, section: Section, start: int, end: int) -> None:
        """Make the span the section's title, which ends every list."""
        section.title = layout.title(page.text[start:end])
        heading = self._clause(number, page, start, end, ClauseKind.HEADING)
        _, offset = parse_label(page.text[start:end])
        # The number of a title is not one of its words.
        heading.tokens = [token for token in heading.tokens if token.start >= start + offset]
        section.heading = heading.index
        section.clauses.pop()
        self._lead = None
        self._leads = {}

    def _numbered(self, number: int, page: Page, block: Block, start: int, end: int) -> int:
        """Open a section for a paragraph that carries a section number; return where its text begins."""
        text = page.text[start:end]
        label, offset = parse_label(text)
        if label is None or not label.is_section:
            return start
        level = max(self._outline.sections[self._stack[-1]].level, 3)
        section = self._open_section(level, label)
        self._lead = None
        first, _, rest = text.partition("\n")
        if offset < len(first) and layout.looks_like_title(first[offset:], rest):
            self._title_clause(number, page, section, start, start + len(first))
            return trim(page.text, start + len(first), end)[0]
        section.title = text[:offset].strip()
        return self._run_in_title(number, page, section, start, end, start + offset)

    def _run_in_title(
        self, number: int, page: Page, section: Section, start: int, end: int, words: int
    ) -> int:
        """Take a short first sentence ("Search and rescue.") as the paragraph's title."""
        spans = sentences(page.text, words, end)
        if not spans[1:] or len(page.text[slice(*spans[0])].split()) > layout.SHORT_TITLE_WORDS:
            return words
        self._title_clause(number, page, section, *spans[0])
        section.title = layout.title(page.text[start : spans[0][1]])
        return spans[1][0]

    def _running(self, number: int, page: Page, block: Block, start: int, end: int) -> None:
        is_item = block.kind is BlockKind.LIST_ITEM or bool(layout.BULLET.match(page.text, start, end))
        continues = self._open is not None and not is_item and page.text[start].islower()
        kind = ClauseKind.ITEM if is_item else ClauseKind.SENTENCE
        mark = layout.mark(page.text, start, end) if is_item else ""
        if not continues:
            self._lead = self._leads.get(mark, self._lead) if is_item else None
        before = self._open if continues else None
        clause: Clause | None = None
        lead = self._lead
        for span in sentences(page.text, start, end):
            for part in layout.parts(page.text, *span):
                if clause is not None and layout.BULLET.match(page.text, *part):
                    # A list that the layout did not show: each item stands alone, below the same lead.
                    lead = clause.index if lead is None and kind is ClauseKind.SENTENCE else lead
                    self._block += 1
                    kind, before = ClauseKind.ITEM, None
                clause = self._clause(number, page, *part, kind)
                clause.lead = lead
                clause.before = before
                before = clause.index
            before = None
        if clause is None:
            return
        last = page.text[clause.start : clause.end].rstrip()
        self._open = clause.index if last and last[-1] not in _CLOSING else None
        if not is_item and not continues:
            self._leads = {}
        if last.endswith(":") or (not continues and self._open is not None):
            self._leads[mark] = clause.lead
            self._lead = clause.index

    def _clause(self, number: int, page: Page, start: int, end: int, kind: ClauseKind) -> Clause:
        outline = self._outline
        clause = Clause(
            len(outline.clauses), number, start, end, kind, self._stack[-1], self._block,
            tokens(page.text, start, end),
        )  # fmt: skip
        outline.clauses.append(clause)
        outline.sections[self._stack[-1]].clauses.append(clause.index)
        return clause

    def _open_section(self, level: int, label: Label | None) -> Section:
        sections = self._outline.sections
        popped = self._unwind(level, label)
        parent = self._adopt(popped, level, label)
        section = Section(len(sections), parent, level, label)
        sections.append(section)
        sections[parent].children.append(section.index)
        self._stack.append(section.index)
        return section

    def _unwind_marked_up(self, level: int) -> None:
        """Close what a heading of a true level ends: no section holds another of its own level."""
        sections = self._outline.sections
        while len(self._stack) > 1 and sections[self._stack[-1]].level >= level:
            self._stack.pop()

    def _unwind(self, level: int, label: Label | None) -> list[int]:
        """Pop the sections that end where a heading of this level and label begins."""
        sections = self._outline.sections
        keep = len(self._stack)
        if label is None:
            while keep > 1:
                top = sections[self._stack[keep - 1]]
                if top.level < level or (top.level == level and top.label is not None):
                    break
                keep -= 1
        else:
            keep = self._keep_for(level, label)
        popped = self._stack[keep:]
        del self._stack[keep:]
        return popped

    def _keep_for(self, level: int, label: Label) -> int:
        sections = self._outline.sections
        for depth in range(len(self._stack) - 1, 0, -1):
            other = sections[self._stack[depth]].label
            if other is not None and label.is_below(other):
                return depth + 1
        for depth in range(len(self._stack) - 1, 0, -1):
            other = sections[self._stack[depth]].label
            if other is not None and label.follows(other):
                return depth
        keep = len(self._stack)
        while keep > 1:
            top = sections[self._stack[keep - 1]]
            if top.label is not None and label.is_past(top.label):
                keep -= 1
                continue
            same_series = top.label is not None and top.label.shape == label.shape
            starts = label.starts_series and not same_series
            # A title without a number that has text of its own is no chapter of numbered ones.
            holds = starts if top.label is not None else not top.clauses
            if top.level < level or (top.level == level and holds):
                break
            keep -= 1
        return keep

    def _adopt(self, popped: list[int], level: int, label: Label | None) -> int:
        """Return the parent: where a new chapter begins, a title that stood before it, or in the margin."""
        sections = self._outline.sections
        titles = [
            index
            for index in popped
            if sections[index].label is None
            and sections[index].level <= level
            and not sections[index].clauses
        ]
        parent = self._stack[-1]
        if label is None:
            return parent
        if not label.starts_chapter:
            self._orphan = titles[-1] if titles else self._orphan
            return parent
        title = titles[-1] if titles else self._orphan
        self._orphan = None
        if title is None or sections[title].children:
            return self._chapter_of_contents(parent, level, label)
        old = sections[title].parent
        if old is not None:
            sections[old].children.remove(title)
        sections[title].parent = parent
        sections[parent].children.append(title)
        self._stack.append(title)
        return title

    def _chapter_of_contents(self, parent: int, level: int, label: Label) -> int:
        """Return a section for the chapter's title in the contents, where the text shows none."""
        entry = self._chapters.pop(label.parts[0], None)
        if entry is None or (self._outline.sections[parent].label is None and parent != 0):
            return parent
        number, page, block = entry
        section = Section(len(self._outline.sections), parent, max(1, level - 1), None)
        self._outline.sections.append(section)
        self._outline.sections[parent].children.append(section.index)
        self._stack.append(section.index)
        section.title = layout.title(page.text[block.start : block.end])
        section.heading = self._clause(number, page, block.start, block.end, ClauseKind.HEADING).index
        section.clauses.pop()
        return section.index
