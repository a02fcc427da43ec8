"""Conditional requests: entity tags that a client sends back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

POLL_SECONDS = 1

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=255)]


def matches(etag: str, if_none_match: str | None) -> bool:
    """Compare an entity tag weakly, as RFC 9110 (13.1.2) says; False without a tag to compare.

    >>> matches('"7"', 'W/"6", W/"7"')
    True
    """
    given = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return "*" in given or etag in given
