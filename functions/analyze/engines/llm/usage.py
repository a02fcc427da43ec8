"""What a job has used of a model, over all its executions, and the budget that stops it.

The sum stands in a file of each execution, written at every reply, whether it could be used or not: a crash
loses at most the reply that was on its way. An execution goes on from the sum of the one before.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from functions.analyze.engines.llm.port import Usage
from shared.errors import PermanentError
from shared.files import keys
from shared.files.port import FileMissingError
from shared.jobs.workflow import Run

_MILLION = 1_000_000

_N = TypeVar("_N", int, float)

# USD for a million tokens read, and for a million written.
Price = tuple[float, float]
Meter = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """The most tokens and US dollars that one job may use; 0 is no bound."""

    tokens: int = 0
    usd: float = 0.0

    def narrowed(self, params: Mapping[str, Any]) -> Budget:
        """Return the budget of a job, which may ask for less than there is."""
        tokens, usd = int(params.get("token_budget") or 0), float(params.get("cost_budget") or 0)
        return Budget(_least(self.tokens, tokens), _least(self.usd, usd))


def cost(usage: Usage, price: Price | None) -> float | None:
    """Return the cost in US dollars, None where the price is not known; nothing costs nothing."""
    if usage.calls == 0:
        return 0.0
    if price is None:
        return None
    return round((usage.input * price[0] + usage.output * price[1]) / _MILLION, 6)


class UsageTracker:
    """The account of one execution; safe to share between threads."""

    def __init__(self, run: Run, budget: Budget, price: Price | None, meter: Meter) -> None:
        self._run = run
        self._budget = budget
        self._price = price
        self._meter = meter
        self._lock = threading.Lock()
        self._reserved = 0
        self._total = spent(run)
        # Also with nothing spent: the next execution then has to look no further back.
        self._write()

    @contextmanager
    def reserved(self, tokens: int) -> Iterator[None]:
        """Set ``tokens`` aside for a request while it is under way.

        Raises PermanentError ``budget-exceeded`` where the budget does not hold them. What the replies under
        way write comes on top: the budget is passed by no more than that.
        """
        with self._lock:
            self._require(tokens)
            self._reserved += tokens
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= tokens

    def add(self, usage: Usage) -> None:
        """Write down what one request took."""
        with self._lock:
            self._total += usage
            self._write()
            # Under the lock: metrics are not made for several threads.
            self._measure(usage)

    def _measure(self, usage: Usage) -> None:
        self._meter("ModelCalls", usage.calls)
        self._meter("ModelInputTokens", usage.input)
        self._meter("ModelOutputTokens", usage.output)
        price = cost(usage, self._price)
        if price is not None:
            self._meter("ModelCostUsd", price)

    def _require(self, tokens: int) -> None:
        planned = self._total + Usage(self._reserved + tokens, calls=1)
        if 0 < self._budget.tokens < planned.input + planned.output:
            raise self._exceeded(f"{self._budget.tokens} tokens")
        price = cost(planned, self._price)
        if self._budget.usd > 0 and price is not None and price > self._budget.usd:
            raise self._exceeded(f"{self._budget.usd} USD")

    def _exceeded(self, bound: str) -> PermanentError:
        used = self._total
        return PermanentError(
            "budget-exceeded",
            f"The job's budget of {bound} does not hold the next request; {used.calls} calls have read "
            f"{used.input} tokens and written {used.output}. Submit it with a larger budget, or with hybrid.",
        )

    def _write(self) -> None:
        self._run.files.put(
            self._run.key(keys.MODEL_USAGE), json.dumps(asdict(self._total)).encode(), "application/json"
        )


def spent(run: Run) -> Usage:
    """Return what a job has used so far, over all its executions."""
    for earlier in range(run.job.fence, 0, -1):
        try:
            data = run.files.get(keys.job_file(run.job.job_id, earlier, keys.MODEL_USAGE))
        except FileMissingError:
            continue
        return Usage(**json.loads(data))
    return Usage()


def _least(first: _N, other: _N) -> _N:
    return min(first, other) if first and other else first or other
