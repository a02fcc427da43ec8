"""Which URLs webhooks may go to; every form that is refused."""

from __future__ import annotations

import socket

import pytest

from shared.errors import TransientError
from shared.notifications.addresses import UrlRefusedError, locate, parse, resolve_name

REFUSED_URLS = {
    "plain http": "http://hooks.acme.com/x",
    "another scheme": "ftp://hooks.acme.com/x",
    "a file": "file:///etc/passwd",
    "a gopher": "gopher://hooks.acme.com:70/x",
    "no scheme": "hooks.acme.com/x",
    "no host": "https:///x",
    "a user": "https://user@hooks.acme.com/x",
    "a user and a password": "https://user:word@hooks.acme.com/x",
    "an empty user": "https://@hooks.acme.com/x",
    "a host that looks like another's user": "https://hooks.acme.com@127.0.0.1/x",
    "a fragment": "https://hooks.acme.com/x#y",
    "a backslash": "https://hooks.acme.com\\@127.0.0.1/x",
    "a space": "https://hooks.acme.com /x",
    "a tab": "https://hooks.acme\t.com/x",
    "a line break": "https://hooks.acme.com/x\r\nHost: inner",
    "a zero": "https://hooks.acme.com/\x00",
    "a name beyond ASCII": "https://höcker.acme.com/x",
    "full-width digits": "https://１２７.０.０.１/x",
    "an ideographic full stop": "https://127。0。0。1/x",
    "a circled letter": "https://ⓛocalhost/x",
    "an encoded host": "https://%31%32%37.0.0.1/x",
    "an underscore": "https://my_hook.acme.com/x",
    "an empty label": "https://hooks..acme.com/x",
    "a dot at the end": "https://hooks.acme.com./x",
    "a hyphen in front": "https://-hooks.acme.com/x",
    "a label that is too long": f"https://{'a' * 64}.com/x",
    "a name that is too long": f"https://{'a.' * 127}com/x",
    "a URL that is too long": f"https://hooks.acme.com/{'x' * 2000}",
    "port 22": "https://hooks.acme.com:22/x",
    "port 80": "https://hooks.acme.com:80/x",
    "port 6379": "https://hooks.acme.com:6379/x",
    "port 0": "https://hooks.acme.com:0/x",
    "a port that is none": "https://hooks.acme.com:99999/x",
    "a port in letters": "https://hooks.acme.com:https/x",
    "localhost": "https://localhost/x",
    "localhost in capitals": "https://LOCALHOST/x",
    "a name below localhost": "https://a.localhost/x",
    "a single label": "https://intranet/x",
    "the local domain": "https://printer.local/x",
    "an instance's name": "https://ip-10-0-0-1.eu-central-1.compute.internal/x",
    "the metadata's name at a neighbour": "https://metadata.google.internal/x",
    "the loopback": "https://127.0.0.1/x",
    "the whole loopback": "https://127.255.255.254/x",
    "this host": "https://0.0.0.0/x",
    "private 10": "https://10.1.2.3/x",
    "private 172.16": "https://172.16.0.1/x",
    "private 172.31": "https://172.31.255.255/x",
    "private 192.168": "https://192.168.1.1/x",
    "carrier-grade NAT": "https://100.64.0.1/x",
    "link-local": "https://169.254.1.1/x",
    "the metadata service": "https://169.254.169.254/latest/meta-data/",
    "the container credentials": "https://169.254.170.2/v2/credentials",
    "the metadata of another cloud": "https://168.63.129.16/x",
    "multicast": "https://224.0.0.1/x",
    "the broadcast": "https://255.255.255.255/x",
    "reserved": "https://240.0.0.1/x",
    "benchmarking": "https://198.18.0.1/x",
    "documentation": "https://192.0.2.1/x",
    "protocol assignments": "https://192.0.0.8/x",
    "a decimal number": "https://2130706433/x",
    "an octal number": "https://017700000001/x",
    "a hexadecimal number": "https://0x7f000001/x",
    "octal parts": "https://0177.0.0.1/x",
    "hexadecimal parts": "https://0x7f.0x0.0x0.0x1/x",
    "a hexadecimal last part": "https://127.0.0.0x1/x",
    "two parts": "https://127.1/x",
    "three parts": "https://127.0.1/x",
    "zeros in front": "https://127.000.000.001/x",
    "an address with a dot at the end": "https://127.0.0.1./x",
    "five parts": "https://1.127.0.0.1/x",
    "a public address in decimal": "https://134744072/x",
    "IPv6 loopback": "https://[::1]/x",
    "IPv6 unspecified": "https://[::]/x",
    "IPv6 of the metadata service": "https://[fd00:ec2::254]/x",
    "IPv6 unique local": "https://[fc00::1]/x",
    "IPv6 link-local": "https://[fe80::1]/x",
    "IPv6 with a zone": "https://[fe80::1%25eth0]/x",
    "IPv6 site-local": "https://[fec0::1]/x",
    "IPv6 multicast": "https://[ff02::1]/x",
    "IPv6 documentation": "https://[2001:db8::1]/x",
    "mapped IPv4": "https://[::ffff:127.0.0.1]/x",
    "mapped IPv4 in hexadecimal": "https://[::ffff:7f00:1]/x",
    "mapped metadata": "https://[::ffff:169.254.169.254]/x",
    "mapped public IPv4": "https://[::ffff:8.8.8.8]/x",
    "compatible IPv4": "https://[::127.0.0.1]/x",
    "translated IPv4 (SIIT)": "https://[::ffff:0:127.0.0.1]/x",
    "NAT64": "https://[64:ff9b::127.0.0.1]/x",
    "NAT64 of the metadata": "https://[64:ff9b::a9fe:a9fe]/x",
    "local-use NAT64": "https://[64:ff9b:1::10.0.0.1]/x",
    "6to4": "https://[2002:7f00:1::]/x",
    "6to4 of the metadata": "https://[2002:a9fe:a9fe::1]/x",
    "Teredo": "https://[2001:0:7f00:1::1]/x",
    "ORCHID": "https://[2001:20::1]/x",
    "discard-only": "https://[100::1]/x",
    "brackets that do not close": "https://[::1/x",
    "no address in brackets": "https://[localhost]/x",
}  # fmt: skip

