"""One HTTP request to an unknown server: pinned to the address that was looked at, bounded in time.

Redirects are not followed, proxies of the environment are not used, and the answer's body is not read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from functools import cache

from functions.notify.ports import PostAnswer, UndeliveredError
from shared.clock import Monotonic, monotonic
from shared.errors import TransientError
from shared.notifications.addresses import Endpoint, Resolve, UrlRefusedError, locate, parse, resolve_name

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
# How many of a name's addresses are tried; all of them were looked at.
MAX_ADDRESSES = 2


class PinnedPost:
    """See Post; ``seconds`` bounds a request as a whole, ``local`` lets the loopback and plain HTTP pass."""

    def __init__(
        self,
        *,
        local: bool = False,
        resolve: Resolve = resolve_name,
        context: ssl.SSLContext | None = None,
        seconds: float = TOTAL_SECONDS,
        monotonic: Monotonic = monotonic,
    ) -> None:
        self._local = local
        self._resolve = resolve
        self._context = context
        self._seconds = seconds
        self._monotonic = monotonic

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
        """Resolve once, connect to what was vetted, ask for the name."""
        try:
            endpoint = parse(url, local=self._local)
            addresses = locate(endpoint, self._resolve, local=self._local)
        except (UrlRefusedError, TransientError) as error:
            raise UndeliveredError(error.code) from error
        deadline = self._monotonic() + self._seconds
        failure = UndeliveredError("not-connected")
        for address in addresses[:MAX_ADDRESSES]:
            left = max(0.0, deadline - self._monotonic())
            connection = _Connection(endpoint, address, self._tls(endpoint), left)
            try:
                connection.connect()
            except (OSError, ssl.SSLError) as error:
                failure = UndeliveredError(_code(error, connection))
                connection.close()
                continue
            return _ask(connection, endpoint, headers, body)
        raise failure

    def _tls(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        if endpoint.scheme == "http":
            return None
        return self._context or _public_tls()


class _Connection(http.client.HTTPConnection):
    """A connection to a given address, which asks for the name of the endpoint, and ends after ``seconds``.

    Time-outs of sockets count anew at each piece, of which a slow server can send a great many.
    """

    def __init__(
        self, endpoint: Endpoint, address: str, context: ssl.SSLContext | None, seconds: float
    ) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=max(0.1, seconds))
        self.auto_open = 0
        self._address = address
        self._tls = context
        self.late = False
        self._watch = threading.Timer(seconds, self._cut)
        self._watch.daemon = True

    def connect(self) -> None:
        """Connect to the address; the certificate has to be the name's."""
        self._watch.start()
        timeout = min(CONNECT_SECONDS, self.timeout or CONNECT_SECONDS)
        self.sock = socket.create_connection((self._address, self.port), timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(self.timeout)

    def close(self) -> None:
        """End the connection and its watch."""
        self._watch.cancel()
        super().close()

    def _cut(self) -> None:
        self.late = True
        if self.sock is not None:
            try:
                # Of the plain socket also below TLS: a reader that waits for a piece of the answer wakes up.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return


def _ask(connection: _Connection, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> PostAnswer:
    try:
        connection.request("POST", endpoint.target, body, {**headers, "Host": endpoint.authority})
        response = connection.getresponse()
        response.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UndeliveredError(_code(error, connection)) from error
    finally:
        connection.close()
    if connection.late:
        # What was cut off may look like an answer with few headers.
        raise UndeliveredError("timeout")
    return PostAnswer(response.status, response.getheader("Retry-After"))


def _code(error: Exception, connection: _Connection) -> str:
    """Return a short word for what went wrong; never the error's own text, which the other side chose."""
    if connection.late or isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls-failed"
    if isinstance(error, ConnectionRefusedError):
        return "connection-refused"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "connection-lost"
    return "not-connected" if isinstance(error, OSError) else "invalid-answer"


@cache
def _public_tls() -> ssl.SSLContext:
    return ssl.create_default_context()
