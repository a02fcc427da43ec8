"""Records of jobs to items and back.

Counters and times are attributes of their own; nested values (parameters, result, error) are JSON text, which
keeps numbers exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.aws.dynamodb import expiry, formats, keys
from shared.aws.dynamodb.values import Item, from_attributes
from shared.clock import from_text, to_text
from shared.ids import shard
from shared.jobs import states
from shared.jobs.model import Activity, Artifact, Event, Job, Kind, Owner, Status, Unit

_TEXT = ("current_stage", "phase", "counted", "message", "retry_of", "worker_id", "last_request")
_NUMBERS = (
    "percent_complete",
    "current",
    "total",
    "attempt",
    "max_attempts",
    "stalled",
    "resend_count",
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
    "state_since",
)
_SUBJECTS = ("product_id", "document_id", "case_id")
_NESTED = ("result", "error")


def job_to_item(job: Job) -> Item:
    """Return the item of a job, with the keys of the indexes that list and find it."""
    part = shard(job.job_id)
    item: Item = {
        **keys.job(job.job_id),
        "format": formats.FORMAT,
        "job_id": job.job_id,
        "kind": job.kind,
        "status": job.status,
        "owner_shard": keys.owner_shard(job.owner.key, part),
        "list_shard": keys.list_shard(part),
        "subject": keys.subject(product_id=job.product_id, document_id=job.document_id) or None,
        "owner": json_text(asdict(job.owner)),
        "params": json_text(job.params),
        "metadata": json_text(job.metadata),
        "artifacts": json_text({name: asdict(artifact) for name, artifact in job.artifacts.items()}),
        **{name: getattr(job, name) or None for name in (*_TEXT, *_SUBJECTS)},
        **{name: getattr(job, name) for name in (*_NUMBERS, *_FLAGS)},
        **{name: expiry.optional_text(getattr(job, name)) for name in _TIMES},
        "kept_until": expiry.optional_text(job.expires_at),
    }
    item |= {name: json_text(value) for name in _NESTED if (value := getattr(job, name)) is not None}
    if (due := states.due_at(job)) is not None:
        overdue = keys.DueList.EXPIRED_JOBS if job.status.terminal else keys.DueList.JOBS
        item |= expiry.due_keys(overdue, job.job_id, due)
    if (activity := job.activity) is not None:
        item["activity_shard"] = keys.activity_shard(activity, job.kind, part)
        item["since"] = to_text(job.state_since or job.created_at)
    if activity is Activity.WAITING and not job.is_follow_up:
        item["waiting_owner"] = job.owner.key
    if job.expires_at and job.status.terminal:
        # What has not ended is nothing for DynamoDB to remove.
        item["expires_at"] = expiry.ttl(job.expires_at + expiry.NET)
    return item


def job_from_item(item: Mapping[str, Any]) -> Job:
    """Read what ``job_to_item`` wrote, in this release or an earlier one; raises NewerFormatError."""
    item = formats.current(item, formats.JOB_NAMES)
    fields: dict[str, Any] = {name: item[name] for name in _TEXT if name in item}
    fields |= {name: item[name] for name in (*_NUMBERS, *_FLAGS)}
    fields |= {name: from_text(item[name]) for name in _TIMES if name in item}
    fields |= {name: json.loads(item[name]) for name in _NESTED if name in item}
    return Job(
        job_id=item["job_id"],
        kind=Kind(item["kind"]),
        status=Status(item["status"]),
        owner=Owner(**json.loads(item["owner"])),
        params=json.loads(item["params"]),
        metadata=json.loads(item["metadata"]),
        artifacts={name: Artifact(**artifact) for name, artifact in json.loads(item["artifacts"]).items()},
        expires_at=expiry.kept_until(item),
        **fields,
    )


def event_to_item(event: Event, job: Job) -> Item:
    """Return the item of an event of a job; its sort key orders a job's events."""
    return {
        **keys.event(event.job_id, event.number),
        "number": event.number,
        "type": event.type,
        "at": to_text(event.at),
        "status": event.status,
        "progress": event.progress,
        "current": event.current,
        "total": event.total,
        "stage": event.stage or None,
        "phase": event.phase or None,
        "message": event.message or None,
        "actor": event.actor or None,
        "expires_at": expiry.outlived(job),
    }


def event_from_item(item: Mapping[str, Any]) -> Event:
    """Read what ``event_to_item`` wrote."""
    return Event(
        number=item["number"],
        job_id=keys.id_of(item["pk"]),
        type=item.get("type", ""),
        at=from_text(item["at"]),
        status=Status(item["status"]),
        stage=item.get("stage", ""),
        progress=item["progress"],
        message=item.get("message", ""),
        current=item["current"],
        total=item["total"],
        phase=item.get("phase", ""),
        actor=item.get("actor", ""),
    )


def event_from_image(image: Mapping[str, Any]) -> Event:
    """Read an event as the table's stream has it."""
    return event_from_item(from_attributes(image))


def unit_to_item(unit: Unit, job: Job) -> Item:
    """Return the item of a finished unit of a job."""
    return {
        **keys.unit(job.job_id, unit.stage, unit.index),
        **asdict(unit),
        "expires_at": expiry.outlived(job),
    }


def unit_from_item(item: Mapping[str, Any]) -> Unit:
    """Read what ``unit_to_item`` wrote."""
    return Unit(item["stage"], item["index"], item["key"], item["fence"], item.get("revision", 1))


def json_text(value: Any) -> str:
    """Return a nested value as the text that the table holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
