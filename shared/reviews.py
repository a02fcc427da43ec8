"""Reviews: what people say of findings, apart from the findings themselves, which never change.

A finding is addressed by its place in the result, such as ``segments/0/benefits/2/limits/1``: a result is
immutable, so the place is, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.findings import Finding, ResultTree

_STEP = re.compile(r"(segments|benefits|limits|conditions|exclusions)/(0|[1-9]\d{0,5})")
_DEEPEST = 3


class Verdict(StrEnum):
    """What a person says of a finding."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Mirrored(StrEnum):
    """Whether Directus knows of it; ``no``: the finding never was there, ``gone``: it is not any more."""

    NO = "no"
    YES = "yes"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Review:
    """One person's verdict on one finding; a later one takes its place."""

    job_id: str
    path: str
    verdict: Verdict
    reviewer: str
    at: datetime
    note: str = ""
    mirrored: Mirrored = Mirrored.NO


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


def finding_at(tree: ResultTree, path: str) -> Finding | None:
    """Return the finding at a path, None where there is none."""
    steps = path.split("/")
    if len(steps) % 2 or not 1 <= len(steps) // 2 <= _DEEPEST:
        return None
    finding: Finding | None = None
    for kind, number in zip(steps[::2], steps[1::2], strict=True):
        if _STEP.fullmatch(f"{kind}/{number}") is None:
            return None
        siblings = _top(tree, kind) if finding is None else getattr(finding, kind, ())
        if int(number) >= len(siblings):
            return None
        finding = siblings[int(number)]
    return finding


def _top(tree: ResultTree, kind: str) -> tuple[Finding, ...]:
    return tree.segments if kind == "segments" else getattr(tree.product, kind, ())


def paths(above: str, kind: str, findings: tuple[Finding, ...]) -> Iterator[tuple[str, Finding]]:
    """Yield the findings of one kind with their paths; ``above`` is the path of what they hang on."""
    prefix = f"{above}/" if above else ""
    for number, finding in enumerate(findings):
        yield f"{prefix}{kind}/{number}", finding
