"""The forwarder, by which containers reach what listens on this machine's loopback."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from infra.local import containers
from infra.local.paths import CHECKOUT
from infra.local.processes import HOST, Process, free_port, start

# An address of the loopback that nothing else of ours listens at.
BRIDGE = "127.0.0.2"


@contextmanager
def echo() -> Iterator[int]:
    """Serve connections of the loopback that say in capitals what they heard, once they heard the end."""
    with socket.create_server((HOST, 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(everything(connection).upper())

        thread = threading.Thread(target=answer)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def forwarder(folder: Path, port: int) -> Iterator[Process]:
    command = [sys.executable, "-m", "infra.local.forwarder", BRIDGE, str(port)]
    process = start(command, os.environ, log=folder / "log", folder=CHECKOUT, port=port)
    try:
        while not containers.listens(BRIDGE, port):
            assert process.alive, (folder / "log").read_text()
        yield process
    finally:
        process.stop()


def say(port: int, words: bytes) -> bytes:
    with closing(socket.create_connection((BRIDGE, port), timeout=30)) as connection:
        connection.sendall(words)
        with suppress(OSError):  # the other side may have hung up by now
            connection.shutdown(socket.SHUT_WR)
        return everything(connection)


def everything(connection: socket.socket) -> bytes:
    """Return what is said until the other side hangs up."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_the_forwarder_passes_both_directions_on_to_their_ends(tmp_path: Path) -> None:
    large = b"much of it, " * 500_000
    with echo() as port, forwarder(tmp_path, port):
        assert say(port, b"hello") == b"HELLO"
        assert say(port, large) == large.upper()
        assert say(port, b"") == b""


def test_the_forwarder_hangs_up_where_nothing_listens_and_goes_on(tmp_path: Path) -> None:
    port = free_port([])
    with forwarder(tmp_path, port) as process:
        assert say(port, b"hello") == b""
        assert process.alive
    assert (tmp_path / "log").read_text() == ""
