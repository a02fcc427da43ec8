"""How much of a peer's text an extraction has."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from functions.analyze.document.model import Document


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"(\w)[-\u00ad\u2010]\n\s*([a-zà-ÿ])", r"\1\2", text))


def shares(ours: list[str], theirs: list[str]) -> tuple[float, float]:
    """Return which share of their words we have, and of their pairs of neighbours."""
    single, pairs = Counter(theirs), Counter(pairwise(theirs))
    return (
        (single & Counter(ours)).total() / max(1, single.total()),
        (pairs & Counter(pairwise(ours))).total() / max(1, pairs.total()),
    )


def whole(document: Document) -> str:
    return "\n".join("\n".join([*page.headers, page.text, *page.footers]) for page in document.pages)
