"""Makes blocks of lines: paragraphs, list items, lines that may be headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.build import Draft, Piece
from functions.analyze.extract.labels import CLAUSE, LIST_MARK, is_label
from functions.analyze.extract.pdf.lines import Line, is_bold, leading
from functions.analyze.extract.printed import Glyphs

_LARGE = 1.2
_EARLY = 0.35
_MANY_LINES = 20
_SELDOM = 0.03
_ENDS = re.compile(r"[.:;!?][)»”\"']?$")
# "Haus- und Reisegepäck": the hyphen stands for the word that follows the conjunction.
_CONJUNCTION = re.compile(r"^(und|oder|sowie|bzw|bis|resp|respektive|beziehungsweise|et|ou|and|or|to)\b")


def make_blocks(lines: Sequence[Line]) -> list[Draft]:
    """Return the blocks of one column, in order."""
    if not lines:
        return []
    step = leading(lines)
    body = median(line.size for line in lines)
    rights = sorted(line.x1 for line in lines)
    right = rights[int(0.95 * (len(rights) - 1))]
    groups: list[list[Line]] = [[lines[0]]]
    for line in lines[1:]:
        if _starts_block(groups[-1], line, step, right, body):
            groups.append([line])
        else:
            groups[-1].append(line)
    keeps = _keeps_hyphens(lines)
    return [draft for group in groups for draft in _drafts(group, keeps_hyphens=keeps)]


def _keeps_hyphens(lines: Sequence[Line]) -> bool:
    """Tell whether a column is set without hyphenation: a hyphen at a line's end is then the word's own."""
    hyphens = sum(line.words[-1].text.endswith("-") for line in lines)
    return len(lines) >= _MANY_LINES and hyphens <= _SELDOM * len(lines)


def _starts_block(group: Sequence[Line], line: Line, step: float, right: float, body: float) -> bool:
    above = group[-1]
    large = line.size >= _LARGE * body
    if _is_apart(above, line, max(step, line.size) if large else step):
        return True
    if above.bold and len(group) == 1 and is_label(above.text):
        return False
    if is_marked(line) or (_ENDS.search(above.text) and CLAUSE.match(line.text)):
        return True
    if large or above.words[-1].text.endswith("-"):
        return False
    return _ends_in_page(above) or _indented(group, line) or _was_short(above, line, right)


def _is_apart(above: Line, line: Line, step: float) -> bool:
    """Tell whether space, size, weight or a heading's colour sets a line off from the one above."""
    down = line.base - above.base
    if down < 0 or down > 1.3 * step + 0.5 or abs(line.size - above.size) > 0.08 * above.size:
        return True
    return above.bold != line.bold or (above.bold and above.words[-1].color != line.words[0].color)


def _ends_in_page(line: Line) -> bool:
    """Tell whether a line ends in a number that is set off, as in a table of contents."""
    if len(line.words) < 2 or not line.words[-1].text.isdigit():  # noqa: PLR2004
        return False
    before, number = line.words[-2:]
    return number.x0 - before.x1 > 1.5 * line.size or set(before.text[-3:]) <= set("._…")


def is_marked(line: Line) -> bool:
    """Tell whether a line begins with a bullet, a letter or a clause number that is set off."""
    text = line.text
    if LIST_MARK.match(text):
        return True
    match = CLAUSE.match(text)
    if not match:
        return False
    if line.words[0].bold:
        return True
    label = len(match.group().split())
    if label >= len(line.words):
        return False
    return line.words[label].x0 - line.words[label - 1].x1 > 0.7 * line.size


def _indented(group: Sequence[Line], line: Line) -> bool:
    above, size = group[-1], line.size
    if len(group) == 1 and (is_marked(above) or _hangs(above, line)):
        return line.x0 < above.x0 - 0.5 * size
    if line.x0 > above.x0 + 1.2 * size:
        return True
    outdent = above.x0 - line.x0
    return outdent > 0.8 * size and (len(group) > 1 or bool(_ENDS.search(above.text)))


