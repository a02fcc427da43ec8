"""Whatever way an address is written or wrapped: what is not of the internet is not gone to."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notifications.addresses import UrlRefusedError, locate, parse

PRIVATE = [
    IPv4Network(one)
    for one in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
]
FORMS: list[Callable[[IPv4Address], str]] = [
    str,
    lambda ip: str(int(ip)),
    lambda ip: hex(int(ip)),
    lambda ip: f"0{int(ip):o}",
    lambda ip: ".".join(f"0{part:o}" for part in ip.packed),
    lambda ip: ".".join(f"0x{part:x}" for part in ip.packed),
    lambda ip: f"{ip.packed[0]}.{int(ip) & 0xFFFFFF}",
    lambda ip: f"{ip.packed[0]}.{ip.packed[1]}.{int(ip) & 0xFFFF}",
    lambda ip: f"{ip}.",
    lambda ip: f"[::ffff:{ip}]",
    lambda ip: f"[::{ip}]",
    lambda ip: f"[64:ff9b::{ip}]",
    lambda ip: f"[64:ff9b:1::{ip}]",
    lambda ip: f"[{IPv6Address(0x2002 << 112 | int(ip) << 80)}]",
    lambda ip: f"[{IPv6Address(0x20010000 << 96 | int(ip))}]",
]


@st.composite
def within(draw: st.DrawFn, networks: list[IPv4Network]) -> IPv4Address:
    network = draw(st.sampled_from(networks))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@given(within(PRIVATE), st.sampled_from(FORMS))
def test_a_private_address_is_refused_in_every_form(
    ip: IPv4Address, form: Callable[[IPv4Address], str]
) -> None:
    with pytest.raises(UrlRefusedError):
        parse(f"https://{form(ip)}/x")


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), within(PRIVATE)))
def test_what_the_standard_library_calls_private_is_refused(ip: IPv4Address | IPv6Address) -> None:
    endpoint = parse("https://hooks.acme.com/x")
    try:
        locate(endpoint, lambda *_: (str(ip),))
    except UrlRefusedError:
        return
    assert ip.is_global
    assert not ip.is_multicast


@given(st.ip_addresses(v=6, network=IPv6Network("2a00::/12")))
def test_the_internets_own_addresses_are_gone_to(ip: IPv6Address) -> None:
    assert locate(parse("https://hooks.acme.com/x"), lambda *_: (str(ip),)) == (str(ip),)
    assert ip_address(parse(f"https://[{ip}]/x").host) == ip
