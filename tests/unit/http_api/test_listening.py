"""Where the server may listen."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import UsageError
from penstock.http.listening import read_address, refuse_unsafe


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.8.9.1:80", "127.8.9.1", 80, True),
        ("localhost:1", "localhost", 1, True),
        ("[::1]:8080", "::1", 8080, True),
        ("0.0.0.0:8080", "0.0.0.0", 8080, False),
        ("[::]:8080", "::", 8080, False),
        ("192.168.1.5:8080", "192.168.1.5", 8080, False),
        ("localhost.example.org:8080", "localhost.example.org", 8080, False),
    ],
)
def test_addresses(text: str, host: str, port: int, loopback: bool) -> None:
    address = read_address(text)
    assert (address.host, address.port, address.loopback) == (host, port, loopback)


@pytest.mark.parametrize(
    "text", ["8080", ":8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "unix:", ""]
)
def test_what_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_address(text)


def test_other_machines_need_certificates_and_a_token(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    everywhere, here = read_address("0.0.0.0:1"), read_address("127.0.0.1:1")
    refuse_unsafe(here, None, None, tokens=False)
    refuse_unsafe(read_address("unix:x"), None, None, tokens=False)
    with pytest.raises(UsageError, match="needs TLS"):
        refuse_unsafe(everywhere, None, None, tokens=True)
    with pytest.raises(UsageError, match="does not exist"):
        refuse_unsafe(everywhere, cert, key, tokens=True)
    cert.touch()
    key.touch()
    with pytest.raises(UsageError, match="no token"):
        refuse_unsafe(everywhere, cert, key, tokens=False)
    with pytest.raises(UsageError, match="both"):
        refuse_unsafe(here, cert, None, tokens=True)
    refuse_unsafe(everywhere, cert, key, tokens=True)
