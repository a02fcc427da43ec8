"""Records of jobs at one moment, for tests of the transitions between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.errors import Problem
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(seconds=90)
SECOND = timedelta(seconds=1)
PROBLEM = Problem("aws-unavailable", "AWS unavailable", "S3 answered 503.", 503, "extract")


def job(**fields: Any) -> Job:
    """Return a job that waits for its first worker."""
    return replace(
        Job("j1", Kind.ANALYSIS, Owner("directus", "alice"), {}, NOW, NOW), **{"state_since": NOW, **fields}
    )


def running(**fields: Any) -> Job:
    """Return a job that a worker has taken."""
    return replace(states.take(job(), NOW, "w1", LEASE).job, **fields)
