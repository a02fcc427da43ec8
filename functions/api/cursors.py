"""Cursors of lists: opaque to clients, so that what they hold can change."""

from __future__ import annotations

import base64
import binascii

from functions.api.problems import RequestError
from shared.ids import is_uuid


def write(job_id: str) -> str | None:
    """Return the cursor that continues after a job; None for an empty id."""
    return base64.urlsafe_b64encode(job_id.encode()).decode() if job_id else None


def read(cursor: str) -> str:
    """Return the job that a cursor continues after, empty for an empty cursor; raises RequestError."""
    if not cursor:
        return ""
    try:
        job_id = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, ValueError):
        job_id = ""
    if not is_uuid(job_id):
        raise RequestError("invalid-cursor", "The cursor is none of ours; leave it out to start anew.")
    return job_id
