"""The audit trail in the jobs' table, in partitions of its own: it outlives the jobs that it is about."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.table import DynamoTable
from shared.aws.dynamodb.values import Item
from shared.clock import from_text, to_text
from shared.operations.audit import AuditEntry, AuditOutcome


class DynamoAudit(DynamoTable):
    """See AuditTrail for the contract of every method."""

    def record(self, entry: AuditEntry) -> None:
        """Write an entry."""
        self._put(_to_item(entry))

    def entries(self, subject: str, after: str = "", limit: int = 100) -> list[AuditEntry]:
        """Read one partition in the order of its entries."""
        key = keys.audit_entry(subject, after)
        # One character more than the entry's own key: BETWEEN takes both ends in.
        first = f"{key['sk']}#" if after else key["sk"]
        items = self._between(key["pk"], first, keys.AUDIT_ENTRIES_END)
        now = self._clock()
        kept = (_from_item(item) for item in items if not expiry.expired(item, now))
        return list(itertools.islice(kept, limit))


def _to_item(entry: AuditEntry) -> Item:
    return {
        **keys.audit_entry(entry.subject, entry.entry_id),
        "action": entry.action,
        "actor": entry.actor,
        "at": to_text(entry.at),
        "outcome": entry.outcome,
        "details": json.dumps(dict(entry.details)),
        "expires_at": expiry.ttl(entry.expires_at),
    }


def _from_item(item: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        entry_id=keys.id_of(item["sk"]),
        subject=keys.id_of(item["pk"]),
        action=item["action"],
        actor=item["actor"],
        at=from_text(item["at"]),
        outcome=AuditOutcome(item["outcome"]),
        details=json.loads(item["details"]),
        expires_at=expiry.ttl_of(item),
    )
