"""Where a scheduler may be, and which addresses are refused without TLS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.errors import UsageError
from penstock.execution.dask.access import Access, access_to, is_loopback, read_access, read_file, write_file


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    found = {}
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("x")
        found[name] = str(tmp_path / name)
    return found


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("127.0.0.1:5", "tcp://127.0.0.1:5"),
        ("localhost", "tcp://localhost:8786"),
        ("tcp://127.0.0.1", "tcp://127.0.0.1:8786"),
        ("[::1]:7", "tcp://[::1]:7"),
        ("127.0.0.1:0", "tcp://127.0.0.1:0"),
    ],
)
def test_loopback_needs_nothing(text: str, whole: str) -> None:
    assert access_to(text, {}) == Access(whole)


@pytest.mark.parametrize(
    "text", ["10.0.0.1:8786", "tcp://prod:1", "0.0.0.0:8786", "[::]:1", "127.0.0.1.example.org"]
)
def test_others_need_tls_or_courage(text: str, files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="certs init DIR"):
        access_to(text, {})
    assert not access_to(text, {}, insecure=True).encrypted
    assert access_to(text.removeprefix("tcp://"), files).encrypted


@pytest.mark.parametrize(
    ("text", "named", "words"),
    [
        ("tls://10.0.0.1:1", (), "needs certificates"),
        ("tcp://10.0.0.1:1", ("ca", "cert", "key"), "not encrypted"),
        ("10.0.0.1:1", ("ca", "cert"), "key is missing"),
        ("10.0.0.1:1", ("ca",), "cert and key is missing"),
        ("ws://10.0.0.1:1", (), "begins with tcp:// or tls://"),
        ("10.0.0.1:banana", (), "is not an address"),
        ("", (), "is not an address"),
        ("10.0.0.1:1/path", (), "is not an address"),
    ],
)
def test_what_is_wrong_is_said(text: str, named: tuple[str, ...], words: str, files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=words):
        access_to(text, {name: files[name] for name in named})


def test_a_file_that_cannot_be_read_is_named(files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="key: /nowhere cannot be read"):
        access_to("10.0.0.1:1", {**files, "key": "/nowhere"})


def test_a_home_s_own_cluster_is_found_by_its_file(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="penstock cluster start"):
        read_access({}, tmp_path)
    found = access_to("127.0.0.1:99", files)
    write_file(tmp_path / "cluster" / "scheduler.json", found)
    assert read_access({}, tmp_path) == found
    assert read_access({"scheduler": "cluster/scheduler.json"}, tmp_path) == found
    assert read_access({"scheduler": "10.1.1.1:3", **{name: name for name in files}}, tmp_path) == Access(
        "tls://10.1.1.1:3", *files.values()
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"address": "nonsense:x"}', "\xff"])
def test_a_file_that_says_nothing_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scheduler.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError):
        read_file(path)


def test_a_file_cannot_make_an_unsafe_address_safe(tmp_path: Path) -> None:
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"address": "tcp://10.0.0.1:8786"}))
    with pytest.raises(UsageError, match="--insecure"):
        read_file(path)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("tcp://127.1.2.3:1", True),
        ("tcp://[::1]:1", True),
        ("tcp://localhost:1", True),
        ("tcp://host:1", False),
    ],
)
def test_what_only_this_machine_reaches(address: str, *, loopback: bool) -> None:
    assert is_loopback(address) == loopback
