"""A way from containers to what listens on this machine's loopback alone.

``python -m infra.local.forwarder ADDRESS PORT...`` listens at the address (the engine's bridge, which only
this machine and its containers reach) and passes each connection on to the same port of the loopback.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress

from infra.local.processes import HOST

CHUNK = 65_536


async def forward(address: str, ports: Sequence[int]) -> None:
    """Listen at all ports until cancelled."""
    servers = [await asyncio.start_server(_passing_to(port), address, port) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def _passing_to(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError):
            back, onward = await asyncio.open_connection(HOST, port)
            with closing(onward):
                await asyncio.gather(_copy(reader, onward), _copy(back, writer))

    return connected


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on one direction; its end is passed on too, while the other may still have something to say."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(forward(sys.argv[1], [int(port) for port in sys.argv[2:]]))
