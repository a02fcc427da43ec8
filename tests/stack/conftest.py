"""The stack of a test run: deployed once, shared by all workers, removed at the end of the run.

The suite runs on any endpoint (``--endpoint-url``). What only the local stack's own emulator can do is marked
``embedded_only`` with the reason, which is shown where the test is skipped.
"""

from __future__ import annotations

import pytest

from tests.support.stack.fixtures import gateway, server_url, stack

__all__ = ["gateway", "server_url", "stack"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--endpoint-url"):
        return
    for item in items:
        if (marker := item.get_closest_marker("embedded_only")) is not None:
            item.add_marker(pytest.mark.skip(reason=marker.kwargs["reason"]))
