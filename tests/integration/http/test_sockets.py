"""The sockets of the HTTP API."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from penstock.errors import UsageError
from penstock.http.listening import Address, bind, read_address


def test_a_unix_socket_is_ours_alone_and_replaces_a_dead_one(tmp_path: Path) -> None:
    address = Address(path=tmp_path / "http.sock")
    with bind(address) as first:
        assert (tmp_path / "http.sock").stat().st_mode & 0o777 == 0o600
        assert first.family == socket.AF_UNIX
        with pytest.raises(UsageError, match="another server"):
            bind(address)
    bind(address).close()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="not a socket"):
        bind(Address(path=tmp_path / "file"))


def test_a_port_in_use_is_said() -> None:
    with bind(read_address("127.0.0.1:0")) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            bind(Address(host="127.0.0.1", port=port))
