"""What the gate lets through, without a network."""

from ipaddress import ip_address

import pytest

from chatgrow_bot.errors import ConfigError, UrlRefused
from chatgrow_bot.safety.gate import Gate, is_public, plain

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450::1",
]
DISGUISED_PUBLIC = ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("text", PUBLIC + DISGUISED_PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(plain(ip_address(text)))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a?b=c#d",
        "https://EXAMPLE.com",
        "https://example.com:443/",
        "https://example.com:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://bücher.example/",
        "https://example.com./",
        "https://my_host.example.com/",
        "https://1password.com/",
        "https://example.com/path@with:signs",
    ],
)
def test_ordinary_urls_pass(url: str) -> None:
    assert Gate().admit(url).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "https://",
        "https:///path",
        "https:example.com",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/plain,hello",
        "gopher://example.com:443/",
        "ws://example.com/",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com@8.8.8.8/",
        "https://example.com\\@8.8.8.8/",
        "https://a..example.com/",
        f"https://{'x' * 64}.example.com/",
        "https://example.com\\.evil.example/",
        " https://example.com/",
        "https://exam\tple.com/",
        "https://exam\nple.com/",
        "https://example.com/\r\nHost: x",
        "https://example.com/\0",
        "https://exa%6dple.com/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://example.com:443:443/",
    ],
)
def test_everything_odd_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        Gate().admit(url)


@pytest.mark.parametrize(
    ("entry", "passes", "refused"),
    [
        ("nas.lan", "http://nas.lan:9000/", "http://nas.example/"),
        ("NAS.lan", "http://nas.LAN/", "http://sub.nas.lan/"),
        ("nas.lan:9000", "http://nas.lan:9000/", "http://nas.lan:9001/"),
        ("10.1.2.3", "http://10.1.2.3:81/", "http://10.1.2.4:81/"),
        ("10.1.2.3:81", "http://10.1.2.3:81/", "http://10.1.2.3:82/"),
        ("10.0.0.0/8", "http://10.9.9.9/", "http://11.9.9.9/"),
        ("::1", "http://[::1]:81/", "http://[::2]:81/"),
        ("[::1]:81", "http://[::1]:81/", "http://[::1]:82/"),
        ("fd00::/8", "http://[fd12::1]/", "http://[fc12::1]/"),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.1]/", "http://[::ffff:127.0.0.1]/"),
    ],
)
def test_what_the_operator_lists_passes_and_nothing_beside_it(entry: str, passes: str, refused: str) -> None:
    gate = Gate([entry])
    assert gate.admit(passes)
    with pytest.raises(UrlRefused):
        gate.admit(refused)


def test_a_listed_name_opens_only_the_addresses_it_was_seen_to_have() -> None:
    gate = Gate(["nas.lan"])
    with pytest.raises(UrlRefused):
        gate.connecting(ip_address("10.0.0.5"), 443)
    gate.resolved("nas.lan", 443, ip_address("10.0.0.5"))
    gate.connecting(ip_address("10.0.0.5"), 443)
    for address, port in (("10.0.0.5", 80), ("10.0.0.6", 443)):
        with pytest.raises(UrlRefused):
            gate.connecting(ip_address(address), port)
    with pytest.raises(UrlRefused):
        gate.resolved("other.example", 443, ip_address("10.0.0.5"))


@pytest.mark.parametrize(
    "entry", ["", "10.0.0.5/8", "10.0.0.300", "nas.lan:", "nas.lan:0", "http://nas.lan", "a b", "0x7f.1"]
)
def test_a_list_entry_that_means_nothing_is_a_configuration_error(entry: str) -> None:
    with pytest.raises(ConfigError):
        Gate([entry])
