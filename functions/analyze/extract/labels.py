"""Clause numbers and list marks, as insurers and lawyers print them."""

from __future__ import annotations

import re

_WORD = (
    r"(?:Art(?:ikel|icle)?|Ziff(?:er)?|Kapitel|Chapitre|Chapter|Abschnitt|Section|Clause|Teil|Part(?:ie)?|§+)"
)
_NUMBER = r"(?:[A-Z]?\d+(?:\.\d+)*|[IVX]+)"
CLAUSE = re.compile(
    rf"(?:{_WORD}\.?\s*{_NUMBER}[a-z]?\b[.:]?"  # Art. 3, Art. A4, § 12, Section IV
    r"|[A-Z]{1,2}\s?\d+(?:\.\d+)*[.:]?(?=\s|$)"  # A 2.1, B3
    r"|\d+(?:\.\d+)+[.:]?(?=\s|$)"  # 2.1.3
    r"|\d{1,3}[.:]?(?=\s|$)"  # 3.
    r"|(?:[IVX]+|[A-Z])[.:]?(?=\s|$))"  # IV, B
)
LIST_MARK = re.compile(
    r"(?:[•●○◦▪■□▶►‣∙·➢✓✔*\uf0b7\uf0a7\uf0fc\uf02d]|[-–—](?=\s|$)|\(?[a-z]{1,2}\)|\(?[ivx]{1,4}\)|\(?\d{1,2}\))"
)


def is_label(text: str) -> bool:
    """Tell whether ``text`` is a clause number or list mark and nothing else."""
    match = CLAUSE.match(text) or LIST_MARK.match(text)
    return match is not None and match.end() == len(text)


def number_rank(text: str) -> tuple[int, int]:
    """Return the kind of a heading's number (0 highest, 3 for none) and how deep it lies within its kind."""
    match = CLAUSE.match(text)
    if match is None:
        return 3, 0
    label = match.group()
    depth = len(re.findall(r"\d+", label))
    if re.match(rf"{_WORD}|(?:[IVX]+|[A-Z])[.:]?$", label):
        return 0, depth
    return (1 if label[0].isalpha() else 2), depth
