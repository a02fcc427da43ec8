"""Every key, index and list of the one DynamoDB table, on one page.

Adapters build their keys here and nowhere else. ``LAYOUT`` lists the kinds of items and ``INDEXES`` the
indexes; docs/architecture.md shows both. The policies in template.yaml go by some of these prefixes, and the
stream's filter by ``EVENT#``.

>>> event("0190", 3)
{'pk': 'JOB#0190', 'sk': 'EVENT#000000000003'}
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from shared.jobs.model import Activity, Kind, Owner
from shared.notifications.model import parent_of

Key = dict[str, str]

# --- Jobs: everything of a job lies under its key, and goes with it -------------------------------------

EVENTS = "EVENT#"
UNITS = "UNIT#"
REVIEWS = "REVIEW#"
IDEMPOTENCY_NOTE = "KEY"
ANNOUNCEMENT = "NOTICE"
NOTIFICATIONS = "NOTIFICATION#"
_ATTEMPTS = "#ATTEMPT#"
# Between these lie all items of a job but its record, its events, what is to notify of it, its units.
BELOW_JOB = (EVENTS, "UNIT$")
ALL_EVENTS_END = "EVENT$"
TO_NOTIFY = (ANNOUNCEMENT, "NOTIFICATION$")
ALL_UNITS = (UNITS, "UNIT$")


def job(job_id: str) -> Key:
    """Return the key of a job's record."""
    return _key(parent_of(job_id), "JOB")


def event(job_id: str, number: int) -> Key:
    """Return the key of an event, which sorts by number."""
    return _key(parent_of(job_id), f"{EVENTS}{number:012d}")


def unit(job_id: str, stage: str, index: int) -> Key:
    """Return the key of a finished unit."""
    return _key(parent_of(job_id), f"{UNITS}{stage}#{index:06d}")


def idempotency_note(job_id: str) -> Key:
    """Return the key of the note by which a job's removal finds the idempotency key that stands for it."""
    return _key(parent_of(job_id), IDEMPOTENCY_NOTE)


def review(job_id: str, path: str) -> Key:
    """Return the key of the review of a finding."""
    return _key(parent_of(job_id), f"{REVIEWS}{path}")


def announcement(job_id: str) -> Key:
    """Return the key of what says that a job has ended and its notifications are to be made."""
    return _key(parent_of(job_id), ANNOUNCEMENT)


def notification(parent: str, notification_id: str) -> Key:
    """Return the key of a notification; ``parent`` is its job's partition, or that of a webhook's tests."""
    return _key(parent, f"{NOTIFICATIONS}{notification_id}")


def attempt(parent: str, notification_id: str, number: int) -> Key:
    """Return the key of an attempt, which lies behind its notification."""
    return _key(parent, f"{NOTIFICATIONS}{notification_id}{_ATTEMPTS}{number:06d}")


def attempt_of(sort_key: str) -> tuple[str, int] | None:
    """Return the notification and number of an attempt, None for another item."""
    notification_id, separator, number = sort_key.removeprefix(NOTIFICATIONS).partition(_ATTEMPTS)
    return (notification_id, int(number)) if separator else None


def notification_of(sort_key: str) -> str:
    """Return the notification that a sort key names; empty for an announcement."""
    return "" if sort_key == ANNOUNCEMENT else sort_key.removeprefix(NOTIFICATIONS)


def idempotency(idempotency_key: str) -> Key:
    """Return the key of what a caller's idempotency key stands for."""
    return _key(f"IDEMPOTENCY#{idempotency_key}", "IDEMPOTENCY")


# --- Documents ------------------------------------------------------------------------------------------

EXTRACTIONS = "UNDERSTOOD#"


def document(document_id: str) -> Key:
    """Return the key of a document's record."""
    return _key(f"DOCUMENT#{document_id}", "DOCUMENT")


def extraction(document_id: str, job_id: str) -> Key:
    """Return the key of what one job has extracted of a document."""
    return _key(f"DOCUMENT#{document_id}", f"{EXTRACTIONS}{job_id}")


def content_partition(owner: Owner, sha256: str, recipe: str) -> str:
    """Return the partition of an owner's documents of one content: no owner finds another's."""
    scope = json.dumps([owner.key, sha256, recipe])
    return f"CONTENT#{hashlib.sha256(scope.encode()).hexdigest()}"


