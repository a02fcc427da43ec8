"""Vectors in Amazon S3 Vectors, for owners whose documents one function does not hold in memory.

Each owner has an index of their own in the vector bucket, so that a query never reaches anybody else's rows.
Keys follow from the entry and the passage: repeating a write changes nothing, and a removal needs no listing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.jobs.model import Owner
    from shared.shelf import Indexed

    Matrix = NDArray[np.float32]

_SERVICE = "S3 Vectors"
# Limits of the service: vectors in one write or removal, and answers of one query.
BATCH = 500
MAX_NEAREST = 100
# A filter is JSON of a few kilobytes; a wider scope is cut after the query.
MAX_FILTERED = 50


class S3VectorStore:
    """See ``functions.analyze.search.vectors.VectorStore``."""

    whole = False

    def __init__(self, bucket: str, endpoint_url: str = "") -> None:
        self._bucket = bucket
        self._endpoint_url = endpoint_url

    def put(self, entry: Indexed, rows: Matrix) -> None:
        """See VectorStore; the owner's index is made with the first document."""
        if not entry.passages:
            return
        self._create_index(entry.owner, rows.shape[1])
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
                self._client.put_vectors(**self._index(entry.owner), vectors=batch)

    def remove(self, entry: Indexed) -> None:
        """See VectorStore."""
        for batch in _batches(iter(_keys(entry))):
            with translated(_SERVICE):
                try:
                    self._client.delete_vectors(**self._index(entry.owner), keys=batch)
                except self._client.exceptions.NotFoundException:
                    return

    def nearest(
        self, entries: Sequence[Indexed], question: Matrix, limit: int
    ) -> list[tuple[Indexed, int, float]]:
        """See VectorStore; at most 100 are found."""
        known = {entry.prefix: entry for entry in entries if entry.passages}
        if not known:
            return []
        narrow: dict[str, Any] = {}
        if len(known) <= MAX_FILTERED:
            narrow["filter"] = {"entry": {"$in": sorted(known)}}
        owner = next(iter(known.values())).owner
        with translated(_SERVICE):
            try:
                answer = self._client.query_vectors(
                    **self._index(owner),
                    topK=min(limit, MAX_NEAREST),
                    queryVector={"float32": [float(value) for value in question]},
                    returnMetadata=True,
                    returnDistance=True,
                    **narrow,
                )
            except self._client.exceptions.NotFoundException:
                return []
        return [
            (known[vector["metadata"]["entry"]], int(vector["metadata"]["passage"]), 1 - vector["distance"])
            for vector in answer["vectors"]
            if vector["metadata"]["entry"] in known
        ]

    def _create_index(self, owner: Owner, dimensions: int) -> None:
        with translated(_SERVICE):
            try:
                self._client.create_index(
                    **self._index(owner), dataType="float32", dimension=dimensions, distanceMetric="cosine"
                )
            except self._client.exceptions.ConflictException:
                return

    def _index(self, owner: Owner) -> dict[str, str]:
        # Owners are people: the service need not know them.
        name = hashlib.sha256(owner.key.encode()).hexdigest()[:48]
        return {"vectorBucketName": self._bucket, "indexName": f"owner-{name}"}

    @property
    def _client(self) -> Any:
        return client("s3vectors", self._endpoint_url)


def _keys(entry: Indexed) -> list[str]:
    return [f"{entry.prefix}{number:06d}" for number in range(entry.passages)]


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, BATCH)):
        yield batch
