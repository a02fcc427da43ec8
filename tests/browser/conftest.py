"""A real Chromium before the console of the run's stack; what it complains of fails its test."""

from __future__ import annotations

from tests.support.browser import axe, browser, context, tab, user
from tests.support.stack.fixtures import server_url, stack

__all__ = ["axe", "browser", "context", "server_url", "stack", "tab", "user"]
