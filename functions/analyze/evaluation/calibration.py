"""Whether stated confidence means something: of the findings at 0.9, nine in ten should be right.

A reliability table and the expected calibration error, after Naeini, Cooper and Hauskrecht, "Obtaining
Well Calibrated Probabilities Using Bayesian Binning" (AAAI 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions.analyze.evaluation.scoring import Judged

_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Bin:
    """The findings whose confidence lies from ``low`` to below ``high`` (the last bin holds 1.0, too)."""

    low: float
    high: float
    findings: int
    stated: float
    right: float


def reliability(findings: Sequence[Judged]) -> list[Bin]:
    """Return the bins that hold findings, the surest first: mean stated confidence, and share right."""
    bins = []
    for low, high in pairwise(_EDGES):
        inside = [
            finding
            for finding in findings
            if low <= finding.confidence < high or finding.confidence == high == 1
        ]
        if inside:
            stated = sum(finding.confidence for finding in inside) / len(inside)
            right = sum(finding.right for finding in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), stated, right))
    return bins[::-1]


def calibration_error(findings: Sequence[Judged]) -> float:
    """Return the expected calibration error, 0 (stated is what happens) to 1; 0 without findings."""
    bins = reliability(findings)
    total = sum(entry.findings for entry in bins)
    return sum(entry.findings * abs(entry.stated - entry.right) for entry in bins) / total if total else 0.0
