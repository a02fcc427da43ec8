"""The engines ``openai`` and ``bedrock``: one provider each, and everything else in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.analyze.engines.llm.analysis import ModelAnalysis, Requests
from functions.analyze.engines.llm.hybrid import HybridAnalysis
from functions.analyze.engines.llm.model_client import ModelClient
from functions.analyze.engines.llm.port import Provider
from functions.analyze.engines.llm.reply_cache import ReplyCache
from functions.analyze.engines.llm.usage import Budget, Meter, Price, UsageTracker, cost, spent
from functions.analyze.engines.port import Analysis, BatchSizes, Engine, EngineReport, Task
from shared.errors import PermanentError
from shared.jobs.workflow import Run
from shared.retry import RetryPolicy


def no_meter(_name: str, _value: float) -> None:
    """Measure nothing."""


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """How a model is asked: so many requests at the same time, what one may take, when to come back.

    ``prices`` are by model, in US dollars for a million tokens read and written. ``sure`` is the confidence
    from which on a finding of the rules needs no model.
    """

    concurrency: int = 4
    budget: Budget = field(default_factory=Budget)
    prices: Mapping[str, Price] = field(default_factory=dict)
    sure: float = 0.85
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    sleep: Callable[[float], None] = time.sleep


class ProviderEngine:
    """See Engine; ``rules`` go first where a job asks for ``hybrid``."""

    def __init__(
        self,
        provider: Provider,
        policy: RequestPolicy,
        rules: Engine,
        *,
        meter: Meter = no_meter,
    ) -> None:
        self._provider = provider
        self._policy = policy
        self._rules = rules
        self._meter = meter

    def check(self, run: Run) -> None:
        """See Engine."""
        if self._budget(run).usd and self._price is None:
            raise PermanentError(
                "price-unknown",
                f"The job has a budget in US dollars, but MODEL_PRICES lacks {self._provider.model}.",
            )

    def sizes(self, page_count: int) -> BatchSizes:
        """See Engine: a bounded number of requests, however long the document is."""
        return BatchSizes()

    def open(self, task: Task) -> Analysis:
        """See Engine."""
        run, requests = task.run, Requests(task)

        def client() -> ModelClient:
            return self.client(run, () if run.params.get("no_cache") else task.previous_jobs())

        model = ModelAnalysis(requests, client)
        if not run.params.get("hybrid"):
            return model
        return HybridAnalysis(self._rules.open(task), model, requests, self._policy.sure)

    def report(self, run: Run, counts: Mapping[str, int]) -> EngineReport:
        """See Engine."""
        used, usage = spent(run), self.usage(run)
        price = usage["cost_usd"]
        hybrid = bool(run.params.get("hybrid"))
        fields: dict[str, Any] = {
            "engine": f"{self._rules.name}+{self._provider.name}" if hybrid else self._provider.name,
            **usage,
            "model_calls": used.calls,
            "model_answers_reused": counts.get("answers_reused", 0),
            "claims": counts.get("claims", 0),
            "claims_dropped": counts.get("claims_dropped", 0),
        }
        if hybrid:
            fields["saving"] = _saving(counts)
        return EngineReport(fields, self._warnings(used.estimated, price, counts.get("claims_dropped", 0)))

    def close(self) -> None:
        """Close the provider's connections."""
        self._provider.close()

    def _warnings(self, estimated: int, price: float | None, dropped: int) -> list[str]:
        warnings = []
        if price is None:
            warnings.append(f"The cost is not known: MODEL_PRICES lacks the model {self._provider.model}.")
        if estimated:
            warnings.append(
                f"The provider gave no token counts for {estimated} calls; the figures are estimates."
            )
        if dropped:
            warnings.append(f"{dropped} claims of the model were dropped: the text does not prove them.")
        return warnings

    @property
    def name(self) -> str:
        """Return the provider's name."""
        return self._provider.name

    def usage(self, run: Run) -> Mapping[str, Any]:
        """Return which model it is, and what the job has used of it in all."""
        used = spent(run)
        return {
            "model": self._provider.model,
            "tokens": {"input": used.input, "output": used.output},
            "cost_usd": cost(used, self._price),
        }

    def client(self, run: Run, previous_jobs: Sequence[str] = ()) -> ModelClient:
        """Return a client on a job's account; replies to the jobs ``previous_jobs`` serve again."""
        policy = self._policy
        return ModelClient(
            self._provider,
            ReplyCache(run.files, run.job.job_id, previous_jobs),
            UsageTracker(run, self._budget(run), self._price, self._meter),
            concurrency=policy.concurrency,
            policy=policy.retry,
            sleep=policy.sleep,
        )

    def _budget(self, run: Run) -> Budget:
        return self._policy.budget.narrowed(run.params)

    @property
    def _price(self) -> Price | None:
        return self._policy.prices.get(self._provider.model)


def _saving(counts: Mapping[str, int]) -> dict[str, Any]:
    """Return what the rules saved: requests and tokens to read, against asking about everything."""
    planned = {"calls": counts.get("planned_calls", 0), "tokens": counts.get("planned_tokens", 0)}
    whole = {"calls": counts.get("whole_calls", 0), "tokens": counts.get("whole_tokens", 0)}
    share = {name: round(1 - planned[name] / whole[name], 3) if whole[name] else 0.0 for name in planned}
    return {"asked": planned, "without_rules": whole, "share": share}
