"""What a process prints, without losing the lines that are still on their way."""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress

CHUNK = 65_536


class Output:
    """A pipe to print into: ``writer`` is the end for the process, ``take`` returns what it printed.

    A thread empties the pipe all the time, so that a process never waits for a reader.
    """

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._ended = False
        threading.Thread(target=self._pump, daemon=True).start()

    def close_writer(self) -> None:
        """Close this process's copy of the writing end, once the child has its own."""
        os.close(self.writer)

    def take(self) -> str:
        """Return all that was printed until now and not taken yet."""
        with self._lock:
            self._drain()
            text = self._buffer.decode(errors="replace")
            self._buffer.clear()
        return text

    def _pump(self) -> None:
        waiting = select.poll()
        waiting.register(self._reader, select.POLLIN)
        while not self._ended:
            waiting.poll()
            with self._lock:
                self._drain()
        os.close(self._reader)

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while not self._ended:
                chunk = os.read(self._reader, CHUNK)
                self._ended = not chunk
                self._buffer += chunk
