"""Reviews in the jobs' table, under the key of their job: they are removed with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.aws.dynamodb import expiry, formats, keys
from shared.aws.dynamodb.table import DynamoTable
from shared.clock import from_text, to_text
from shared.findings.reviews import Review, ReviewSyncState, Verdict


class DynamoReviews(DynamoTable):
    """See ReviewStore for the contract of every method."""

    def put(self, review: Review, expires_at: datetime | None = None) -> None:
        """Write a review."""
        self._put(
            {
                **keys.review(review.job_id, review.path),
                "format": formats.FORMAT,
                "verdict": review.verdict,
                "reviewer": review.reviewer,
                "at": to_text(review.at),
                "note": review.note,
                "sync_state": review.sync_state,
                "expires_at": expiry.ttl(expires_at),
            }
        )

    def remove(self, job_id: str, path: str) -> None:
        """Remove one."""
        self._delete(keys.review(job_id, path))

    def of_job(self, job_id: str) -> list[Review]:
        """Read those of one job; keys sort by path."""
        return [_from_item(job_id, item) for item in self._beginning(keys.job(job_id), keys.REVIEWS)]


def _from_item(job_id: str, item: Mapping[str, Any]) -> Review:
    item = formats.current(item, formats.REVIEW_NAMES)
    return Review(
        job_id=job_id,
        path=keys.id_of(item["sk"]),
        verdict=Verdict(item["verdict"]),
        reviewer=item["reviewer"],
        at=from_text(item["at"]),
        note=item["note"],
        sync_state=ReviewSyncState(item["sync_state"]),
    )
