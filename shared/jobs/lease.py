"""A lease kept alive while a unit of work runs."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import TracebackType

from shared.clock import Clock
from shared.jobs.store import JobStore
from shared.observability import logger


class Heartbeat:
    """Renews a job's lease from a thread of its own, three times per lease; ``lost`` says that it is gone.

    Losing the lease is no error here: the fence keeps a late writer from doing harm.
    """

    def __init__(self, store: JobStore, job_id: str, fence: int, lease: timedelta, clock: Clock) -> None:
        self._store = store
        self._job_id = job_id
        self._fence = fence
        self._lease = lease
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{job_id}", daemon=True)
        self.lost = False

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / 3):
            try:
                kept = self._store.renew(self._job_id, self._fence, self._clock() + self._lease)
            except Exception as error:  # noqa: BLE001 - whatever it is, the lease wants its next renewal
                logger.warning("Lease not renewed", error=type(error).__name__)
                continue
            if not kept:
                self.lost = True
                return
