"""Vectors in Amazon S3 Vectors, for owners whose documents one function does not hold in memory.

Each owner has an index of their own in the vector bucket, so that a query never reaches anybody else's rows,
and one for each model: the vectors of two do not compare, and may differ in length.
Keys follow from the entry and the passage: repeating a write changes nothing, and a removal needs no listing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.search.index import IndexEntry

    Matrix = NDArray[np.float32]

_SERVICE = "S3 Vectors"
# Limits of the service: vectors in one write or removal, and answers of one query.
BATCH = 500
MAX_NEAREST = 100
# A filter is JSON of a few kilobytes: a wider scope is queried in parts; one of still more parts is cut
# after a query of everything.
MAX_FILTERED = 50
MAX_PARTS = 10


class S3VectorStore:
    """See ``functions.analyze.search.vectors.VectorStore``."""

    whole = False

    def __init__(self, bucket: str, endpoint_url: str = "") -> None:
        self._bucket = bucket
        self._endpoint_url = endpoint_url

    def put(self, entry: IndexEntry, rows: Matrix) -> None:
        """See VectorStore; the index is made with the owner's first document."""
        if not entry.passages:
            return
        self._create_index(entry, rows.shape[1])
        vectors = (
            {
                "key": key,
                "data": {"float32": [float(value) for value in row]},
                "metadata": {"entry": entry.prefix, "passage": number},
            }
            for number, (key, row) in enumerate(zip(_keys(entry), rows, strict=True))
        )
        for batch in _batches(vectors):
            with translated(_SERVICE):
                self._client.put_vectors(**self._index(entry), vectors=batch)

    def remove(self, entry: IndexEntry) -> None:
        """See VectorStore."""
        for batch in _batches(iter(_keys(entry))):
            with translated(_SERVICE):
                try:
                    self._client.delete_vectors(**self._index(entry), keys=batch)
                except self._client.exceptions.NotFoundException:
                    return

    def nearest(
        self, entries: Sequence[IndexEntry], question: Matrix, limit: int
    ) -> list[tuple[IndexEntry, int, float]]:
        """See VectorStore; the entries are of one model, and at most 100 passages are found."""
        known = {entry.prefix: entry for entry in entries if entry.passages}
        if not known:
            return []
        index = self._index(next(iter(known.values())))
        parts: list[list[str]] | list[None] = list(_batches(iter(sorted(known)), MAX_FILTERED))
        if len(parts) > MAX_PARTS:
            parts = [None]
        nearest = [vector for part in parts for vector in self._query(index, part, question, limit)]
        hits = [
            (known[vector["metadata"]["entry"]], int(vector["metadata"]["passage"]), 1 - vector["distance"])
            for vector in nearest
            if vector["metadata"]["entry"] in known
        ]
        return sorted(hits, key=lambda hit: -hit[2])[: min(limit, MAX_NEAREST)]

    def _query(
        self, index: dict[str, str], prefixes: list[str] | None, question: Matrix, limit: int
    ) -> list[Any]:
        """Return the vectors nearest to the question, of some entries or of all."""
        narrow: dict[str, Any] = {} if prefixes is None else {"filter": {"entry": {"$in": prefixes}}}
        with translated(_SERVICE):
            try:
                answer = self._client.query_vectors(
                    **index,
                    topK=min(limit, MAX_NEAREST),
                    queryVector={"float32": [float(value) for value in question]},
                    returnMetadata=True,
                    returnDistance=True,
                    **narrow,
                )
            except self._client.exceptions.NotFoundException:
                return []
        return list(answer["vectors"])

    def _create_index(self, entry: IndexEntry, dimensions: int) -> None:
        with translated(_SERVICE):
            try:
                self._client.create_index(
                    **self._index(entry), dataType="float32", dimension=dimensions, distanceMetric="cosine"
                )
            except self._client.exceptions.ConflictException:
                return

    def _index(self, entry: IndexEntry) -> dict[str, str]:
        # Owners are people: the service need not know them.
        name = hashlib.sha256(json.dumps([entry.owner.key, entry.model]).encode()).hexdigest()[:48]
        return {"vectorBucketName": self._bucket, "indexName": f"owner-{name}"}

    @property
    def _client(self) -> Any:
        return client("s3vectors", self._endpoint_url)


def _keys(entry: IndexEntry) -> list[str]:
    return [f"{entry.prefix}{number:06d}" for number in range(entry.passages)]


def _batches(items: Iterator[Any], size: int = BATCH) -> Iterator[list[Any]]:
    while batch := list(islice(items, size)):
        yield batch
