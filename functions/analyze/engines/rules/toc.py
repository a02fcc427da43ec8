"""Tables of contents: they name everything and grant nothing, so the analysis skips them."""

from __future__ import annotations

import re
from itertools import pairwise

from functions.analyze.document.model import Page

_ENTRY = re.compile(r"^(?P<title>\D.*?|\S*\d\S*\s.*?)[\s.…·_]*[\s.…·\t](?P<page>\d{1,3})\s*$")
_SUM = re.compile(r"(?:\b(?:CHF|EUR|USD|GBP|Fr\.)|[€£$])\s?\d|\d\s?(?:CHF|EUR|USD|GBP|[€£%])")
_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}\s*$")
_LINES = 6
_MAX_ENTRY = 200


def is_contents(page: Page, pages: int) -> bool:
    """Return whether a page is a table of contents: most lines end in rising page numbers."""
    lines = [line for line in page.text.splitlines() if line.strip()]
    # Longer lines are no entries, and the pattern would go over them again and again.
    short = [line for line in lines if len(line) <= _MAX_ENTRY]
    entries = [match for line in short if not _SUM.search(line) and (match := _ENTRY.match(line))]
    numbers = [int(match.group("page")) for match in entries]
    if len(numbers) < _LINES or len(numbers) < 0.5 * len(lines):
        return False
    rising = sum(1 for before, after in pairwise(numbers) if before <= after)
    return rising >= 0.8 * (len(numbers) - 1) and max(numbers) <= 2 * pages + 10


def is_contents_line(text: str, pages: int) -> bool:
    """Return whether a block is one entry of a table of contents, with its dot leader."""
    match = _LEADER.search(text) if len(text) <= _MAX_ENTRY else None
    if match is None:
        return False
    return int(re.findall(r"\d+", match.group())[-1]) <= 2 * pages + 10
