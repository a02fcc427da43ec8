"""The webhooks in the jobs' table, in partitions of their own: one for each owner's list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.table import DynamoTable, query
from shared.clock import from_text, to_text
from shared.jobs.model import Owner
from shared.jobs.store import VersionConflictError
from shared.notifications.model import EventType, SigningSecret, Webhook

_SERVICE = "DynamoDB"
_WEBHOOK = "WEBHOOK#"


class DynamoWebhooks(DynamoTable):
    """See WebhookStore for the contract of every method."""

    def create(self, webhook: Webhook) -> bool:
        """Write a webhook whose id is free."""
        return self._put(webhook, "attribute_not_exists(pk)")

    def get(self, scope: str, webhook_id: str) -> Webhook | None:
        """Read one, consistently."""
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=_key(scope, webhook_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None or job_items.expired(item, self._clock()) else _from_item(item)

    def of(self, scope: str) -> list[Webhook]:
        """Read one partition; ids sort by time."""
        items = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :webhook)",
            ExpressionAttributeValues={":pk": _key(scope, "")["pk"], ":webhook": {"S": _WEBHOOK}},
            ConsistentRead=True,
        )
        now = self._clock()
        return [_from_item(item) for item in items if not job_items.expired(item, now)]

    def save(self, before: Webhook, after: Webhook) -> None:
        """Write over the version that was read."""
        if not self._put(after, "version = :version", {":version": {"N": str(before.version)}}):
            raise VersionConflictError

    def delete(self, scope: str, webhook_id: str) -> None:
        """Remove one."""
        with translated(_SERVICE):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(scope, webhook_id))

    def _put(self, webhook: Webhook, condition: str, values: Mapping[str, Any] | None = None) -> bool:
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        with translated(_SERVICE):
            try:
                self._dynamodb.put_item(
                    TableName=self._table, Item=_to_item(webhook), ConditionExpression=condition, **more
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True


def _key(scope: str, webhook_id: str) -> job_items.Item:
    return {"pk": {"S": f"WEBHOOKS#{scope}"}, "sk": {"S": f"{_WEBHOOK}{webhook_id}"}}


def _to_item(webhook: Webhook) -> job_items.Item:
    secrets = [[one.text, one.until and to_text(one.until)] for one in webhook.secrets]
    item: job_items.Item = {
        **_key(webhook.scope, webhook.webhook_id),
        "owner": {"S": json.dumps(asdict(webhook.owner))},
        "url": {"S": webhook.url},
        "secrets": {"S": json.dumps(secrets)},
        "events": {"S": json.dumps(webhook.events)},
        "created_at": {"S": to_text(webhook.created_at)},
        "updated_at": {"S": to_text(webhook.updated_at)},
        "for_job": {"BOOL": webhook.for_job},
        "description": {"S": webhook.description},
        "disabled_reason": {"S": webhook.disabled_reason},
        "failures": {"N": str(webhook.failures)},
        "version": {"N": str(webhook.version)},
    }
    if webhook.disabled_at is not None:
        item["disabled_at"] = {"S": to_text(webhook.disabled_at)}
    if webhook.expires_at is not None:
        item["expires_at"] = {"N": str(int(webhook.expires_at.timestamp()))}
    return item


def _from_item(item: Mapping[str, Any]) -> Webhook:
    return Webhook(
        webhook_id=item["sk"]["S"].removeprefix(_WEBHOOK),
        owner=Owner(**json.loads(item["owner"]["S"])),
        url=item["url"]["S"],
        secrets=tuple(
            SigningSecret(text, from_text(until) if until else None)
            for text, until in json.loads(item["secrets"]["S"])
        ),
        events=tuple(map(EventType, json.loads(item["events"]["S"]))),
        created_at=from_text(item["created_at"]["S"]),
        updated_at=from_text(item["updated_at"]["S"]),
        for_job=item["for_job"]["BOOL"],
        description=item["description"]["S"],
        disabled_at=from_text(item["disabled_at"]["S"]) if "disabled_at" in item else None,
        disabled_reason=item["disabled_reason"]["S"],
        failures=int(item["failures"]["N"]),
        version=int(item["version"]["N"]),
        expires_at=datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)
        if "expires_at" in item
        else None,
    )
