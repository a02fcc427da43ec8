"""The passages of indexed documents, read from the files once and kept, with keyword indexes over them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from functions.analyze.search.keywords import Keywords
from functions.analyze.search.passages import Passage, passages_from_json
from shared.files import keys
from shared.files.port import Files
from shared.search.index import IndexEntry

# S3 answers in some ten milliseconds, whatever waits beside it.
READERS = 16

Place = tuple[IndexEntry, int]


def place_of(entries: Sequence[IndexEntry], number: int) -> Place:
    """Return the entry, and the number within it, of a passage that is counted through all entries."""
    for entry in entries:
        if number < entry.passages:
            return entry, number
        number -= entry.passages
    raise IndexError("there are not so many passages")


@dataclass(slots=True)
class Library:
    """Keeps up to ``most`` passages in memory: those of the documents that were asked for last.

    Files never change under their key, so that nothing kept is ever stale.
    """

    files: Files
    most: int
    _passages: OrderedDict[str, list[Passage]] = field(default_factory=OrderedDict)
    _keywords: OrderedDict[tuple[str, ...], Keywords] = field(default_factory=OrderedDict)

    def passages(self, entries: Sequence[IndexEntry]) -> list[list[Passage]]:
        """Return the passages of each entry; raises FileMissingError where one was replaced meanwhile."""
        missing = [entry for entry in entries if entry.prefix not in self._passages]
        if missing:
            with ThreadPoolExecutor(min(READERS, len(missing))) as readers:
                for entry, passages in zip(missing, readers.map(self._read, missing), strict=True):
                    self._passages[entry.prefix] = passages
        wanted = [self._passages[entry.prefix] for entry in entries]
        for entry in entries:
            self._passages.move_to_end(entry.prefix)
        while len(self._passages) > 1 and sum(map(len, self._passages.values())) > self.most:
            self._passages.popitem(last=False)
        return wanted

    def keywords(self, entries: Sequence[IndexEntry]) -> Keywords:
        """Return the keyword index over all passages of some entries, in their order."""
        scope = tuple(entry.prefix for entry in entries)
        if scope not in self._keywords:
            texts = [passage.in_context for passages in self.passages(entries) for passage in passages]
            self._keywords[scope] = Keywords(texts)
        self._keywords.move_to_end(scope)
        while len(self._keywords) > 1 and sum(map(len, self._keywords.values())) > self.most:
            self._keywords.popitem(last=False)
        return self._keywords[scope]

    def _read(self, entry: IndexEntry) -> list[Passage]:
        return passages_from_json(json.loads(self.files.get(keys.passages(entry.prefix))))
