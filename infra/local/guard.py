"""A watcher that removes a stack when the process it was made for ends, however that ends.

``python -m infra.local.guard FOLDER STATE CACHE OWNER_PID``, started by ``watch``.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from infra.local.paths import CHECKOUT, Paths
from infra.local.processes import Process, start
from infra.local.stack import LocalStack

WATCH_SECONDS = 0.5


def watch(paths: Paths, folder: Path, owner_pid: int) -> None:
    """Start the watcher of a stack; ``folder``, which holds its state, is removed with it."""
    command = [sys.executable, "-m", "infra.local.guard"]
    command += [str(folder), str(paths.state), str(paths.cache), str(owner_pid)]
    log = paths.logs / "guard.log"
    start(command, os.environ, log=log, folder=CHECKOUT, port=0).save(_record(paths))


def dismiss(paths: Paths) -> None:
    """Stop the watcher of a stack that was removed in order."""
    if (watcher := Process.load(_record(paths))) is not None:
        watcher.stop()


def main(folder: str, state: str, cache: str, owner_pid: str) -> None:
    """Wait for the owner's end, then remove the stack and its folder."""
    paths = Paths(CHECKOUT, Path(state), Path(cache))
    owner = Process.of(int(owner_pid))
    while owner.alive:
        time.sleep(WATCH_SECONDS)
    if paths.state.exists():
        LocalStack(paths).down(wipe=True)
    shutil.rmtree(folder, ignore_errors=True)


def _record(paths: Paths) -> Path:
    return paths.state / "guard.json"


if __name__ == "__main__":
    main(*sys.argv[1:])
