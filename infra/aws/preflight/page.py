"""Preflight's page, as text. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from infra.aws.preflight.facts import Facts, Finding, Identity, Level
from infra.aws.preflight.stage import Stage

WIDTH = 110
LEVEL_WIDTH = max(map(len, Level)) + 1


def stops(findings: Sequence[Finding]) -> bool:
    """Say whether one of the findings stops the deployment."""
    return any(finding.level is Level.STOP for finding in findings)


def page(stage: Stage, facts: Facts, findings: Sequence[Finding]) -> str:
    """Return all findings, what stops first, and what they come to."""
    account = facts.identity.account if isinstance(facts.identity, Identity) else "?"
    head = f"Preflight of {stage.name}: stack {stage.stack}, account {account}, region {facts.region or '?'}"
    order = [Level.STOP, Level.WARNING, Level.OK]
    width = max(len(finding.check) for finding in findings) + 2
    ordered = sorted(findings, key=lambda finding: order.index(finding.level))
    return "\n".join([head, "", *(_lines(finding, width) for finding in ordered), "", _sum(findings)])


def _lines(finding: Finding, width: int) -> str:
    label = f"{finding.level:<{LEVEL_WIDTH}}{finding.check:<{width}}"
    margin = " " * len(label)
    seen = _wrap(finding.seen, label, margin)
    remedy = [_wrap(line, f"{margin}-> ", f"{margin}   ") for line in finding.remedy]
    return "\n".join([seen, *remedy])


def _wrap(text: str, first: str, rest: str) -> str:
    """Wrap a text; a command (``$ ...``) stays in one piece, to be copied."""
    if text.startswith("$ "):
        return f"{rest}{text}"
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sum(findings: Sequence[Finding]) -> str:
    levels = Counter(finding.level for finding in findings)
    counts = ", ".join(f"{levels[level]} {level}" for level in (Level.STOP, Level.WARNING, Level.OK))
    end = "nothing was built or made." if stops(findings) else "nothing stops the deployment."
    return f"{counts}: {end}"
