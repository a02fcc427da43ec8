"""Words and sentences of a page, with exact spans.

A token is a word in its plain form: lower case, no diacritics, joined where a hyphen broke it at the
end of a line; ``ß`` becomes ``ss``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_BREAK = "[\u00ad\ufffe\u0002]\\s*|-[ \t]*\r?\n\\s*(?=[a-zà-ÿ])"
_WORD = re.compile(rf"[^\W\d_]+(?:(?:{_BREAK})[^\W\d_]+)*|\d+")
_JOIN = re.compile(_BREAK)
_END = re.compile(r"[.!?](?:[\"'»”)\]]*)(?=\s+[\"'«„“(]?[^\W\d_a-zà-ÿ]|\s*$)")
_ABBREVIATIONS = re.compile(
    r"(?:\b(?:z\.\s?B|d\.\s?h|u\.\s?a|z|bzw|resp|usw|etc|ca|inkl|exkl|max|mind|min|Art|Abs|Ziff|Nr|Nrn|Kap|lit|vgl|gem"
    r"|evtl|ggf|sog|Std|Mio|Mrd|St|Dr|Prof|Fr|CHF|SFr|Tel|Str|e\.g|i\.e|No|vs|Inc|Ltd|approx|incl|excl|p\.\s?ex|cf|env"
    r"|al|chap|let|ch)|(?<!\w)\w|\b\d{1,2})$"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word in plain form and its span in the page's text."""

    plain: str
    start: int
    end: int


@lru_cache(maxsize=65536)
def plain(word: str) -> str:
    """Return ``word`` in lower case, without diacritics and line-break hyphens."""
    joined = _JOIN.sub("", word).replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", joined.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def tokens(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of ``text[start:end]``; spans count from the start of ``text``."""
    return [Token(plain(m.group()), m.start(), m.end()) for m in _WORD.finditer(text, start, end)]


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split ``text[start:end]`` into sentence spans without surrounding white space.

    A full stop behind an abbreviation, an initial or a one- or two-digit number ends no sentence.
    """
    spans: list[tuple[int, int]] = []
    at = start
    for match in _END.finditer(text, start, end):
        if match.group().startswith(".") and _ABBREVIATIONS.search(text, at, match.start()):
            continue
        spans.append((at, match.end()))
        at = match.end()
    spans.append((at, end))
    return [trimmed for span in spans if (trimmed := trim(text, *span))[0] < trimmed[1]]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
