"""Walking the kill points of a scenario: count the effects, then die before and after each of them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.chaos import checks
from tests.chaos.scenarios import Reference, Scenario
from tests.chaos.world import Ground, world

Make = Callable[[], Scenario]


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process is killed: before or after its ``number``-th effect, which is called ``label``."""

    scenario: type[Scenario]
    when: str
    number: int
    label: str

    def __str__(self) -> str:
        return f"{self.scenario.name}, {self.when} effect {self.number} ({self.label})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: ``fault`` is empty where everything held.

    ``orphans`` counts files that no record names, ``attempts`` those of the job, ``seconds`` the whole run.
    """

    point: Point
    fault: str
    orphans: int = 0
    attempts: int = 0
    seconds: float = 0.0


def undisturbed(ground: Ground, scenario: type[Scenario]) -> Reference:
    """Run a scenario without a fault; return its effects and what it left."""
    with world(ground) as here:
        run = scenario()
        run.prepare(here)
        trace = here.folder / "effects.txt"
        run.act(here, trace=trace)
        run.recover(here)
        return Reference(tuple(trace.read_text().splitlines()), run.seen(here))


def points(scenario: type[Scenario], reference: Reference) -> list[Point]:
    """Return every kill point of a scenario: two for each effect."""
    return [
        Point(scenario, when, number, label)
        for number, label in enumerate(reference.effects, 1)
        for when in ("before", "after")
    ]


def visit(ground: Ground, point: Point, reference: Reference) -> Outcome:
    """Kill the process at a point, let the system recover, and compare with the undisturbed run."""
    began = time.monotonic()
    try:
        with world(ground) as here:
            run = point.scenario()
            run.prepare(here)
            killed = here.killed
            run.act(here, at=f"kill:{point.when}:{point.number}", trace=here.folder / "effects.txt")
            reached = (here.folder / "effects.txt").read_text().splitlines()
            assert (tuple(reached), here.killed) == (reference.effects[: point.number], killed + 1)
            jobs = run.recover(here)
            seen = run.seen(here)
            for name, expected in reference.seen.items():
                assert seen[name] == expected, name
            orphans = sum(checks.files(here, job) for job in jobs)
            attempts = max(job.attempt for job in jobs)
    except Exception:  # noqa: BLE001 - the walk goes on, and tells in the end
        return Outcome(point, traceback.format_exc(), seconds=time.monotonic() - began)
    return Outcome(point, "", orphans, attempts, time.monotonic() - began)


def walk(
    ground: Ground,
    chosen: Sequence[Point],
    references: Mapping[type[Scenario], Reference],
    tracks: int,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Visit points, ``tracks`` at a time: most of a run is waiting for leases to run out."""

    def one(point: Point) -> Outcome:
        outcome = visit(ground, point, references[point.scenario])
        tell(outcome)
        return outcome

    with ThreadPoolExecutor(tracks) as pool:
        return list(pool.map(one, chosen))


def references_of(
    ground: Ground, scenarios: Iterable[type[Scenario]], tracks: int
) -> dict[type[Scenario], Reference]:
    """Run each scenario undisturbed."""
    kinds = list(scenarios)
    with ThreadPoolExecutor(tracks) as pool:
        return dict(zip(kinds, pool.map(lambda kind: undisturbed(ground, kind), kinds), strict=True))
