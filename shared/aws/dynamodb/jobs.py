"""The job store on DynamoDB: one table, one transaction a change."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import expiry, job_items, keys
from shared.aws.dynamodb.notification_items import announcement_item
from shared.aws.dynamodb.table import DynamoTable, put
from shared.aws.dynamodb.values import Item, from_attributes, to_attributes
from shared.clock import to_text
from shared.errors import TransientError
from shared.ids import shards
from shared.jobs.model import Activity, Change, Event, Job, Kind, Unit
from shared.jobs.store import (
    Idempotency,
    IdempotencyMismatchError,
    JobPage,
    JobQuery,
    VersionConflictError,
    is_announced,
)

_SERVICE = "DynamoDB"
_BATCH = 100
_WRITE_BATCH = 25
_INDEX_FILTERS = ("kind", "product_id", "document_id", "case_id")


class DynamoJobs(DynamoTable):
    """See JobStore for the contract of every method."""

    def create(self, change: Change, idempotency: Idempotency | None = None) -> Job:
        """Write a new job, or return the one that the key already stands for."""
        job = change.job
        writes = _puts_of_new(change)
        if idempotency is not None:
            writes += [self._put_key(idempotency, job), put(_key_note(idempotency, job))]
        if self._written(*writes):
            return job
        earlier = None if idempotency is None else self.earlier(idempotency)
        if earlier is None:
            raise TransientError("job-contended", "The same request is being accepted right now.")
        return earlier

    def earlier(self, idempotency: Idempotency) -> Job | None:
        """Return the job of a key that was used before; None where the key is free or has expired."""
        item = self._get(keys.idempotency(idempotency.key))
        if item is None or expiry.expired(item, self._clock()):
            return None
        if item["fingerprint"] != idempotency.fingerprint:
            raise IdempotencyMismatchError
        return self.get(item["job_id"])

    def get(self, job_id: str) -> Job | None:
        """Return the job, read consistently."""
        item = self._get(keys.job(job_id))
        return None if item is None or expiry.hidden(item, self._clock()) else job_items.job_from_item(item)

    def many(self, job_ids: Sequence[str]) -> list[Job]:
        """Return the jobs of a list of ids, read consistently."""
        return self._read(job_ids, ConsistentRead=True)

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        """Write job, event, unit and what follows, if the version is still the one that was read."""
        job = change.job
        writes = [
            put(job_items.job_to_item(job), "version = :version", version=before.version),
            put(job_items.event_to_item(change.event, job)),
        ]
        if unit is not None:
            writes.append(put(job_items.unit_to_item(unit, job)))
        if is_announced(before, job):
            writes.append(put(announcement_item(job)))
        for new in change.follow_ups:
            writes += _puts_of_new(new)
        if not self._written(*writes):
            raise VersionConflictError

    def renew(self, job_id: str, fence: int, lease_until: datetime) -> bool:
        """Extend the lease, and with it the moment at which the reconciler looks."""
        item = self._update(
            keys.job(job_id),
            "SET lease_until = :until, due_at = :until",
            "fence = :fence AND attribute_exists(lease_until)",
            until=to_text(lease_until),
            fence=fence,
        )
        return item is not None

    def units(self, job_id: str) -> list[Unit]:
        """Return the finished units."""
        items = self._between(keys.job(job_id)["pk"], *keys.ALL_UNITS)
        return [job_items.unit_from_item(item) for item in items]

    def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        """Return events in order."""
        first = keys.event(job_id, after + 1)
        items = self._between(first["pk"], first["sk"], keys.ALL_EVENTS_END)
        return [job_items.event_from_item(item) for item in itertools.islice(items, limit)]

    def versions(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Read of the records no more than their versions."""
        items = self._batch(
            job_ids,
            ProjectionExpression="pk, version, kept_until, #status",
            ExpressionAttributeNames={"#status": "status"},
            ConsistentRead=True,
        )
        return {keys.id_of(item["pk"]): item["version"] for item in items}

    def list_jobs(self, query: JobQuery) -> JobPage:
        """Merge the partitions of the index, newest first, and read the jobs behind it."""
        streams = [self._newest(part, query) for part in shards()]
        entries = heapq.merge(*streams, key=_job_id, reverse=True)
        jobs: list[Job] = []
        scanned, last = 0, ""
        while len(jobs) <= query.limit and scanned < query.max_scanned:
            batch = list(itertools.islice(entries, min(_page_size(query), query.max_scanned - scanned)))
            if not batch:
                break
            ids = [_job_id(entry) for entry in batch if _may_match(entry, query)]
            jobs += [job for job in self._read(ids) if query.matches(job)]
            scanned, last = scanned + len(batch), _job_id(batch[-1])
        page = jobs[: query.limit]
        if len(jobs) > query.limit:
            return JobPage(page, page[-1].job_id)
        return JobPage(page, last if scanned == query.max_scanned else "")

    def by_subject(self, *, product_id: str = "", document_id: str = "") -> list[str]:
        """Return the ids of all jobs about a product or document."""
        subject = keys.subject(product_id=product_id, document_id=document_id)
        items = self._query("subject = :subject", index="by_subject", subject=subject)
        return [_job_id(item) for item in items]

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return ids of overdue jobs, the longest overdue first."""
        return self._overdue_ids(keys.DueList.JOBS, now, limit)

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of expired jobs, the longest expired first."""
        return self._overdue_ids(keys.DueList.EXPIRED_JOBS, now, limit)

    def active(self, activity: Activity, kind: Kind, limit: int) -> list[str]:
        """Merge the partitions of the index, the oldest first."""
        streams = (
            self._query(
                "activity_shard = :shard",
                index="by_activity",
                page=limit,
                shard=keys.activity_shard(activity, kind, part),
            )
            for part in shards()
        )
        ordered = heapq.merge(*streams, key=lambda item: (item["since"], _job_id(item)))
        return [_job_id(item) for item in itertools.islice(ordered, limit)]

    def waiting(self, owner: str, limit: int) -> int:
        """Count by an index that only waiting jobs are in, so that no counter can drift."""
        return self._count(limit, "waiting_owner = :owner", index="by_waiting", owner=owner)

    def expired(self, job_id: str) -> Job | None:
        """Return a job that has expired and is not removed yet."""
        item = self._get(keys.job(job_id))
        return job_items.job_from_item(item) if item and expiry.hidden(item, self._clock()) else None

    def remove(self, job_id: str) -> None:
        """Remove everything under the job's key, the record last."""
        record = keys.job(job_id)
        items = self._between(record["pk"], *keys.BELOW_JOB)
        below = (self._freed(item) for item in items if item["sk"] != record["sk"])
        while batch := list(itertools.islice(below, _WRITE_BATCH)):
            left: Any = {self._table: [{"DeleteRequest": {"Key": to_attributes(key)}} for key in batch]}
            while left:
                with translated(_SERVICE):
                    left = self._dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
        self._delete(record)

    def _freed(self, item: Item) -> keys.Key:
        """Return the primary key of an item; what a note of an idempotency key names goes before the note."""
        if item["sk"] == keys.IDEMPOTENCY_NOTE:
            self._delete(keys.idempotency(item["key"]), "job_id = :job", job=_job_id(item))
        return {"pk": item["pk"], "sk": item["sk"]}

    def _newest(self, part: int, query: JobQuery) -> Iterator[Item]:
        """Yield the entries of one partition of the lists, newest first."""
        if query.owner is None:
            index, condition, shard = "by_list", "list_shard = :shard", keys.list_shard(part)
        else:
            index, condition, shard = (
                "by_owner",
                "owner_shard = :shard",
                keys.owner_shard(query.owner, part),
            )
        if query.before:
            condition += " AND job_id < :before"
        return self._query(
            condition,
            index=index,
            newest_first=True,
            page=_page_size(query),
            shard=shard,
            before=query.before or None,
        )

    def _read(self, job_ids: Sequence[str], **how: Any) -> list[Job]:
        """Return the jobs of a list of ids, in its order; vanished and expired ones are left out."""
        jobs = {_job_id(item): job_items.job_from_item(item) for item in self._batch(job_ids, **how)}
        return [jobs[job_id] for job_id in job_ids if job_id in jobs]

    def _batch(self, job_ids: Sequence[str], **how: Any) -> Iterator[Item]:
        """Yield the records of many jobs in no order; vanished and expired ones are left out."""
        for start in range(0, len(job_ids), _BATCH):
            left: Any = [to_attributes(keys.job(job_id)) for job_id in job_ids[start : start + _BATCH]]
            while left:
                request: Any = {self._table: {"Keys": left, **how}}
                with translated(_SERVICE):
                    answer = self._dynamodb.batch_get_item(RequestItems=request)
                for item in map(from_attributes, answer["Responses"].get(self._table, [])):
                    if not expiry.hidden(item, self._clock()):
                        yield item
                unprocessed: Any = answer["UnprocessedKeys"]
                left = unprocessed.get(self._table, {}).get("Keys")

    def _put_key(self, idempotency: Idempotency, job: Job) -> dict[str, Any]:
        """Claim an idempotency key that is free, or whose time is over."""
        item = {
            **keys.idempotency(idempotency.key),
            "job_id": job.job_id,
            "fingerprint": idempotency.fingerprint,
            "expires_at": expiry.ttl(job.expires_at),
        }
        free = "attribute_not_exists(pk) OR expires_at <= :now"
        return put(item, free, now=expiry.ttl(self._clock()))


def _puts_of_new(change: Change) -> list[dict[str, Any]]:
    """Return the writes of a job that is not there yet."""
    return [
        put(job_items.job_to_item(change.job), "attribute_not_exists(pk)"),
        put(job_items.event_to_item(change.event, change.job)),
    ]


def _key_note(idempotency: Idempotency, job: Job) -> Item:
    """Return the item by which the removal of a job finds the key that stands for it."""
    return {
        **keys.idempotency_note(job.job_id),
        "key": idempotency.key,
        "expires_at": expiry.outlived(job),
    }


def _job_id(item: Item) -> str:
    """Return the job that an item belongs to; every index carries the primary key."""
    return keys.id_of(item["pk"])


def _page_size(query: JobQuery) -> int:
    """Return how many entries to read at once: where many will not match, as many as a batch can look up."""
    filtered = query.status is not None or any(getattr(query, name) for name in _INDEX_FILTERS)
    return _BATCH if filtered else query.limit + 1


def _may_match(entry: Item, query: JobQuery) -> bool:
    """Filter by what the index carries: an expression would do it unseen, and read on without a bound."""
    return all(entry.get(name) == value for name in _INDEX_FILTERS if (value := getattr(query, name)))
