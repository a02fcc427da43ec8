"""The stores of ``shared.memory`` with faults: ``fault`` is called before each operation with its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import Any

from shared.clock import Clock, utc_now
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryQueue
from tests.support.memory.faults import Fault, no_fault
from tests.support.memory.notifications import MemoryNotificationQueue


class _Faulty:
    """Calls ``fault`` before the operations that ``operations`` names by method."""

    fault: Fault = staticmethod(no_fault)
    operations: Mapping[str, str]

    def __getattribute__(self, name: str) -> Any:
        attribute = super().__getattribute__(name)
        operations: Mapping[str, str] = super().__getattribute__("operations")
        if name not in operations:
            return attribute

        @wraps(attribute)
        def call(*arguments: Any, **named: Any) -> Any:
            self.fault(operations[name])
            return attribute(*arguments, **named)

        return call


class FaultyJobs(_Faulty, MemoryJobs):
    """See MemoryJobs."""

    operations = {  # noqa: RUF012 - a constant
        "create": "jobs.create",
        "earlier": "jobs.earlier",
        "get": "jobs.get",
        "many": "jobs.many",
        "save": "jobs.save",
        "renew": "jobs.renew",
        "units": "jobs.units",
        "events": "jobs.events",
        "versions": "jobs.versions",
        "list_jobs": "jobs.list",
        "by_subject": "jobs.by_subject",
        "due": "jobs.due",
        "to_remove": "jobs.to_remove",
        "active": "jobs.active",
        "waiting": "jobs.waiting",
        "expired": "jobs.expired",
        "remove": "jobs.remove",
    }

    def __init__(self, clock: Clock = utc_now, fault: Fault = no_fault) -> None:
        super().__init__(clock)
        self.fault = fault


class FaultyFiles(_Faulty, MemoryFiles):
    """See MemoryFiles."""

    operations = {  # noqa: RUF012 - a constant
        "put": "files.put",
        "get": "files.get",
        "head": "files.head",
        "delete_prefix": "files.delete",
    }

    def __init__(self, fault: Fault = no_fault) -> None:
        super().__init__()
        self.fault = fault


class FaultyQueue(_Faulty, MemoryQueue):
    """See MemoryQueue."""

    operations = {"send": "queue.send"}  # noqa: RUF012 - a constant

    def __init__(self, clock: Clock = utc_now, fault: Fault = no_fault) -> None:
        super().__init__(clock)
        self.fault = fault


class FaultyNotificationQueue(_Faulty, MemoryNotificationQueue):
    """See MemoryNotificationQueue."""

    operations = {"send": "notification_queue.send"}  # noqa: RUF012 - a constant

    def __init__(self, clock: Clock = utc_now, fault: Fault = no_fault) -> None:
        super().__init__(clock)
        self.fault = fault
