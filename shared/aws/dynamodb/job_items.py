"""Records to DynamoDB items and back.

Keys, counters and times are attributes of their own; nested values (parameters, result, error) are
JSON text, which keeps numbers exact without Decimal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.clock import from_text, to_text
from shared.ids import shard
from shared.jobs import states
from shared.jobs.model import Activity, Artifact, Event, Job, Kind, Owner, Status, Unit
from shared.jobs.store import subject_of

Item = dict[str, dict[str, Any]]


class Lasting(Protocol):
    """What is kept for a time: a job, a document."""

    @property
    def created_at(self) -> datetime:
        """Return since when."""
        ...

    @property
    def expires_at(self) -> datetime | None:
        """Return until when, None for good."""
        ...


_TEXT = (
    "current_stage",
    "message",
    "retry_of",
    "worker_id",
    "asked",
)
_NUMBERS = (
    "percent_complete",
    "current",
    "total",
    "attempt",
    "max_attempts",
    "stalled",
    "nudges",
    "fence",
    "version",
    "units_done",
    "units_at_take",
)
_FLAGS = ("pause_requested", "cancel_requested")
_TIMES = (
    "created_at",
    "updated_at",
    "not_before",
    "busy_since",
    "lease_until",
    "started_at",
    "completed_at",
    "since",
)
# How long DynamoDB leaves what has expired to the reconciler, which removes the files first.
NET = timedelta(days=7)


def job_key(job_id: str) -> Item:
    """Return the primary key of a job's record."""
    return {"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": "JOB"}}


DUE_JOBS = "DUE"
EXPIRED_JOBS = "EXPIRED"
EXPIRED_DOCUMENTS = "DOCUMENT"
DELETED_DOCUMENTS = "DELETED"


def due_shard(what: str, part: int) -> str:
    """Return the key under which the index ``due`` has one of the lists above."""
    return f"{what}#{part}"


def job_id_of(item: Mapping[str, Any]) -> str:
    """Return the job that an item belongs to; every index carries the primary key."""
    return id_of(item["pk"]["S"])


def id_of(partition_key: str) -> str:
    """Return what a partition key names: the id of a job or a document."""
    return partition_key.partition("#")[2]


def job_to_item(job: Job) -> Item:
    """Return the item of a job, with the keys of the indexes that list and find it."""
    part = shard(job.job_id)
    item: Item = {
        **job_key(job.job_id),
        "job_id": {"S": job.job_id},
        "kind": {"S": job.kind},
        "status": {"S": job.status},
        "owner_shard": {"S": f"{job.owner.key}#{part}"},
        "list_shard": {"S": f"ALL#{part}"},
        "owner": json_text(asdict(job.owner)),
        "params": json_text(job.params),
        "metadata": json_text(job.metadata),
        "artifacts": json_text({name: asdict(artifact) for name, artifact in job.artifacts.items()}),
    }
    item |= {name: {"S": getattr(job, name)} for name in _TEXT if getattr(job, name)}
    item |= {name: {"N": str(getattr(job, name))} for name in _NUMBERS}
    item |= {name: {"BOOL": getattr(job, name)} for name in _FLAGS}
    item |= {name: {"S": to_text(moment)} for name in _TIMES if (moment := getattr(job, name)) is not None}
    item |= {
        name: json_text(value) for name in ("result", "error") if (value := getattr(job, name)) is not None
    }
    item |= {
        name: {"S": value}
        for name in ("product_id", "document_id", "case_id")
        if (value := getattr(job, name))
    }
    if subject := subject_of(product_id=job.product_id, document_id=job.document_id):
        item["subject"] = {"S": subject}
    if (due := states.due_at(job)) is not None:
        item |= due_keys(EXPIRED_JOBS if job.status.terminal else DUE_JOBS, job.job_id, due)
    if (activity := job.activity) is not None:
        item["activity_shard"] = {"S": activity_shard(activity, job.kind, part)}
        item["since"] = {"S": to_text(job.since or job.created_at)}
    if activity is Activity.WAITING and not job.follows:
        item["waiting_owner"] = {"S": job.owner.key}
    # What has not ended is nothing for DynamoDB to remove.
    ttl = job.expires_at + NET if job.expires_at and job.status.terminal else None
    return item | kept_until(job.expires_at) | ttl_of(ttl)


def activity_shard(activity: Activity, kind: Kind, part: int) -> str:
    """Return the key under which an index has the jobs of a kind that wait, or are worked on."""
    return f"{activity}#{kind}#{part}"


