"""The job store on DynamoDB: one table, one transaction a change."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.notification_items import announcement_item
from shared.aws.dynamodb.table import TransactingTable, count, overdue, query
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
_KEY_NOTE = "KEY"
_INDEX_FILTERS = ("kind", "product_id", "document_id", "case_id")


class DynamoJobs(TransactingTable):
    """See JobStore for the contract of every method."""

    def create(self, change: Change, idempotency: Idempotency | None = None) -> Job:
        """Write a new job, or return the one that the key already stands for."""
        job = change.job
        writes = self._puts_of_new(change)
        if idempotency is not None:
            writes += [self._put_key(idempotency, job), self._put(_key_note(idempotency, job))]
        if self._write(writes):
            return job
        earlier = None if idempotency is None else self.earlier(idempotency)
        if earlier is None:
            raise TransientError("job-contended", "The same request is being accepted right now.")
        return earlier

    def earlier(self, idempotency: Idempotency) -> Job | None:
        """Return the job of a key that was used before; None where the key is free or has expired."""
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=_idempotency_key(idempotency.key), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None or job_items.expired(item, self._clock()):
            return None
        if item["fingerprint"]["S"] != idempotency.fingerprint:
            raise IdempotencyMismatchError
        return self.get(item["job_id"]["S"])

    def get(self, job_id: str) -> Job | None:
        """Return the job, read consistently."""
        item = self._item(job_id)
        return (
            None if item is None or job_items.hidden(item, self._clock()) else job_items.job_from_item(item)
        )

    def many(self, job_ids: Sequence[str]) -> list[Job]:
        """Return the jobs of a list of ids, read consistently."""
        return self._read(job_ids, ConsistentRead=True)

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        """Write job, event, unit and what follows, if the version is still the one that was read."""
        job = change.job
        put = self._put(job_items.job_to_item(job), "version = :version")
        put["Put"]["ExpressionAttributeValues"] = {":version": {"N": str(before.version)}}
        writes = [put, self._put(job_items.event_to_item(change.event, job))]
        if unit is not None:
            writes.append(self._put(job_items.unit_to_item(unit, job)))
        if is_announced(before, job):
            writes.append(self._put(announcement_item(job)))
        for new in change.follow_ups:
            writes += self._puts_of_new(new)
        if not self._write(writes):
            raise VersionConflictError

    def renew(self, job_id: str, fence: int, lease_until: datetime) -> bool:
        """Extend the lease, and with it the moment at which the reconciler looks."""
        with translated(_SERVICE):
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=job_items.job_key(job_id),
                    UpdateExpression="SET lease_until = :until, due_at = :until",
                    ConditionExpression="fence = :fence AND attribute_exists(lease_until)",
                    ExpressionAttributeValues={
                        ":until": {"S": to_text(lease_until)},
                        ":fence": {"N": str(fence)},
                    },
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def units(self, job_id: str) -> list[Unit]:
        """Return the finished units."""
        return [job_items.unit_from_item(item) for item in self._below(job_id, "UNIT#", "UNIT$")]

    def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        """Return events in order."""
        items = self._below(job_id, f"EVENT#{after + 1:012d}", "EVENT$")
        return [job_items.event_from_item(item) for item in itertools.islice(items, limit)]

    def versions(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Read nothing of the records but what tells their versions."""
        items = self._batch(
            job_ids,
            ProjectionExpression="pk, version, kept_until, #status",
            ExpressionAttributeNames={"#status": "status"},
            ConsistentRead=True,
        )
        return {job_items.job_id_of(item): int(item["version"]["N"]) for item in items}

    def list_jobs(self, query: JobQuery) -> JobPage:
        """Merge the partitions of the index, newest first, and read the jobs behind it."""
        index, prefix = ("by_list", "ALL") if query.owner is None else ("by_owner", query.owner)
        name = "list_shard" if query.owner is None else "owner_shard"
        streams = [self._newest(index, name, f"{prefix}#{part}", query) for part in shards()]
        entries = heapq.merge(*streams, key=job_items.job_id_of, reverse=True)
        jobs: list[Job] = []
        scanned, last = 0, ""
        while len(jobs) <= query.limit and scanned < query.max_scanned:
            batch = list(itertools.islice(entries, min(_page_size(query), query.max_scanned - scanned)))
            if not batch:
                break
            ids = [job_items.job_id_of(entry) for entry in batch if _may_match(entry, query)]
            jobs += [job for job in self._read(ids) if query.matches(job)]
            scanned, last = scanned + len(batch), job_items.job_id_of(batch[-1])
        page = jobs[: query.limit]
        if len(jobs) > query.limit:
            return JobPage(page, page[-1].job_id)
        return JobPage(page, last if scanned == query.max_scanned else "")

    def by_subject(self, subject: str) -> list[str]:
        """Return the ids of all jobs about a product or document."""
        pages = self._query(
            IndexName="by_subject",
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
        )
        return [job_items.job_id_of(item) for item in pages]

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return ids of overdue jobs, the longest overdue first."""
        keys = overdue(self._dynamodb, self._table, job_items.DUE_JOBS, now, limit)
        return [job_items.id_of(key) for key in keys]

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of expired jobs, the longest expired first."""
        keys = overdue(self._dynamodb, self._table, job_items.EXPIRED_JOBS, now, limit)
        return [job_items.id_of(key) for key in keys]

    def active(self, activity: Activity, kind: Kind, limit: int) -> list[str]:
        """Merge the partitions of the index, the oldest first."""
        streams = [
            self._oldest(
                IndexName="by_activity",
                KeyConditionExpression="activity_shard = :part",
                ExpressionAttributeValues={":part": {"S": job_items.activity_shard(activity, kind, part)}},
                Limit=limit,
            )
            for part in shards()
        ]
        return [job_id for _, job_id in itertools.islice(heapq.merge(*streams), limit)]

    def waiting(self, owner: str, limit: int) -> int:
        """Count by an index that only waiting jobs are in, so that no counter can drift."""
        return count(
            self._dynamodb,
            limit,
            TableName=self._table,
            IndexName="by_waiting",
            KeyConditionExpression="waiting_owner = :owner",
            ExpressionAttributeValues={":owner": {"S": owner}},
        )

    def expired(self, job_id: str) -> Job | None:
        """Return a job that has expired and is not removed yet."""
        item = self._item(job_id)
        return job_items.job_from_item(item) if item and job_items.hidden(item, self._clock()) else None

    def remove(self, job_id: str) -> None:
        """Remove everything under the job's key, the record last."""
        record = job_items.job_key(job_id)
        items = (item for item in self._below(job_id, "EVENT#", "UNIT$") if item["sk"] != record["sk"])
        keys = (self._freed(item) for item in items)
        while batch := [{"DeleteRequest": {"Key": key}} for key in itertools.islice(keys, _WRITE_BATCH)]:
            left: Any = {self._table: batch}
            while left:
                with translated(_SERVICE):
                    left = self._dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
        with translated(_SERVICE):
            self._dynamodb.delete_item(TableName=self._table, Key=record)

    def _freed(self, item: Any) -> job_items.Item:
        """Return the primary key of an item; what a note of an idempotency key names goes before the note."""
        if item["sk"]["S"] == _KEY_NOTE:
            with translated(_SERVICE), suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                self._dynamodb.delete_item(
                    TableName=self._table,
                    Key=_idempotency_key(item["key"]["S"]),
                    ConditionExpression="job_id = :job",
                    ExpressionAttributeValues={":job": {"S": job_items.job_id_of(item)}},
                )
        return {"pk": item["pk"], "sk": item["sk"]}

    def _item(self, job_id: str) -> Any:
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=job_items.job_key(job_id), ConsistentRead=True
            )
        return answer.get("Item")

    def _oldest(self, **arguments: Any) -> Iterator[tuple[str, str]]:
        """Yield since when, and which job, of one partition of an index, in the index's order."""
        return ((item["since"]["S"], job_items.job_id_of(item)) for item in self._query(**arguments))

    def _newest(self, index: str, name: str, value: str, query: JobQuery) -> Iterator[Any]:
        """Yield the entries of one partition, newest first."""
        values: dict[str, Any] = {":part": {"S": value}}
        condition = f"{name} = :part"
        if query.before:
            condition += " AND job_id < :before"
            values[":before"] = {"S": query.before}
        return self._query(
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=_page_size(query),
        )

    def _read(self, job_ids: Sequence[str], **how: Any) -> list[Job]:
        """Return the jobs of a list of ids, in its order; vanished and expired ones are left out."""
        found = {
            job_items.job_id_of(item): job_items.job_from_item(item) for item in self._batch(job_ids, **how)
        }
        return [found[job_id] for job_id in job_ids if job_id in found]

    def _batch(self, job_ids: Sequence[str], **how: Any) -> Iterator[Any]:
        """Yield the records of many jobs in no order; vanished and expired ones are left out."""
        for start in range(0, len(job_ids), _BATCH):
            keys: Any = [job_items.job_key(job_id) for job_id in job_ids[start : start + _BATCH]]
            while keys:
                wanted: Any = {self._table: {"Keys": keys, **how}}
                with translated(_SERVICE):
                    answer = self._dynamodb.batch_get_item(RequestItems=wanted)
                for item in answer["Responses"].get(self._table, []):
                    if not job_items.hidden(item, self._clock()):
                        yield item
                left = answer["UnprocessedKeys"].get(self._table)
                keys = left["Keys"] if left else []

    def _below(self, job_id: str, first: str, last: str) -> Iterator[Any]:
        """Yield the items of a job whose sort keys lie between two texts."""
        return self._query(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": f"JOB#{job_id}"},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ConsistentRead=True,
        )

    def _query(self, **arguments: Any) -> Iterator[Any]:
        return query(self._dynamodb, TableName=self._table, **arguments)

    def _put_key(self, idempotency: Idempotency, job: Job) -> dict[str, Any]:
        """Claim an idempotency key that is free, or whose time is over."""
        put = self._put(_idempotency_item(idempotency, job), "attribute_not_exists(pk) OR expires_at <= :now")
        now = str(int(self._clock().timestamp()))
        put["Put"]["ExpressionAttributeValues"] = {":now": {"N": now}}
        return put

    def _puts_of_new(self, change: Change) -> list[dict[str, Any]]:
        """Return the writes of a job that is not there yet."""
        return [
            self._put(job_items.job_to_item(change.job), "attribute_not_exists(pk)"),
            self._put(job_items.event_to_item(change.event, change.job)),
        ]

    def _put(self, item: job_items.Item, condition: str = "") -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        return {"Put": {**put, "ConditionExpression": condition} if condition else put}


