"""Answers about the process itself: alive, ready."""

from __future__ import annotations

from pydantic import BaseModel


class Health(BaseModel):
    """The process answers."""

    status: str
    version: str
    stage: str


class CheckView(BaseModel):
    """One part that the API needs."""

    ok: bool
    milliseconds: int


class Readiness(BaseModel):
    """Whether the API can do its work; ``checks`` are for administrators only."""

    status: str
    checks: dict[str, CheckView] | None = None
