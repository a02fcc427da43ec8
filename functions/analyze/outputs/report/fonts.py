"""The fonts of reports: one face for Latin, Greek and Cyrillic, and what scripts beyond those need."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

# In the order of preference; the last one comes with Typst itself.
_TEXT = ("Noto Sans", "Libertinus Serif")
# The last character of Cyrillic; all before it is in the text faces.
_LAST_COMMON = 0x52F
# Scripts, as the names of their characters begin (Unicode), and the families that have them.
_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "ARABIC": ("Noto Naskh Arabic", "Noto Sans Arabic"),
    "DEVANAGARI": ("Noto Sans Devanagari", "Noto Serif Devanagari"),
    "TAMIL": ("Noto Sans Tamil", "Noto Serif Tamil"),
    "HEBREW": ("Noto Sans Hebrew", "Noto Serif Hebrew"),
    "THAI": ("Noto Sans Thai", "Noto Serif Thai"),
    "BENGALI": ("Noto Sans Bengali", "Noto Serif Bengali"),
    "CJK": ("Noto Sans CJK SC", "Noto Serif CJK SC"),
    "HIRAGANA": ("Noto Sans CJK JP", "Noto Sans CJK SC"),
    "KATAKANA": ("Noto Sans CJK JP", "Noto Sans CJK SC"),
    "HANGUL": ("Noto Sans CJK KR", "Noto Sans CJK SC"),
}


@cache
def installed() -> frozenset[str]:
    """Return the families that Typst finds: the system's, and those that it brings."""
    import typst

    return frozenset(typst.Fonts().families())


def families() -> list[str]:
    """Return the families of a report, the first for most of the text, the others for their scripts."""
    wanted = [*_TEXT, *(name for names in _SCRIPTS.values() for name in names)]
    return [name for name in dict.fromkeys(wanted) if name in installed()]


def missing_scripts(texts: Iterable[str], available: Sequence[str] | None = None) -> list[str]:
    """Return the scripts in ``texts`` that no installed family has: their characters would be blanks."""
    have = set(families() if available is None else available)
    used = {_script(letter) for text in texts for letter in set(text) if ord(letter) > _LAST_COMMON}
    return sorted(name for name in used & _SCRIPTS.keys() if not have.intersection(_SCRIPTS[name]))


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ", 1)[0]
