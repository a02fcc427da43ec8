"""A watcher that stops a LocalStack when the process it was made for ends, however that ends.

``python -m infra.localstack.guard FOLDER OWNER_PID``, started by ``watch``.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from infra.local.guard import WATCH_SECONDS
from infra.local.paths import CHECKOUT
from infra.local.processes import Process, start
from infra.localstack.server import stop_server

SERVER = "server"


def watch(folder: Path, owner_pid: int) -> Process:
    """Start the watcher of a folder, whose subfolder ``SERVER`` is the server's; it is removed with it."""
    command = [sys.executable, "-m", "infra.localstack.guard", str(folder), str(owner_pid)]
    return start(command, os.environ, log=folder / "guard.log", folder=CHECKOUT, port=0)


def main(folder: str, owner_pid: str) -> None:
    """Wait for the owner's end, then stop the server and remove the folder."""
    owner = Process.of(int(owner_pid))
    while owner.alive:
        time.sleep(WATCH_SECONDS)
    stop_server(Path(folder) / SERVER)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
