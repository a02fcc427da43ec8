"""Reviews in the jobs' table, under the key of their job: they are removed with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.table import DynamoTable, query
from shared.clock import from_text, to_text
from shared.findings.reviews import Mirrored, Review, Verdict

_SERVICE = "DynamoDB"
# Between EVENT# and UNIT$: the removal of a job takes everything there along.
_REVIEW = "REVIEW#"


class DynamoReviews(DynamoTable):
    """See ReviewStore for the contract of every method."""

    def put(self, review: Review, expires_at: datetime | None = None) -> None:
        """Write a review."""
        item: job_items.Item = {
            **_key(review.job_id, review.path),
            "verdict": {"S": review.verdict},
            "reviewer": {"S": review.reviewer},
            "at": {"S": to_text(review.at)},
            "note": {"S": review.note},
            "mirrored": {"S": review.mirrored},
            **job_items.ttl_of(expires_at),
        }
        with translated(_SERVICE):
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def remove(self, job_id: str, path: str) -> None:
        """Remove one."""
        with translated(_SERVICE):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(job_id, path))

    def of_job(self, job_id: str) -> list[Review]:
        """Read those of one job; keys sort by path."""
        items = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :review)",
            ExpressionAttributeValues={":pk": job_items.job_key(job_id)["pk"], ":review": {"S": _REVIEW}},
            ConsistentRead=True,
        )
        return [_from_item(job_id, item) for item in items]


def _key(job_id: str, path: str) -> job_items.Item:
    return {"pk": job_items.job_key(job_id)["pk"], "sk": {"S": f"{_REVIEW}{path}"}}


def _from_item(job_id: str, item: Mapping[str, Any]) -> Review:
    return Review(
        job_id=job_id,
        path=item["sk"]["S"].removeprefix(_REVIEW),
        verdict=Verdict(item["verdict"]["S"]),
        reviewer=item["reviewer"]["S"],
        at=from_text(item["at"]["S"]),
        note=item["note"]["S"],
        mirrored=Mirrored(item["mirrored"]["S"]),
    )