def _page_size(query: JobQuery) -> int:
    """Return how many entries to read at once: where many will not match, as many as a batch can look up."""
    filtered = query.status is not None or any(getattr(query, name) for name in _INDEX_FILTERS)
    return _BATCH if filtered else query.limit + 1


def _may_match(entry: Any, query: JobQuery) -> bool:
    """Filter by what the index carries: an expression would do it unseen, and read on without a bound."""
    wanted = {name: str(value) for name in _INDEX_FILTERS if (value := getattr(query, name))}
    return all(entry.get(name, {}).get("S") == value for name, value in wanted.items())


def _idempotency_key(key: str) -> job_items.Item:
    return {"pk": {"S": f"IDEMPOTENCY#{key}"}, "sk": {"S": "IDEMPOTENCY"}}


def _key_note(idempotency: Idempotency, job: Job) -> job_items.Item:
    """Return the item by which the removal of a job finds the key that stands for it."""
    ttl = job_items.ttl_of(job_items.outlived(job))
    return {"pk": {"S": f"JOB#{job.job_id}"}, "sk": {"S": _KEY_NOTE}, "key": {"S": idempotency.key}, **ttl}


def _idempotency_item(idempotency: Idempotency, job: Job) -> job_items.Item:
    item = {
        **_idempotency_key(idempotency.key),
        "job_id": {"S": job.job_id},
        "fingerprint": {"S": idempotency.fingerprint},
    }
    if job.expires_at is not None:
        item["expires_at"] = {"N": str(int(job.expires_at.timestamp()))}
    return item
