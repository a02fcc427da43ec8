"""Reviews: what people say of findings, apart from the findings themselves, which never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What a person says of a finding."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ReviewSyncState(StrEnum):
    """Whether Directus knows of it; ``no``: the finding never was there, ``gone``: it is not any more."""

    NO = "no"
    YES = "yes"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Review:
    """One person's verdict on the finding at ``path`` (see finding_paths); a later one takes its place."""

    job_id: str
    path: str
    verdict: Verdict
    reviewer: str
    at: datetime
    note: str = ""
    sync_state: ReviewSyncState = ReviewSyncState.NO


class ReviewStore(Protocol):
    """Where reviews live: with their job, and as long. Every method may raise TransientError."""

    def put(self, review: Review, expires_at: datetime | None = None) -> None:
        """Write a review over an earlier one of the same finding."""
        ...

    def remove(self, job_id: str, path: str) -> None:
        """Take back the review of a finding; a missing one is no error."""
        ...

    def of_job(self, job_id: str) -> list[Review]:
        """Return all reviews of a job's findings, by path."""
        ...
