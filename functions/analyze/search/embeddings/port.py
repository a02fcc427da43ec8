"""The port of what turns texts into vectors.

Vectors have length 1, so that the product of two is the cosine of their angle. A question and the passages
that answer it may be treated differently by a model; those of two models do not compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]


class Embeddings(Protocol):
    """A model; every method may raise TransientError and PermanentError.

    ``name`` keeps its vectors apart from those of others, ``batch`` is how many texts it takes at once, which
    bounds the memory and the length of a unit of work.
    """

    name: str
    batch: int

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Return the vectors of at most ``batch`` passages, a row each (float32)."""
        ...

    def query(self, text: str) -> Matrix:
        """Return the vector of a question, one dimension."""
        ...


def normalised(rows: Any) -> Matrix:
    """Return rows scaled to length 1, as float32; a row of zeros stays one."""
    import numpy as np

    matrix = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    lengths[lengths == 0] = 1
    scaled: Matrix = matrix / lengths
    return scaled
