"""The formats of stored records: those of earlier releases are read as if this one had written them.

A record says its ``format``; one without is of format 1. Nothing is rewritten for it: a record takes the format
of the release that changes it next, so that an update of the deployment needs no pause.

| format | what changed |
|---|---|
| 1 | the first release |
| 2 | a job's ``nudges``, ``asked`` and ``since`` are ``resend_count``, ``last_request`` and ``state_since`` (the index ``by_activity`` goes by ``since`` as before); a review's ``mirrored`` is ``sync_state`` |
"""  # noqa: E501 - a table's row is a line

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.errors import PermanentError

FORMAT = 2
# The names of format 1, with those of today.
JOB_NAMES = {"nudges": "resend_count", "asked": "last_request", "since": "state_since"}
REVIEW_NAMES = {"mirrored": "sync_state"}


class NewerFormatError(PermanentError):
    """The record was written by a later release than this one."""

    status = 500

    def __init__(self, written: int) -> None:
        super().__init__(
            "newer-format",
            f"The record has format {written}; this release reads up to {FORMAT}. Update the deployment.",
        )


def current(item: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a record in today's format; ``names`` are those that changed. Raises NewerFormatError."""
    written = item.get("format", 1)
    if written == FORMAT:
        return item
    if written > FORMAT:
        raise NewerFormatError(written)
    return {names.get(name, name): value for name, value in item.items()}
