"""The search index on DynamoDB, in the same table as the jobs: a partition an owner, an item a document."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.documents import NOT_DELETED
from shared.aws.dynamodb.table import DynamoTable, TransactionConflictError, check, delete, put, update
from shared.aws.dynamodb.values import Item
from shared.documents.model import DocumentGoneError
from shared.jobs.model import Owner
from shared.jobs.states import FencedError
from shared.search.index import IndexEntry, SupersededError

_TEXTS = (
    "document_id",
    "job_id",
    "source_job_id",
    "model",
    "language",
    "file_name",
    "product_id",
    "case_id",
)
# Indexes of one owner that are finished at the same moment meet at the owner's counter.
_TRIES = 8
_PAUSE = 0.1


class DynamoSearchIndex(DynamoTable):
    """See SearchIndexStore for the contract of every method."""

    def put(self, entry: IndexEntry) -> IndexEntry | None:
        """Write the entry and count, while the claim holds and the document is there."""
        earlier = self.find(entry.owner, entry.document_id)
        failed = self._write(
            check(
                keys.job(entry.job_id), "fence = :fence AND attribute_exists(lease_until)", fence=entry.fence
            ),
            check(keys.document(entry.document_id), f"attribute_exists(pk) AND {NOT_DELETED}"),
            put(
                _to_item(entry),
                "attribute_not_exists(pk) OR source_job_id <= :source",
                source=entry.source_job_id,
            ),
            _count(entry.owner),
        )
        if failed == 0:
            raise FencedError("another worker has the job")
        if failed == 1:
            raise DocumentGoneError(entry.document_id)
        if failed is not None:
            raise SupersededError(entry.document_id)
        return earlier

    def remove(self, owner: Owner, document_id: str, job_id: str = "") -> None:
        """Remove the item and count."""
        key = keys.indexed_document(owner, document_id)
        condition = "job_id = :job" if job_id else "attribute_exists(pk)"
        self._write(delete(key, condition, job=job_id or None), _count(owner))

    def find(self, owner: Owner, document_id: str) -> IndexEntry | None:
        """Read one item consistently."""
        item = self._get(keys.indexed_document(owner, document_id))
        return None if item is None else _from_item(item)

    def version(self, owner: Owner) -> int:
        """Read the counter consistently."""
        item = self._get(keys.index_version(owner))
        return 0 if item is None else int(item["number"])

    def entries(self, owner: Owner) -> list[IndexEntry]:
        """Read the owner's partition."""
        now = self._clock()
        items = self._beginning(keys.index_version(owner), keys.INDEXED_DOCUMENTS)
        return [_from_item(item) for item in items if not expiry.hidden(item, now)]

    def _write(self, *writes: dict[str, Any]) -> int | None:
        """Write as ``_transact`` does, again and again while others are at the owner's counter."""
        for _ in range(_TRIES - 1):
            try:
                return self._transact(*writes)
            except TransactionConflictError:
                time.sleep(random.uniform(0, _PAUSE))  # noqa: S311 - spreads writers, protects nothing
        return self._transact(*writes)


def _count(owner: Owner) -> dict[str, Any]:
    """Return the write that says that the owner's index has changed."""
    return update(keys.index_version(owner), "ADD #number :step", names={"#number": "number"}, step=1)


def _to_item(entry: IndexEntry) -> Item:
    gone = None if entry.expires_at is None else entry.expires_at + expiry.NET
    return {
        **keys.indexed_document(entry.owner, entry.document_id),
        **{name: getattr(entry, name) for name in _TEXTS},
        "owner": json.dumps(asdict(entry.owner)),
        "fence": entry.fence,
        "passages": entry.passages,
        "kept_until": expiry.optional_text(entry.expires_at),
        "expires_at": expiry.ttl(gone),
    }


def _from_item(item: Mapping[str, Any]) -> IndexEntry:
    return IndexEntry(
        owner=Owner(**json.loads(item["owner"])),
        fence=item["fence"],
        passages=item["passages"],
        expires_at=expiry.kept_until(item),
        **{name: item[name] for name in _TEXTS},
    )
