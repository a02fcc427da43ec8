"""Where vectors live, and who finds the nearest ones: the port, and its home among the files.

Among the files each document has its rows, and a search multiplies all rows in scope with the question's:
exact, without an index to build or to repair, a few milliseconds for the documents of one owner. Past what
one function holds in memory, an engine takes over (``s3_vectors``).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from functions.analyze.search.library import READERS, place_of
from shared.files import keys
from shared.files.port import Files
from shared.search.index import IndexEntry

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

Hit = tuple[IndexEntry, int, float]


class VectorStore(Protocol):
    """Keeps the vectors of documents. Every method may raise TransientError.

    ``whole`` says that the store can search as many passages as are asked for, so that keywords may be looked
    for in all of them; otherwise only ``nearest`` are at hand.
    """

    whole: bool

    def put(self, entry: IndexEntry, rows: Matrix) -> None:
        """Keep the rows of an entry, over those of an earlier try."""
        ...

    def remove(self, entry: IndexEntry) -> None:
        """Remove the vectors of an entry; what is gone is no error."""
        ...

    def nearest(self, entries: Sequence[IndexEntry], question: Matrix, limit: int) -> list[Hit]:
        """Return the nearest passages of some entries of one owner: entry, number, cosine; the best first.

        Raises FileMissingError where an entry has been replaced meanwhile.
        """
        ...


class FileVectors:
    """See VectorStore: an array in numpy's format beside the passages."""

    whole = True

    def __init__(self, files: Files) -> None:
        self._files = files
        self._stacked: tuple[tuple[str, ...], Matrix | None] = ((), None)

    def put(self, entry: IndexEntry, rows: Matrix) -> None:
        """See VectorStore; in half precision, which changes a cosine by less than 0.001."""
        import numpy as np

        file = io.BytesIO()
        np.save(file, rows.astype(np.float16), allow_pickle=False)
        self._files.put(keys.vectors(entry.prefix), file.getvalue(), "application/octet-stream")

    def remove(self, entry: IndexEntry) -> None:
        """See VectorStore."""
        self._files.delete_prefix(keys.vectors(entry.prefix))

    def nearest(self, entries: Sequence[IndexEntry], question: Matrix, limit: int) -> list[Hit]:
        """See VectorStore; the rows of the last scope are kept."""
        import numpy as np

        entries = [entry for entry in entries if entry.passages]
        if not entries:
            return []
        rows = self._rows(entries)
        scores = rows @ question
        candidates = (
            np.argpartition(-scores, limit - 1)[:limit] if limit < len(scores) else np.arange(len(scores))
        )
        best = candidates[np.argsort(-scores[candidates], kind="stable")]
        return [(*place_of(entries, int(index)), float(scores[index])) for index in best]

    def _rows(self, entries: Sequence[IndexEntry]) -> Matrix:
        import numpy as np

        scope = tuple(entry.prefix for entry in entries)
        kept, stacked = self._stacked
        if stacked is None or kept != scope:
            with ThreadPoolExecutor(min(READERS, len(entries))) as readers:
                parts = list(readers.map(self._read, entries))
            stacked = np.concatenate(parts).astype(np.float32)
            self._stacked = (scope, stacked)
        return stacked

    def _read(self, entry: IndexEntry) -> Matrix:
        import numpy as np

        rows: Matrix = np.load(io.BytesIO(self._files.get(keys.vectors(entry.prefix))), allow_pickle=False)
        return rows
