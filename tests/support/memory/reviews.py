"""Reviews in memory; see ``shared.memory.jobs``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.findings.reviews import Review


@dataclass(slots=True)
class MemoryReviews:
    """See ReviewStore."""

    fault: Callable[[str], None] = lambda _operation: None
    _reviews: dict[tuple[str, str], Review] = field(default_factory=dict)

    def put(self, review: Review, expires_at: datetime | None = None) -> None:
        """See ReviewStore."""
        del expires_at
        self.fault("reviews.put")
        self._reviews[review.job_id, review.path] = review

    def remove(self, job_id: str, path: str) -> None:
        """See ReviewStore."""
        self.fault("reviews.remove")
        self._reviews.pop((job_id, path), None)

    def of_job(self, job_id: str) -> list[Review]:
        """See ReviewStore."""
        self.fault("reviews.of_job")
        found = (review for (job, _), review in self._reviews.items() if job == job_id)
        return sorted(found, key=lambda review: review.path)