def job_from_item(item: Mapping[str, Any]) -> Job:
    """Read what ``job_to_item`` wrote."""
    fields: dict[str, Any] = {name: item[name]["S"] for name in _TEXT if name in item}
    fields |= {name: int(item[name]["N"]) for name in _NUMBERS}
    fields |= {name: item[name]["BOOL"] for name in _FLAGS}
    fields |= {name: from_text(item[name]["S"]) for name in _TIMES if name in item}
    fields |= {name: json.loads(item[name]["S"]) for name in ("result", "error") if name in item}
    return Job(
        job_id=item["job_id"]["S"],
        kind=Kind(item["kind"]["S"]),
        status=Status(item["status"]["S"]),
        owner=Owner(**json.loads(item["owner"]["S"])),
        params=json.loads(item["params"]["S"]),
        metadata=json.loads(item["metadata"]["S"]),
        artifacts={name: Artifact(**a) for name, a in json.loads(item["artifacts"]["S"]).items()},
        expires_at=expires_at_of(item),
        **fields,
    )


def event_to_item(event: Event, job: Job) -> Item:
    """Return the item of an event of a job; its sort key orders a job's events."""
    item: Item = {
        "pk": {"S": f"JOB#{event.job_id}"},
        "sk": {"S": f"EVENT#{event.number:012d}"},
        "number": {"N": str(event.number)},
        "type": {"S": event.type},
        "at": {"S": to_text(event.at)},
        "status": {"S": event.status},
        "progress": {"N": str(event.progress)},
        "current": {"N": str(event.current)},
        "total": {"N": str(event.total)},
    }
    item |= {name: {"S": text} for name in ("stage", "message", "actor") if (text := getattr(event, name))}
    return item | ttl_of(outlived(job))


def event_from_item(item: Mapping[str, Any]) -> Event:
    """Read what ``event_to_item`` wrote."""
    fields: dict[str, Any] = {n: int(item[n]["N"]) for n in ("number", "progress", "current", "total")}
    fields |= {n: item.get(n, {"S": ""})["S"] for n in ("stage", "message", "actor", "type")}
    return Event(
        job_id=job_id_of(item),
        at=from_text(item["at"]["S"]),
        status=Status(item["status"]["S"]),
        **fields,
    )


def unit_to_item(unit: Unit, job: Job) -> Item:
    """Return the item of a finished unit of a job."""
    return {
        "pk": {"S": f"JOB#{job.job_id}"},
        "sk": {"S": f"UNIT#{unit.stage}#{unit.index:06d}"},
        "stage": {"S": unit.stage},
        "index": {"N": str(unit.index)},
        "key": {"S": unit.key},
        "fence": {"N": str(unit.fence)},
        "revision": {"N": str(unit.revision)},
        **ttl_of(outlived(job)),
    }


def unit_from_item(item: Mapping[str, Any]) -> Unit:
    """Read what ``unit_to_item`` wrote."""
    return Unit(
        item["stage"]["S"],
        int(item["index"]["N"]),
        item["key"]["S"],
        int(item["fence"]["N"]),
        int(item.get("revision", {"N": "1"})["N"]),
    )


def expired(item: Mapping[str, Any], now: datetime) -> bool:
    """Say whether the time of an item is over that only DynamoDB removes, which it does days later."""
    return "expires_at" in item and int(item["expires_at"]["N"]) <= now.timestamp()


def hidden(item: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a job or document is not shown any more; a job that has not ended always is."""
    until = expires_at_of(item)
    ended = "status" not in item or Status(item["status"]["S"]).terminal
    return ended and until is not None and until <= now


def json_text(value: Any) -> dict[str, Any]:
    """Return a nested value as the text that the table holds."""
    return {"S": json.dumps(value, ensure_ascii=False, separators=(",", ":"))}


def due_keys(what: str, identifier: str, moment: datetime) -> Item:
    """Return the keys under which a list of the index ``due`` has something from a moment on."""
    return {"due_shard": {"S": due_shard(what, shard(identifier))}, "due_at": {"S": to_text(moment)}}


def kept_until(moment: datetime | None) -> Item:
    """Return the attribute that says until when something is shown."""
    return {} if moment is None else {"kept_until": {"S": to_text(moment)}}


def expires_at_of(item: Mapping[str, Any]) -> datetime | None:
    """Read what ``kept_until`` wrote."""
    return from_text(item["kept_until"]["S"]) if "kept_until" in item else None


def ttl_of(moment: datetime | None) -> Item:
    """Return what DynamoDB itself goes by: a net, for the case that no reconciler has removed the item."""
    return {} if moment is None else {"expires_at": {"N": str(int(moment.timestamp()))}}


def outlived(owner: Lasting) -> datetime | None:
    """Return when nothing that a job or a document was good for can be left, however late a job ended."""
    if owner.expires_at is None:
        return None
    return owner.expires_at + (owner.expires_at - owner.created_at) + NET
