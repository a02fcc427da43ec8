"""Where the local stack keeps its files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one stack.

    ``root`` is the checkout that is deployed, ``state`` what one stack keeps (data, logs, process
    records, its secret), ``cache`` what can be built again and may be shared by several stacks.
    """

    root: Path
    state: Path
    cache: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], root: Path = CHECKOUT) -> Paths:
        """Return the folders below ``.local``, or of ``CLAUSEWORKS_STATE`` and ``CLAUSEWORKS_CACHE``."""
        local = root / ".local"
        state = environment.get("CLAUSEWORKS_STATE") or local
        cache = environment.get("CLAUSEWORKS_CACHE") or local / "cache"
        return cls(root.resolve(), Path(state).resolve(), Path(cache).resolve())

    @property
    def template(self) -> Path:
        """The one definition of the stack."""
        return self.root / "template.yaml"

    @property
    def record(self) -> Path:
        """What was deployed last, and where."""
        return self.state / "stack.json"

    @property
    def secret(self) -> Path:
        """The secret that signs this stack's tokens."""
        return self.state / "directus_secret"

    @property
    def archives(self) -> Path:
        """Folder of the functions' zips."""
        return self.state / "archives"

    @property
    def logs(self) -> Path:
        """Folder of the log files of the background processes."""
        return self.state / "logs"

    @property
    def emulator(self) -> Path:
        """Folder of the emulator's data."""
        return self.state / "emulator"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` between processes; wait for it as long as it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
