"""``python -m tests.chaos``: walk every kill point, run the big load, and write down what came of it.

Runs on a stack of its own, which is removed in the end. The figures go to ``docs/chaos.md``.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from infra.local import guard
from infra.local.paths import CHECKOUT, Paths
from infra.local.stack import CREDENTIALS, LocalStack
from tests.chaos import load
from tests.chaos.load import Figures, Load
from tests.chaos.report import report
from tests.chaos.scenarios import ALL
from tests.chaos.walk import Outcome, points, references_of, walk
from tests.chaos.world import Ground, world

REPORT = CHECKOUT / "docs" / "chaos.md"
FOREIGN = ("AWS_", "DIRECTUS_", "POWERTOOLS_", "CHAOS_")
BIG = Load(jobs=500, owners=10, workers=4, kills=25, seed=1)


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return 1 where something did not hold."""
    asked = _parser().parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(CREDENTIALS, AWS_EC2_METADATA_DISABLED="true")
    usual = Paths.from_environment(os.environ)
    with tempfile.TemporaryDirectory(prefix="clauseworks-chaos-", ignore_cleanup_errors=True) as folder:
        paths = Paths(usual.root, Path(folder, "state"), usual.cache)
        paths.state.mkdir()
        guard.watch(paths, Path(folder), os.getpid())
        try:
            with LocalStack(paths, name="chaos", fixed_ports=False) as stack:
                return _run(Ground.of(stack), asked)
        finally:
            guard.dismiss(paths)


def _run(ground: Ground, asked: argparse.Namespace) -> int:
    scenarios = [scenario for scenario in ALL if not asked.only or scenario.name in asked.only]
    outcomes: list[Outcome] = []
    began = time.monotonic()
    references = references_of(ground, scenarios, asked.tracks)
    chosen = [point for scenario in scenarios for point in points(scenario, references[scenario])]
    # Mixed, so that the tracks do not all wait, or all work, at the same time.
    random.Random(1).shuffle(chosen)  # noqa: S311 - the order is no secret
    total = len(chosen)

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(f"{len(outcomes)}/{total} {'FAILED' if outcome.fault else 'ok'}: {outcome.point}", flush=True)
        if outcome.fault:
            print(outcome.fault, flush=True)

    walk(ground, chosen, references, asked.tracks, tell)
    seconds = time.monotonic() - began
    print(report(references, outcomes, seconds, None), flush=True)
    figures = _load(ground, asked) if asked.load else None
    text = report(references, outcomes, seconds, figures)
    print(text, flush=True)
    if not asked.only and asked.load:
        REPORT.write_text(text, encoding="utf-8")
    return int(any(outcome.fault for outcome in outcomes))


def _load(ground: Ground, asked: argparse.Namespace) -> Figures:
    with world(ground, load.TIMES) as here:
        return load.run(here, BIG if asked.load == BIG.jobs else Load(asked.load, 10, 4, asked.load // 20, 1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.chaos")
    parser.add_argument("--only", action="append", help="walk this scenario alone (may be repeated)")
    parser.add_argument("--tracks", type=int, default=6, help="kill points visited at the same time")
    parser.add_argument("--load", type=int, default=BIG.jobs, help="jobs of the load (0: none)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
