import socket

import pytest

from activitypub.network.guard import Blocked, Guard, is_public, make_socket, parse_allowed
from activitypub.urls import parse_url

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "192.0.1.1",
    "198.17.0.1",
    "198.20.0.1",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_made_for_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Blocked):
        make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_socket_is_made_for_a_public_address(address: str) -> None:
    assert is_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with make_socket((family, socket.SOCK_STREAM, 0, "", (address, 443))) as made:
        assert made.family == family


def test_all_refusals_have_the_same_text_so_that_the_connector_keeps_their_class() -> None:
    texts = set()
    for address in ("127.0.0.1", "::1"):
        with pytest.raises(Blocked) as caught:
            make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443)))
        texts.add(str(caught.value))
    assert len(texts) == 1


@pytest.mark.parametrize("url", ["https://a.example/", "https://a.example:8443/x", "https://127.0.0.1/"])
def test_https_on_the_usual_ports_is_allowed(url: str) -> None:
    assert str(Guard().check(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "https://a.example:22/",
        "https://a.example:6379/",
        "https://a.example:8080/",
        "ftp://a.example/",
        "",
        "https://u@a.example/",
    ],
)
def test_other_schemes_and_ports_are_refused(url: str) -> None:
    with pytest.raises(Blocked):
        Guard().check(url)


def test_every_port_may_be_allowed_for_addresses_that_an_operator_typed() -> None:
    guard = Guard(any_port=True)
    for url in ("http://a.example/", "https://a.example:9000/"):
        assert str(guard.check(url)) == url
        assert not guard.allows(guard.check(url)), "private addresses stay refused"
    for url in ("ftp://a.example/", "", "https://u@a.example/"):
        with pytest.raises(Blocked):
            guard.check(url)


def test_a_listed_host_may_be_private_and_use_http() -> None:
    guard = Guard(parse_allowed(["127.0.0.1:8080", "lab.example", " [::1]:80 "]))
    for url in (
        "http://127.0.0.1:8080/x",
        "http://lab.example/",
        "https://lab.example:9999/",
        "http://LAB.example:80/",
        "http://[::1]/",
    ):
        assert guard.allows(guard.check(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8081/",
        "http://x.lab.example/",
        "http://lab.example.evil.example/",
        "http://[::1]:81/",
        "http://127.0.0.2:8080/",
    ],
)
def test_only_the_listed_host_and_port_are_meant(url: str) -> None:
    guard = Guard(parse_allowed(["127.0.0.1:8080", "lab.example", "[::1]:80"]))
    assert not guard.allows(parse_url(url))
    with pytest.raises(Blocked):
        guard.check(url)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.example",
        "a.example/x",
        "http://a.example",
        "10.0.0.0/8",
        "a.example:",
        "a.example:0",
        "a b",
        "u@a.example",
        "a.example:99999",
    ],
)
def test_a_typing_error_in_the_list_allows_nothing(entry: str) -> None:
    with pytest.raises(ValueError, match="not a host"):
        parse_allowed([entry])
