"""The figures of ``make chaos`` as a page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.load import Figures
from tests.chaos.scenarios import Reference, Scenario
from tests.chaos.walk import Outcome

_HEAD = """\
# What survives

Written by `make chaos`; [decision 15](decisions/0015-proving-recovery.md) says how it is done and what it
does not cover.
"""


def report(
    references: Mapping[type[Scenario], Reference],
    outcomes: Sequence[Outcome],
    seconds: float,
    figures: Figures | None,
) -> str:
    """Return the page: one row a walk, then the load."""
    lines = [_HEAD, "## Kill points", "", *_walks(references, outcomes, seconds)]
    if figures is not None:
        lines += ["", "## Load", "", *_load(figures)]
    return "\n".join(lines) + "\n"


def _walks(
    references: Mapping[type[Scenario], Reference], outcomes: Sequence[Outcome], seconds: float
) -> Iterator[str]:
    held = sum(not outcome.fault for outcome in outcomes)
    yield (
        f"{len(outcomes)} kill points, {len(outcomes)} processes killed by SIGKILL, {held} recovered "
        f"to the right end; {seconds / 60:.0f} minutes on {_machine()}."
    )
    yield ""
    yield "| killed process | effects | kill points | right in the end | took over | files left by the dead |"
    yield "|---|--:|--:|--:|--:|--:|"
    for scenario, reference in references.items():
        own = [outcome for outcome in outcomes if outcome.point.scenario is scenario]
        yield (
            f"| {scenario.about} | {len(reference.effects)} | {len(own)} "
            f"| {sum(not outcome.fault for outcome in own)} "
            f"| {sum(outcome.attempts > 1 for outcome in own)} | {sum(outcome.orphans for outcome in own)} |"
        )
    yield ""
    yield "Effects by kind, over all walks:"
    yield ""
    kinds = Counter(label for reference in references.values() for label in reference.effects)
    yield "| effect | times |"
    yield "|---|--:|"
    for label, times in sorted(kinds.items()):
        yield f"| {label} | {times} |"


def _machine() -> str:
    """Return what the durations depend on: the cores, and how many processes wanted them."""
    return f"{os.cpu_count()} cores with a load average of {os.getloadavg()[2]:.0f}"


def _load(figures: Figures) -> Iterator[str]:
    load = figures.load
    yield (
        f"{load.jobs} jobs from {load.owners} owners at once, {load.workers} workers, {load.kills} times one "
        "of them killed: all completed, none lost, none doubled."
    )
    yield ""
    yield f"- {figures.throughput:.1f} jobs a second, {figures.seconds:.0f} s in all, on {_machine()}"
    yield f"- {figures.lost} times a job lost its worker and went on elsewhere"
    yield f"- {figures.resent} messages sent again because their jobs waited for long"
    yield f"- {figures.orphans} files left by dead workers, which nothing names"
    yield ""
    yield "| owner | wait, p50 | wait, p99 |"
    yield "|---|--:|--:|"
    for owner, (median, high) in figures.waits.items():
        yield f"| {owner} | {median:.1f} s | {high:.1f} s |"
