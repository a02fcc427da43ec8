"""Reads damaged files in a child, so that a crash or a hang is a finding and not the end."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from functions.analyze.extract import ExtractionLimits, open_source
from functions.analyze.extract.apart import Allowance, StepFailedError, run_apart
from shared.errors import PermanentError
from tests.fuzz.mutation import mutated
from tests.support.extraction import check

LIMITS = ExtractionLimits(max_pages=200, max_unpacked_bytes=50_000_000)
ALLOWANCE = Allowance(seconds=10, memory=512 * 1024 * 1024)
# What the guard answers in operation for a file of two kilobytes that unpacks to a gigabyte is no fault.
_EXPECTED = {"file-too-large"}


@dataclass(slots=True)
class Report:
    """What became of so many damaged files; ``faults`` by number, with what went wrong."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def executions(self) -> int:
        """Return how many files were read or refused."""
        return sum(self.outcomes.values())


def outcome(number: int) -> str:
    """Read damaged file ``number``; return ``read`` or the refusal's code, ``fault: ...`` for all else."""
    name, data = mutated(number)
    try:
        with closing(open_source(data, name, None, LIMITS)) as source:
            check(source.assemble(source.pages(1, source.page_count)))
    except PermanentError as error:
        return error.code
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - this is what the search is for
        frames = traceback.extract_tb(error.__traceback__)
        return f"fault: {type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}: {error}"
    return "read"


def fuzz(first: int, *, executions: int = 0, seconds: float = 0.0) -> Report:
    """Read damaged files from ``first`` on: so many, or for so long."""
    report = Report()
    began = time.monotonic()
    number = first

    def finished() -> bool:
        return number - first >= executions if executions else time.monotonic() - began >= seconds

    while not finished():
        results = run_apart(partial(_outcomes, number), ALLOWANCE)
        try:
            for found in results:
                kind = found.partition(":")[0]
                report.outcomes[kind] += 1
                if kind == "fault":
                    report.faults[number] = found
                number += 1
                if finished():
                    break
        except StepFailedError as error:
            report.outcomes[error.code] += 1
            if error.code not in _EXPECTED:
                report.faults[number] = error.code
            number += 1
        finally:
            results.close()
    report.seconds = time.monotonic() - began
    return report


def _outcomes(first: int) -> Iterator[Any]:
    """Be the child: read file after file."""
    for number in count(first):
        yield outcome(number)