ACCEPTED = {
    "https://hooks.acme.com": ("hooks.acme.com", 443, "/", "hooks.acme.com"),
    "https://HOOKS.Acme.com/x?a=b&c": ("hooks.acme.com", 443, "/x?a=b&c", "hooks.acme.com"),
    "https://hooks.acme.com:8443/": ("hooks.acme.com", 8443, "/", "hooks.acme.com:8443"),
    "https://xn--hcker-jua.acme.com/x": ("xn--hcker-jua.acme.com", 443, "/x", "xn--hcker-jua.acme.com"),
    "https://8.8.8.8/x": ("8.8.8.8", 443, "/x", "8.8.8.8"),
    "https://[2606:4700::1111]/x": ("2606:4700::1111", 443, "/x", "[2606:4700::1111]"),
    "https://1.2.3.4.nip.io/x": ("1.2.3.4.nip.io", 443, "/x", "1.2.3.4.nip.io"),
}

# What a name may answer with and must not be connected to: the same, as addresses.
REFUSED_ADDRESSES = [
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254",
    "172.16.0.1", "192.0.0.192", "192.168.0.1", "198.19.0.1", "203.0.113.7", "224.0.0.251", "255.255.255.255",
    "::", "::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::",
    "2001::1", "2001:db8::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1",
    "no address",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED_URLS.values(), ids=REFUSED_URLS)
def test_refused(url: str) -> None:
    with pytest.raises(UrlRefusedError) as refusal:
        parse(url)
    assert url not in refusal.value.detail


@pytest.mark.parametrize(("url", "parts"), ACCEPTED.items())
def test_accepted(url: str, parts: tuple[str, int, str, str]) -> None:
    endpoint = parse(url)
    assert (endpoint.host, endpoint.port, endpoint.target, endpoint.authority) == parts


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_a_name_with_one_closed_address_is_refused_whatever_else_it_has(address: str) -> None:
    endpoint = parse("https://hooks.acme.com/x")
    with pytest.raises(UrlRefusedError):
        locate(endpoint, lambda *_: ("93.184.215.14", address))


def test_a_name_with_open_addresses_alone_is_located() -> None:
    found = ("93.184.215.14", "2606:4700::1111")
    assert locate(parse("https://hooks.acme.com/x"), lambda *_: found) == found


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(UrlRefusedError, match="no address"):
        locate(parse("https://hooks.acme.com/x"), lambda *_: ())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8123/x", "http://localhost:9/x", "http://[::1]:9/x", "https://127.0.0.1:9999/"]
)
def test_a_local_stack_lets_its_own_machine_in(url: str) -> None:
    assert parse(url, local=True).origin == url.rpartition("/")[0]
    with pytest.raises(UrlRefusedError):
        parse(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://169.254.169.254/", "http://u@localhost/", "http://2130706433/"]
)
def test_a_local_stack_lets_nothing_else_in(url: str) -> None:
    with pytest.raises(UrlRefusedError):
        parse(url, local=True)


def test_a_local_stack_goes_by_what_the_name_resolves_to() -> None:
    endpoint = parse("http://localhost:9/x", local=True)
    assert locate(endpoint, lambda *_: ("127.0.0.1",), local=True) == ("127.0.0.1",)
    with pytest.raises(UrlRefusedError):
        locate(endpoint, lambda *_: ("10.0.0.1",), local=True)


def test_the_system_resolves_addresses_without_asking_anybody() -> None:
    assert resolve_name("127.0.0.1", 443) == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(socket.gaierror(socket.EAI_NONAME, "unknown"), ()), (UnicodeError("label too long"), ())],
)
def test_an_unknown_name_has_no_address(
    monkeypatch: pytest.MonkeyPatch, error: Exception, expected: tuple[str, ...]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert resolve_name("hooks.acme.com", 443) == expected


def test_names_that_cannot_be_resolved_now_are_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(TransientError, match="cannot be resolved now"):
        resolve_name("hooks.acme.com", 443)
