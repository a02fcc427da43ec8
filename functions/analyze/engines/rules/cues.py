"""How documents grant, exclude, define and oblige, by language.

The cues are data (``cues.yaml``): patterns of ``matching``. Those of a title colour the section below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from functions.analyze.engines.rules.text import plain
from shared.taxonomy.yaml import safe_load

_FILE = Path(__file__).with_name("cues.yaml")
_FALLBACK = "en"


@dataclass(frozen=True)
class Cues:
    """The cue patterns of one language.

    ``grant`` words promise a payment or service, ``insure`` words say that something is covered,
    ``refuse`` words that it is not; ``exception`` words turn an exclusion. ``negation`` words before a
    name take it out (without meals), ``rest`` words all that follows (but not ...); ``threshold`` words
    before an amount say that it limits nothing; ``cap`` words say that an amount holds for the whole
    section, ``share`` words that the insured bears a part of whatever it pays. ``apart`` words set the
    rest of an enumeration apart: an amount behind it belongs to that. ``joint``
    words join two covers in one title, ``proviso`` words begin a condition of what is promised before them,
    ``qualifier`` words say that an exclusion takes out a case only.
    The ``..._title`` patterns say what the section under a heading is about.
    """

    grant: tuple[str, ...]
    insure: tuple[str, ...]
    refuse: tuple[str, ...]
    exception: tuple[str, ...]
    negation: tuple[str, ...]
    rest: tuple[str, ...]
    threshold: tuple[str, ...]
    cap: tuple[str, ...]
    share: tuple[str, ...]
    apart: tuple[str, ...]
    joint: tuple[str, ...]
    proviso: tuple[str, ...]
    qualifier: tuple[str, ...]
    grant_title: tuple[str, ...]
    event_title: tuple[str, ...]
    object_title: tuple[str, ...]
    overview_title: tuple[str, ...]
    limit_title: tuple[str, ...]
    refuse_title: tuple[str, ...]
    duty_title: tuple[str, ...]
    definition_title: tuple[str, ...]
    general_title: tuple[str, ...]

    @cached_property
    def refusing(self) -> frozenset[str]:
        """Return the plain words of the ``refuse`` patterns."""
        return frozenset(plain(word) for pattern in self.refuse for word in re.findall(r"[^\W\d_]+", pattern))


@lru_cache(maxsize=1)
def _all_cues() -> dict[str, Cues]:
    data = safe_load(_FILE.read_text(encoding="utf-8"))
    return {
        language: Cues(**{name: tuple(patterns) for name, patterns in kinds.items()})
        for language, kinds in data.items()
    }


def cues_for(language: str) -> Cues:
    """Return the cues of a language; English where it has none of its own."""
    cues = _all_cues()
    return cues.get(language, cues[_FALLBACK])
