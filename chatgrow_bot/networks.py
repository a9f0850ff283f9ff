"""Addresses on the network: whose a request is, and whom to count it to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

#: Bits of an IPv6 address by which one party is known: each gets a network of that size, or a larger one.
_PARTY = 64


def address_in(said: str) -> str:
    """The address in what a proxy says of a caller, where a port may follow it; empty when there is none."""
    text = said.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    found = _address(text)
    return str(found) if found else ""


def party(address: str) -> str:
    """What one party holds: a single IPv4 address, but a whole /64 of IPv6."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found.packed, _PARTY), strict=False))
    return str(found) if found else address


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
