"""The webhooks in the jobs' table, in partitions of their own: one for each owner's list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.table import DynamoTable
from shared.aws.dynamodb.values import Item
from shared.clock import from_text, to_text
from shared.jobs.model import Owner
from shared.jobs.store import VersionConflictError
from shared.notifications.model import EventType, SigningSecret, Webhook


class DynamoWebhooks(DynamoTable):
    """See WebhookStore for the contract of every method."""

    def create(self, webhook: Webhook) -> bool:
        """Write a webhook whose id is free."""
        return self._put(_to_item(webhook), "attribute_not_exists(pk)")

    def get(self, scope: str, webhook_id: str) -> Webhook | None:
        """Read one, consistently."""
        item = self._get(keys.webhook(scope, webhook_id))
        return None if item is None or expiry.expired(item, self._clock()) else _from_item(item)

    def of(self, scope: str) -> list[Webhook]:
        """Read one partition; ids sort by time."""
        now = self._clock()
        items = self._beginning(keys.webhook(scope, ""), keys.WEBHOOKS)
        return [_from_item(item) for item in items if not expiry.expired(item, now)]

    def save(self, before: Webhook, after: Webhook) -> None:
        """Write over the version that was read."""
        if not self._put(_to_item(after), "version = :version", version=before.version):
            raise VersionConflictError

    def delete(self, scope: str, webhook_id: str) -> None:
        """Remove one."""
        self._delete(keys.webhook(scope, webhook_id))


def _to_item(webhook: Webhook) -> Item:
    secrets = [[secret.text, secret.until and to_text(secret.until)] for secret in webhook.secrets]
    return {
        **keys.webhook(webhook.scope, webhook.webhook_id),
        "owner": json.dumps(asdict(webhook.owner)),
        "url": webhook.url,
        "secrets": json.dumps(secrets),
        "events": json.dumps(webhook.events),
        "created_at": to_text(webhook.created_at),
        "updated_at": to_text(webhook.updated_at),
        "for_job": webhook.for_job,
        "description": webhook.description,
        "disabled_reason": webhook.disabled_reason,
        "failures": webhook.failures,
        "version": webhook.version,
        "disabled_at": expiry.optional_text(webhook.disabled_at),
        "expires_at": expiry.ttl(webhook.expires_at),
    }


def _from_item(item: Mapping[str, Any]) -> Webhook:
    return Webhook(
        webhook_id=keys.id_of(item["sk"]),
        owner=Owner(**json.loads(item["owner"])),
        url=item["url"],
        secrets=tuple(
            SigningSecret(text, from_text(until) if until else None)
            for text, until in json.loads(item["secrets"])
        ),
        events=tuple(map(EventType, json.loads(item["events"]))),
        created_at=from_text(item["created_at"]),
        updated_at=from_text(item["updated_at"]),
        for_job=item["for_job"],
        description=item["description"],
        disabled_at=expiry.optional_time(item, "disabled_at"),
        disabled_reason=item["disabled_reason"],
        failures=item["failures"],
        version=item["version"],
        expires_at=expiry.ttl_of(item),
    )
