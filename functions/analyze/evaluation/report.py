"""Prints what an evaluation measured, as text of fixed columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.analyze.evaluation.calibration import calibration_error, reliability
from functions.analyze.evaluation.scoring import TIERS, Judged, Judgement, score


@dataclass(frozen=True, slots=True)
class Cost:
    """What an analysis took: tokens as the engine counted them, US dollars (None: unknown), seconds."""

    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float | None = 0.0
    seconds: float = 0.0


def lines(judgements: Sequence[Judgement], costs: Sequence[Cost]) -> Iterator[str]:
    """Yield the report: a line a tier, the reliability of all findings, and what it took."""
    if judgements:
        yield from _scores(judgements)
        yield from _reliability([finding for judged in judgements for finding in judged.findings])
    documents = len(costs)
    if documents:
        tokens_in, tokens_out = sum(c.input_tokens for c in costs), sum(c.output_tokens for c in costs)
        seconds = sum(c.seconds for c in costs)
        prices = [c.dollars for c in costs if c.dollars is not None]
        price = f"{sum(prices):.4f} USD" if len(prices) == documents else "unknown"
        yield (
            f"{documents} documents  tokens {tokens_in} in, {tokens_out} out  cost {price}  "
            f"time {seconds:.2f} s ({seconds / documents:.2f} s a document)"
        )


def wrong_and_missed(judgement: Judgement) -> Iterator[str]:
    """Yield a line for every finding that is wrong, and for everything that was missed."""
    for finding in judgement.findings:
        if not finding.right:
            yield f"    wrong   {finding.tier:11} {finding.item}  ({finding.confidence:.2f})"
    for tier, item in judgement.missed:
        yield f"    missed  {tier:11} {item}"


def _scores(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield f"{'':12}{'precision':>10}{'recall':>8}{'F1':>8}{'right':>8}{'wrong':>7}{'missed':>8}"
    for tier in TIERS:
        found = score(judgements, tier)
        if found.right + found.wrong + found.missed:
            yield (
                f"{tier:12}{found.precision:10.3f}{found.recall:8.3f}{found.f1:8.3f}"
                f"{found.right:8}{found.wrong:7}{found.missed:8}"
            )


def _reliability(findings: Sequence[Judged]) -> Iterator[str]:
    if not findings:
        return
    yield f"{'confidence':12}{'findings':>10}{'stated':>8}{'right':>8}"
    for entry in reliability(findings):
        yield (f"{entry.low:.2f} - {entry.high:.2f} {entry.findings:9}{entry.stated:8.3f}{entry.right:8.3f}")
    yield f"calibration error {calibration_error(findings):.3f}"
