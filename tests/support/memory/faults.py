"""Faults of stores in memory: what is called before each operation, with its name, and may raise."""

from __future__ import annotations

from collections.abc import Callable

Fault = Callable[[str], None]


def no_fault(_operation: str) -> None:
    """Let every operation pass."""
