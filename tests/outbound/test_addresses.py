"""Where our own client may go: of forty ways to write an address that is not of the open internet, none."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest

from hub.outbound import Outbound, Rules, Unreached, Unwanted, check, is_open

ANY = "0.0.0.0"  # noqa: S104 - an address to refuse
OPEN = Rules()
OWN = Rules(allows_own_networks=True, allows_http=True)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1",
     "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
     "::127.0.0.1", "::7f00:1"],
)  # fmt: skip
def test_own_networks_are_closed_unless_a_setting_opens_them(address: str) -> None:
    assert not is_open(ip_address(address), OPEN)
    assert is_open(ip_address(address), OWN)


@pytest.mark.parametrize(
    "address",
    [ANY, "0.1.2.3", "169.254.169.254", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
     "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "::", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
     "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::",
     "2001::1", "2001:db8::1", "100::1", "3fff::1", "5f00::1", "::169.254.169.254", "64:ff9b::e000:1"],
)  # fmt: skip
def test_what_is_nobodys_network_is_always_closed(address: str) -> None:
    assert not is_open(ip_address(address), OPEN)
    assert not is_open(ip_address(address), OWN)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_the_open_internet_is_open(address: str) -> None:
    assert is_open(ip_address(address), OPEN)


@pytest.mark.parametrize(
    "url",
    ["http://one.example/", "ftp://one.example/", "file:///etc/passwd", "gopher://one.example/", "//one.example/",
     "one.example", "", "https://", "https:///path", "https://user@one.example/", "https://user:word@one.example/",
     "https://one.example/#part", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
     "https://[fe80::1%25eth0]/", "https://10.0.0.1:8443/", "https://one.example/a b", "https://one.example/\r\nX: y",
     "https://one.example:99999/", "https://one.example:x/", "https://[::1/", "https://" + "a" * 3000 + ".example/",
     "javascript:alert(1)", "https://169.254.169.254/latest/meta-data", "https://\x00one.example/"],
)  # fmt: skip
def test_what_is_no_address_to_call_is_refused(url: str) -> None:
    with pytest.raises(Unwanted):
        check(url, OPEN)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1.", "0", ANY,
     "127。0。0。1", "①②⑦.0.0.1", "localhost.", "LOCALHOST", "ip6-localhost", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"],
)  # fmt: skip
async def test_no_spelling_of_this_machine_reaches_it(host: str) -> None:
    """A server listens here; nobody may come by."""
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.settimeout(0)
        client = Outbound(Rules(allows_http=True))
        with pytest.raises((Unwanted, Unreached)):
            async with client.open("GET", f"http://{host}:{canary.getsockname()[1]}/", headers={}, seconds=3):
                pass
        await client.close()
        with pytest.raises(BlockingIOError):
            canary.accept()


class Names:
    """A resolver whose answers a test gives: one list for each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        assert host
        self.asked += 1
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in self.answers.pop(0)
        ]


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1", "8.8.8.8"], ["fe80::1%2"], ["64:ff9b::7f00:1"]],
)
async def test_a_name_with_one_closed_address_is_closed(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(answers)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo)
    client = Outbound(OPEN)
    with pytest.raises(Unwanted, match="leads to an address that is not of the open internet"):
        async with client.open("GET", "https://system.example/", headers={}, seconds=3):
            pass
    await client.close()
    assert names.asked == 1


async def test_a_name_that_changes_its_mind_is_asked_once_for_a_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address that was looked at is the one connected to: a second answer has no say."""
    with socket.socket() as server, socket.socket() as canary:
        for each in (server, canary):
            each.settimeout(0)
        server.bind(("127.0.0.2", 0))
        canary.bind(("127.0.0.3", server.getsockname()[1]))
        server.listen()
        canary.listen()
        names = Names(["127.0.0.2"], ["127.0.0.3"], ["127.0.0.3"])
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo)
        client = Outbound(OWN)
        with pytest.raises(Unreached):
            async with client.open(
                "GET", f"http://system.example:{server.getsockname()[1]}/", headers={}, seconds=0.5
            ):
                pass
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            canary.accept()
        assert names.asked == 1
        await client.close()
