"""A stack for one test module, for what the shared one is not set up for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from infra.local import guard
from infra.local.paths import CHECKOUT, Paths
from infra.local.stack import LocalStack


@contextmanager
def own_stack(folders: pytest.TempPathFactory, settings: Mapping[str, str]) -> Iterator[LocalStack]:
    """Deploy a stack on an emulator of its own, permissions enforced; it is gone at the end."""
    cache = Paths.from_environment(os.environ).cache
    paths = Paths(CHECKOUT, folders.mktemp("stack"), cache)
    guard.watch(paths, paths.state, os.getpid())
    try:
        with LocalStack(paths, settings, fixed_ports=False, enforce_permissions=True) as stack:
            yield stack
    finally:
        guard.dismiss(paths)
