"""Where webhooks may go: to servers of the internet, and to nothing that only we can reach.

A URL is looked at when it is registered and again before each delivery. Its name is resolved once, every
address it has must be one of the public internet, and the connection goes to an address that was looked at:
a name that answers differently the next time gains nothing. See docs/decisions/0024.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from shared.errors import ClauseworksError, TransientError

MAX_URL = 2000
RESOLVE_SECONDS = 5.0
PORTS = frozenset({443, 8443})

_PLAIN = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What ends so is a number to a resolver of names, in whatever base.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_HOST = 253
# Names that mean something within a network only, or nothing at all.
_INNER = (
    "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
    "localhost", "onion", "private", "test",
)  # fmt: skip

# What the registries of special-purpose addresses (RFC 6890) set aside, and two that clouds answer at.
_CLOSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
# All of the internet's IPv6 lies in here: mapped, compatible and translated IPv4 (::ffff:0:0/96, ::/96,
# 64:ff9b::/96), unique local, link-local and multicast addresses do not.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
# Teredo and the other protocol assignments, documentation, and 6to4, which carries IPv4 addresses.
_CLOSED_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)

Resolve = Callable[[str, int], Sequence[str]]


class UrlRefusedError(ClauseworksError):
    """Webhooks do not go there; ``detail`` says why, without the address."""

    status = 422

    def __init__(self, detail: str) -> None:
        super().__init__("webhook-url-refused", detail)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL in its parts; ``target`` is the path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return the part that people may see: a path may be as secret as a password."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str, *, local: bool = False) -> Endpoint:
    """Return the parts of a URL that webhooks may go to, as far as it tells by itself.

    ``local`` lets http, every port and the loopback pass: for a stack on one's own machine. Raises
    UrlRefusedError.
    """
    if len(url) > MAX_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise UrlRefusedError(f"A webhook's URL has at most {MAX_URL} characters, printable ASCII only.")
    parts, host, port = _split(url)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise UrlRefusedError("A webhook's URL begins with https://.")
    if "@" in parts.netloc:
        raise UrlRefusedError("A webhook's URL holds no user and no password.")
    if "#" in url:
        raise UrlRefusedError("A webhook's URL has no fragment.")
    port = port if port is not None else 443 if parts.scheme == "https" else 80
    if not local and port not in PORTS:
        raise UrlRefusedError(f"Webhooks go to the ports {' and '.join(map(str, sorted(PORTS)))}.")
    _check_host(host, parts.netloc, local=local)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, host, port, target)


def locate(endpoint: Endpoint, resolve: Resolve, *, local: bool = False) -> Sequence[str]:
    """Return the addresses of an endpoint, each of which a connection may go to.

    Raises UrlRefusedError where one of them is not open to webhooks, or where there is none, and
    TransientError where names cannot be resolved now.
    """
    addresses = resolve(endpoint.host, endpoint.port)
    if not addresses:
        raise UrlRefusedError("The name in the webhook's URL has no address.")
    for address in addresses:
        _require_open(address, local=local)
    return addresses


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name; none for an unknown one. Raises TransientError."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="resolve")
    try:
        resolved = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(
            RESOLVE_SECONDS
        )
    except Late:
        raise TransientError(
            "name-not-resolved", "The webhook's name could not be resolved in time."
        ) from None
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise TransientError("name-not-resolved", "The webhook's name cannot be resolved now.") from error
        return ()
    except UnicodeError:
        return ()
    finally:
        pool.shutdown(wait=False)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in resolved))


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UrlRefusedError("The webhook's URL cannot be read.") from None
    return parts, host, port


def _check_host(host: str, netloc: str, *, local: bool) -> None:
    """Refuse hosts that are no names of the internet, and addresses that are not written as such."""
    if "[" in netloc or ":" in host:
        _require_open(host, local=local)
        return
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        # Only four decimal numbers are an address to everybody: 0x7f.1, 017700000001 and 2130706433 are
        # one to some.
        try:
            plain = str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            plain = False
        if not plain:
            raise UrlRefusedError("The webhook's URL writes an address in a form that is not accepted.")
        _require_open(host, local=local)
        return
    if local and host == "localhost":
        return
    if len(host) > _MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise UrlRefusedError("The webhook's URL has no valid host name; write others in their xn-- form.")
    if len(labels) == 1 or labels[-1] in _INNER:
        raise UrlRefusedError("The host of the webhook's URL is no name of the internet.")


def _require_open(address: str, *, local: bool) -> None:
    if "%" in address or not _is_open(address, local=local):
        raise UrlRefusedError(
            "The webhook's URL leads to an address that is not open to webhooks: private, reserved, or ours."
        )


def _is_open(address: str, *, local: bool) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if local and ip.is_loopback:
        return True
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _CLOSED_V4)
    return ip in _OPEN_V6 and not any(ip in network for network in _CLOSED_V6)
