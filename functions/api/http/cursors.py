"""Cursors of lists: opaque to clients, so that what they hold can change."""

from __future__ import annotations

import base64
import binascii

from functions.api.http.problems import RequestError
from shared.ids import is_uuid

_MAX_DIGITS = 9


def write(job_id: str) -> str | None:
    """Return the cursor that continues after a job; None for an empty id."""
    return _sealed(job_id) if job_id else None


def read(cursor: str) -> str:
    """Return the job that a cursor continues after, empty for an empty cursor; raises RequestError."""
    job_id = _opened(cursor)
    if job_id and not is_uuid(job_id):
        raise invalid_cursor()
    return job_id


def write_offset(offset: int) -> str:
    """Return the cursor that continues after so many entries."""
    return _sealed(str(offset))


def read_offset(cursor: str) -> int:
    """Return after how many entries a cursor continues, 0 for an empty cursor; raises RequestError."""
    text = _opened(cursor) or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise invalid_cursor()
    return int(text)


def _sealed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _opened(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    if cursor and not text:
        raise invalid_cursor()
    return text


def invalid_cursor() -> RequestError:
    """Return the refusal of a cursor that no list of ours has given."""
    return RequestError("invalid-cursor", "No list has given this cursor; leave it out to start anew.")