def _hangs(above: Line, line: Line) -> bool:
    """Tell whether a line begins below the text that follows the number of the line above."""
    label = CLAUSE.match(above.text) or LIST_MARK.match(above.text)
    if label is None:
        return False
    after = above.words[len(label.group().split()) :]
    return bool(after) and abs(after[0].x0 - line.x0) < 0.3 * line.size


def _was_short(above: Line, line: Line, right: float) -> bool:
    """Tell whether the line above ended early: the next word would have fitted."""
    first = line.words[0]
    slack = right - above.x1 - (first.x1 - first.x0) - 0.3 * line.size
    if _ENDS.search(above.text):
        return slack > 1.5 * line.size
    return slack > max(4.0 * line.size, _EARLY * (right - above.x0))


def _drafts(group: Sequence[Line], *, keeps_hyphens: bool) -> list[Draft]:
    words = [word for line in group for word in line.words]
    starts = {id(line.words[0]) for line in group[1:]}
    head = _run_in(words)
    parts = [words[:head], words[head:]] if head else [words]
    return [draft_of(part, starts, keeps_hyphens=keeps_hyphens) for part in parts]


def _run_in(words: Sequence[Glyphs]) -> int:
    """Return how many words a bold, numbered heading takes that runs on into its paragraph."""
    count = next((number for number, word in enumerate(words) if not word.bold), len(words))
    if count in (0, len(words)) or count > 14:  # noqa: PLR2004
        return 0
    label = CLAUSE.match(" ".join(word.text for word in words[:count]))
    titled = label is not None and len(label.group().split()) < count
    return count if titled and not any(word.bold for word in words[count : count + 3]) else 0


def draft_of(words: Sequence[Glyphs], line_starts: set[int], *, keeps_hyphens: bool = False) -> Draft:
    """Return a block of ``words``; those in ``line_starts`` (by identity) begin a line."""
    pieces = pieces_of(words, line_starts, keeps_hyphens=keeps_hyphens)
    text = " ".join(word.text for word in words[:3])
    kind = BlockKind.LIST_ITEM if LIST_MARK.match(text) else BlockKind.PARAGRAPH
    sizes = sorted(word.size for word in words)
    return Draft(kind, pieces, size=sizes[len(sizes) // 2], bold=is_bold(words))


def pieces_of(words: Sequence[Glyphs], line_starts: set[int], *, keeps_hyphens: bool = False) -> list[Piece]:
    """Join words to running text: hyphenation at line ends is undone, every part keeps its box."""
    pieces: list[Piece] = []
    for number, word in enumerate(words):
        text, joiner = word.text, " " if word.spaced else ""
        if number and id(word) in line_starts:
            before = pieces[-1]
            joiner, joined = _across_lines(before.text, text)
            before.text = before.text if keeps_hyphens else joined
        pieces.append(Piece(text, (word.x0, word.top, word.x1, word.bottom), joiner))
    return pieces


def continue_block(before: Draft, after: Draft) -> bool:
    """Join ``after``, at the top of a column, to the block that the column before broke off; tell whether."""
    text, more = before.text, after.text
    if after.kind is not BlockKind.PARAGRAPH or before.table is not None or before.bold != after.bold:
        return False
    if _ENDS.search(text) or not more[:1].islower() or CLAUSE.match(more):
        return False
    joiner, before.pieces[-1].text = _across_lines(before.pieces[-1].text, more)
    after.pieces[0].joiner = joiner
    before.pieces.extend(after.pieces)
    return True


def _across_lines(before: str, after: str) -> tuple[str, str]:
    """Return what joins two lines, and the end of the first as it then reads."""
    if not before.endswith("-") or len(before) == 1:
        return " ", before
    stem = before[:-1]
    if _CONJUNCTION.match(after):
        return " ", before
    if not after[0].islower() or len(stem) == 1 or stem[-1].isdigit() or not stem[-1].isalpha():
        return "", before
    return "", stem