def content(partition: str, job_id: str, document_id: str) -> Key:
    """Return the key of one document of a content; the newest analysis sorts last."""
    return _key(partition, f"{job_id}#{document_id}")


# --- Search ---------------------------------------------------------------------------------------------

INDEXED_DOCUMENTS = "DOCUMENT#"


def indexed_document(owner: Owner, document_id: str) -> Key:
    """Return the key of the entry of a document in its owner's search index."""
    return _key(f"SHELF#{owner.key}", f"{INDEXED_DOCUMENTS}{document_id}")


def index_version(owner: Owner) -> Key:
    """Return the key of the counter of an owner's search index."""
    return _key(f"SHELF#{owner.key}", "VERSION")


# --- Webhooks, leases, the audit trail, push ------------------------------------------------------------

WEBHOOKS = "WEBHOOK#"
AUDIT_ENTRIES = "ENTRY#"
AUDIT_ENTRIES_END = "ENTRY$"


def webhook(scope: str, webhook_id: str) -> Key:
    """Return the key of a webhook; ``scope`` is whose list it stands in."""
    return _key(f"WEBHOOKS#{scope}", f"{WEBHOOKS}{webhook_id}")


def lease(name: str) -> Key:
    """Return the key of a lease."""
    return _key(f"LEASE#{name}", "LEASE")


def audit_entry(subject: str, entry_id: str) -> Key:
    """Return the key of an entry of the audit trail, which sorts by time."""
    return _key(f"AUDIT#{subject}", f"{AUDIT_ENTRIES}{entry_id}")


def watched_job(job_id: str, connection_id: str) -> Key:
    """Return the key by which a job's connections are found."""
    return _key(f"WATCHED#{job_id}", connection_id)


def connection(connection_id: str, job_id: str) -> Key:
    """Return the key by which a connection's jobs are found."""
    return _key(f"CONNECTION#{connection_id}", job_id)


def _key(partition: str, sort: str) -> Key:
    return {"pk": partition, "sk": sort}


def id_of(partition: str) -> str:
    """Return what a partition key names, for example the id of a job or document."""
    return partition.partition("#")[2]


# --- Attributes that indexes go by ----------------------------------------------------------------------


class DueList(StrEnum):
    """The lists of the index ``due``: what is to be done from a moment on."""

    JOBS = "DUE"
    EXPIRED_JOBS = "EXPIRED"
    EXPIRED_DOCUMENTS = "DOCUMENT"
    DELETED_DOCUMENTS = "DELETED"
    NOTIFICATIONS = "NOTIFICATION"
    FAILED_NOTIFICATIONS = "NOTIFICATION_FAILED"


def due_shard(due: DueList, part: int) -> str:
    """Return the partition of the index ``due`` that has a part of a list."""
    return f"{due}#{part}"


def owner_shard(owner: str, part: int) -> str:
    """Return the partition of the index ``by_owner`` that has a part of an owner's jobs."""
    return f"{owner}#{part}"


def list_shard(part: int) -> str:
    """Return the partition of the index ``by_list`` that has a part of all jobs."""
    return f"ALL#{part}"


def activity_shard(activity: Activity, kind: Kind, part: int) -> str:
    """Return the partition of the index ``by_activity`` that has a part of the jobs that wait, or work."""
    return f"{activity}#{kind}#{part}"


def subject(*, product_id: str = "", document_id: str = "") -> str:
    """Return what a job is about, as the index ``by_subject`` has it; empty for neither."""
    if product_id:
        return f"PRODUCT#{product_id}"
    return f"DOCUMENT#{document_id}" if document_id else ""


# --- The page -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemKind:
    """A kind of item: its key with placeholders, what it is, who writes and reads it, when it goes."""

    key: Key
    content: str
    written_by: str
    read_by: str
    removed: str


@dataclass(frozen=True, slots=True)
class TableIndex:
    """An index: its keys, what is in it, and who reads it."""

    name: str
    partition: str
    sort: str
    content: str
    read_by: str


_OWNER = Owner("{issuer}", "{subject}")
_WITH_JOB = "with its job"
_WITH_DOCUMENT = "with its extraction"

