"""Which URLs may be called: decided on the parsed URL, on every address its name has, and on every socket.

Three times, because each has fooled somebody alone: a literal never meets the resolver, a name's addresses
change between two look-ups, and a socket is the last moment before a byte leaves.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from ..errors import ConfigError, UrlRefused

Address = IPv4Address | IPv6Address

#: The ports web servers stand on. Others speak protocols that a request could be made to speak.
PORTS = frozenset({80, 443, 8443})

#: Translation prefix of networks that have IPv6 only: the last 32 bits are the IPv4 address really called.
_NAT64 = IPv6Network("64:ff9b::/96")

#: Not public, whatever `ipaddress` of this Python version says of them.
_NEVER = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # looks public; inside a large cloud it is the machine's own host
            "192.0.0.0/24",  # protocol assignments, a cloud's metadata among them
            "192.88.99.0/24",  # 6to4 relays
            "2001::/32",  # Teredo: an IPv4 address in disguise, used by nobody any more
            "2002::/16",  # 6to4: the same
            "64:ff9b:1::/48",  # NAT64 for private use
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "fec0::/10",  # site-local, of old
        ),
    )
)

#: Characters that a part of a host's name may have.
_LABEL = 63
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.:")


def plain(address: Address) -> Address:
    """The address really called: IPv4 unwrapped from the IPv6 forms that machines translate by themselves."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could call this address. Takes a `plain` one."""
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _NEVER)


class Gate:
    """Says which URLs, addresses and sockets may be used; each method raises UrlRefused for the others.

    `allow` holds what the operator trusts beyond public https on the usual ports: `host`, `host:port`,
    `10.1.2.3`, `[::1]:8080` or `192.168.0.0/16`. A listed name or address may also use http, and any port
    unless one is given. A listed network opens its addresses; a name that resolves into it still needs https.
    Raises ConfigError for an entry that is none of these.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._names: set[tuple[str, int | None]] = set()
        self._networks: list[tuple[IPv4Network | IPv6Network, int | None]] = []
        for entry in allow:
            self._list(entry)
        self._opened: set[tuple[Address, int]] = set()  # addresses that listed names turned out to have

    def admit(self, text: str) -> URL:
        """Parse a URL, once and for all: what is returned is what must be called."""
        if any(character <= " " or character in "\\\x7f" for character in text):
            raise UrlRefused("The URL holds a space, a control character or a backslash")
        try:
            url = URL(text)
            host, port = (url.raw_host or "").rstrip(".").lower(), url.port
        except ValueError as error:
            raise UrlRefused("The URL cannot be read") from error
        if url.scheme not in ("http", "https") or not host or port is None:
            raise UrlRefused("Only https addresses can be called")
        if "@" in url.raw_authority:
            raise UrlRefused("A URL must not carry a user name or password")
        if not _HOST_CHARACTERS.issuperset(host):
            raise UrlRefused("The URL's host holds characters that no host has")
        literal = _literal(host)
        if not literal and any(not 0 < len(label) <= _LABEL for label in host.split(".")):
            raise UrlRefused("The URL's host has a part that is empty or too long")
        if not (self._named(host, port) or (literal and self._listed(plain(literal), port))):
            if url.scheme != "https":
                raise UrlRefused(f"'{host}' can be called by https only")
            if port not in PORTS:
                raise UrlRefused(f"Port {port} cannot be called")
            if literal:
                self.resolved(host, port, literal)
        return url

    def resolved(self, host: str, port: int, address: Address) -> None:
        """Check one address that a host's name has. Messages never tell which it is."""
        address = plain(address)
        if is_public(address) or self._listed(address, port):
            return
        if not self._named(host.rstrip(".").lower(), port):
            raise UrlRefused(f"'{host}' is not on the public Internet")
        self._opened.add((address, port))

    def connecting(self, address: Address, port: int) -> None:
        """Check the address of a socket that is about to connect."""
        address = plain(address)
        if not (is_public(address) or self._listed(address, port) or (address, port) in self._opened):
            raise UrlRefused("The address is not on the public Internet")

    def _named(self, host: str, port: int) -> bool:
        return (host, port) in self._names or (host, None) in self._names

    def _listed(self, address: Address, port: int) -> bool:
        return any(address in network and only in (None, port) for network, only in self._networks)

    def _list(self, entry: str) -> None:
        for host, port in _readings(entry.strip().lower()):
            try:
                self._networks.append((ip_network(host), port))
            except ValueError:
                continue
            return
        host, _, digits = entry.strip().lower().partition(":")
        named = host and _HOST_CHARACTERS.issuperset(host) and not _ends_in_number(host)
        if not named or (digits and not _is_port(digits)) or (":" in entry and not digits):
            raise ConfigError(f"'{entry}' is not a host, host:port, address or network that can be allowed")
        self._names.add((host.rstrip("."), int(digits) if digits else None))


def _readings(entry: str) -> Iterator[tuple[str, int | None]]:
    """The ways in which an entry may be an address or a network, with or without a port."""
    yield entry.removeprefix("[").removesuffix("]"), None
    host, _, digits = entry.rpartition(":")
    if _is_port(digits) and (host.startswith("[") or ":" not in host):
        yield host.removeprefix("[").removesuffix("]"), int(digits)


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and 0 < int(digits) < 65536


def _literal(host: str) -> Address | None:
    """The address a host is written as, or None for a name.

    Refuses 0x7f.1, 017700000001, 2130706433 and the like: every library reads those in its own way.
    """
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or _ends_in_number(host):
            raise UrlRefused("A numeric host must be a plain address such as 203.0.114.9") from None
        return None


def _ends_in_number(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdecimal() or last.startswith("0x")
