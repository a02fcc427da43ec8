"""Where a finding stands in a result, such as ``segments/0/benefits/2/limits/1``.

A result is immutable, and so is the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.findings.model import Finding, ResultTree

_STEP = re.compile(r"(segments|benefits|limits|conditions|exclusions)/(0|[1-9]\d{0,5})")
_DEEPEST = 3


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