LAYOUT: tuple[ItemKind, ...] = (
    ItemKind(
        job("{job}"),
        "a job",
        "api (submit, control), workers, cleanup (reconciler)",
        "all functions but search",
        "cleanup: expired, or its document deleted by a person; TTL a week later",
    ),
    ItemKind(
        event("{job}", 7),
        "a change of a job",
        "the writer of the change",
        "api, the table's stream",
        _WITH_JOB,
    ),
    ItemKind(unit("{job}", "{stage}", 7), "a finished unit of work", "workers", "workers", _WITH_JOB),
    ItemKind(
        idempotency_note("{job}"), "the idempotency key that stands for the job", "api", "cleanup", _WITH_JOB
    ),
    ItemKind(review("{job}", "{path}"), "a person's verdict on a finding", "api", "api", _WITH_JOB),
    ItemKind(
        announcement("{job}"),
        "a job has ended; `due_shard` until its notifications are made",
        "the writer that ends the job",
        "notify, cleanup (reconciler), api",
        _WITH_JOB,
    ),
    ItemKind(
        notification(parent_of("{job}"), "{notification}"),
        "what is sent to one receiver about a job",
        "notify, api (again)",
        "notify, cleanup (reconciler), api",
        _WITH_JOB,
    ),
    ItemKind(
        attempt(parent_of("{job}"), "{notification}", 7), "how an attempt went", "notify", "api", _WITH_JOB
    ),
    ItemKind(
        notification(parent_of("", "{webhook}"), "{notification}"),
        "the test of a webhook, its attempts behind it",
        "api, notify",
        "notify, cleanup (reconciler), api",
        "TTL, a week after a week",
    ),
    ItemKind(
        idempotency("{key}"),
        "which job a caller's Idempotency-Key stands for",
        "api",
        "api",
        "with its job; TTL when the job expires",
    ),
    ItemKind(
        document("{document}"),
        "a document: an upload, or a product's",
        "api, analyze (a product's), cleanup (mark)",
        "api, analyze, cleanup",
        "cleanup: deleted, cleaned up, or expired an hour ago; TTL later",
    ),
    ItemKind(
        extraction("{document}", "{job}"),
        "what a job has extracted of a document",
        "analyze",
        "api, analyze, cleanup",
        "with its document; with its job; cancelled or cleaned up",
    ),
    ItemKind(
        content("CONTENT#{sha256}", "{job}", "{document}"),
        "an owner's extractions by content and recipe",
        "analyze",
        "analyze (reuse)",
        _WITH_DOCUMENT,
    ),
    ItemKind(
        indexed_document(_OWNER, "{document}"),
        "a document that can be searched",
        "analyze (index)",
        "search, api, cleanup",
        "cleanup: with its document or job; TTL a week after it expires",
    ),
    ItemKind(
        index_version(_OWNER),
        "a counter: has the owner's search index changed?",
        "analyze (index), cleanup",
        "search",
        "never",
    ),
    ItemKind(
        webhook("{scope}", "{webhook}"),
        "a webhook, in its owner's list or for one job",
        "api, notify (failures)",
        "api, notify",
        "api: deleted; one for a job by TTL",
    ),
    ItemKind(
        lease("{name}"),
        "who writes below a product, which the name gives with its Directus",
        "analyze (seeding), cleanup",
        "analyze (seeding), cleanup",
        "TTL, a year after its last use",
    ),
    ItemKind(
        audit_entry("{subject}", "{entry}"),
        "an act of an operator",
        "api",
        "api",
        "TTL, after RETENTION_DAYS",
    ),
    ItemKind(
        watched_job("{job}", "{connection}"),
        "who follows a job",
        "push",
        "push",
        "disconnected; TTL",
    ),
    ItemKind(
        connection("{connection}", "{job}"),
        "what a connection follows",
        "push",
        "push",
        "disconnected; TTL",
    ),
)

INDEXES: tuple[TableIndex, ...] = (
    TableIndex("by_owner", "owner_shard", "job_id", "an owner's jobs, in eight parts", "api (lists)"),
    TableIndex("by_list", "list_shard", "job_id", "all jobs, in eight parts", "api (operators' lists)"),
    TableIndex(
        "by_subject", "subject", "job_id", "jobs about a product or document", "api, analyze, cleanup"
    ),
    TableIndex(
        "due",
        "due_shard",
        "due_at",
        f"what is due from a moment on: {', '.join(f'`{due}`' for due in DueList)}; in eight parts each",
        "cleanup (reconciler, expiry), api (failed notifications)",
    ),
    TableIndex(
        "by_activity", "activity_shard", "since", "jobs that wait or are worked on", "api (operators' lists)"
    ),
    TableIndex("by_waiting", "waiting_owner", "job_id", "an owner's submitted jobs that wait", "api (quota)"),
)
