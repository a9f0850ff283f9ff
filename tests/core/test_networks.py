"""Addresses on the network: read as proxies write them, and counted to whoever holds them."""

import pytest

from chatgrow_bot.networks import address_in, party


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4:5678 ", "1.2.3.4"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:5678", "2001:db8::1"),
        ("unknown", ""),
        ("_hidden:80", ""),
        ("evil\n [error]", ""),
        ("1.2.3", ""),
        ("", ""),
    ],
)
def test_an_address_is_read_without_its_port_and_nothing_else_is_one(said: str, address: str) -> None:
    assert address_in(said) == address


def test_one_party_holds_an_ipv4_address_or_a_whole_64_of_ipv6() -> None:
    assert party("1.2.3.4") == party("::ffff:1.2.3.4") == "1.2.3.4"
    assert party("1.2.3.4") != party("1.2.3.5")
    assert party("2001:db8:1:2::1") == party("2001:db8:1:2:ffff::9") != party("2001:db8:1:3::1")
    assert party("") == ""
