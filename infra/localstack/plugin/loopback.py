"""``GATEWAY_SERVER=loopback``: LocalStack's usual server, at the addresses of ``GATEWAY_LISTEN`` alone.

The one it replaces listens to the whole network, whatever address it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin

if TYPE_CHECKING:
    from localstack.config import HostAndPort
    from rolo.gateway import Gateway


class LoopbackServerPlugin(RuntimeServerPlugin):
    """By which LocalStack finds the server."""

    name = "loopback"

    def load(self, *_args: object, **_kwargs: object) -> RuntimeServer:
        """Return the server; imported late, as the import of twisted's reactor installs it."""
        from localstack.runtime.server.twisted import TwistedRuntimeServer
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import reactor

        class LoopbackServer(TwistedRuntimeServer):
            def register(
                self, gateway: Gateway, listen: list[HostAndPort], ssl_creds: tuple[str, str] | None = None
            ) -> None:
                """Listen without TLS; raise twisted's ``CannotListenError`` where a port is taken."""
                del ssl_creds
                for address in listen:
                    reactor.listenTCP(address.port, TwistedGateway(gateway), interface=address.host)

        return LoopbackServer()
