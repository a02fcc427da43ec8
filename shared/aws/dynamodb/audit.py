"""The audit trail in the jobs' table, in partitions of its own: it outlives the jobs that it is about."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.table import DynamoTable, query
from shared.clock import from_text, to_text
from shared.operations.audit import AuditEntry, Outcome

_SERVICE = "DynamoDB"
_FIRST, _LAST = "ENTRY#", "ENTRY$"


class DynamoAudit(DynamoTable):
    """See AuditTrail for the contract of every method."""

    def record(self, entry: AuditEntry) -> None:
        """Write an entry."""
        with translated(_SERVICE):
            self._dynamodb.put_item(TableName=self._table, Item=_to_item(entry))

    def entries(self, subject: str, after: str = "", limit: int = 100) -> list[AuditEntry]:
        """Read one partition in the order of its entries."""
        items = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": f"AUDIT#{subject}"},
                # One character more than the entry's own key: BETWEEN takes both ends in.
                ":first": {"S": f"{_FIRST}{after}#" if after else _FIRST},
                ":last": {"S": _LAST},
            },
            ConsistentRead=True,
        )
        now = self._clock()
        kept = (_from_item(item) for item in items if not job_items.expired(item, now))
        return list(itertools.islice(kept, limit))


def _to_item(entry: AuditEntry) -> job_items.Item:
    item: job_items.Item = {
        "pk": {"S": f"AUDIT#{entry.subject}"},
        "sk": {"S": f"{_FIRST}{entry.entry_id}"},
        "action": {"S": entry.action},
        "actor": {"S": entry.actor},
        "at": {"S": to_text(entry.at)},
        "outcome": {"S": entry.outcome},
        "details": {"S": json.dumps(dict(entry.details))},
    }
    if entry.expires_at is not None:
        item["expires_at"] = {"N": str(int(entry.expires_at.timestamp()))}
    return item


def _from_item(item: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        entry_id=item["sk"]["S"].removeprefix(_FIRST),
        subject=item["pk"]["S"].removeprefix("AUDIT#"),
        action=item["action"]["S"],
        actor=item["actor"]["S"],
        at=from_text(item["at"]["S"]),
        outcome=Outcome(item["outcome"]["S"]),
        details=json.loads(item["details"]["S"]),
        expires_at=datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)
        if "expires_at" in item
        else None,
    )
