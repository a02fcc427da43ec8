"""A watcher that removes Directus servers when the process they were made for ends, however that ends.

``python -m infra.directus.guard FOLDER OWNER_PID``, started by ``watch``.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from infra.directus.server import RECORD, stop_server
from infra.local.guard import WATCH_SECONDS
from infra.local.paths import CHECKOUT
from infra.local.processes import Process, start

LOG = "guard.log"


def watch(folder: Path, owner_pid: int) -> Process:
    """Start the watcher of a folder whose subfolders hold servers; it is removed with them."""
    command = [sys.executable, "-m", "infra.directus.guard", str(folder), str(owner_pid)]
    return start(command, os.environ, log=folder / LOG, folder=CHECKOUT, port=0)


def remove(folder: Path) -> None:
    """Stop every server below a folder, and remove it."""
    for record in folder.glob(f"*/{RECORD}"):
        stop_server(record.parent)
    shutil.rmtree(folder, ignore_errors=True)


def main(folder: str, owner_pid: str) -> None:
    """Wait for the owner's end, then remove the folder."""
    owner = Process.of(int(owner_pid))
    while owner.alive:
        time.sleep(WATCH_SECONDS)
    remove(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
