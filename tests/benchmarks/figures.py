"""Small statistics, and the one form in which figures are printed."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of ``values`` lie; by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(name: str, figure: str) -> None:
    """Print one figure."""
    print(f"{name:52} {figure}", flush=True)


def milliseconds(values: Sequence[float]) -> str:
    """Return median and 99th percentile of seconds, as milliseconds."""
    return f"p50 {1000 * percentile(values, 0.5):7.1f} ms   p99 {1000 * percentile(values, 0.99):7.1f} ms"
