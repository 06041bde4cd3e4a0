"""Tokens: only hashes are kept, in a file of our own; names, ends, revocation, signatures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from penstock.errors import BadIdError, RefusedError, SettingsError, UnknownError, UsageError
from penstock.http.login import Throttle
from penstock.http.tokens import Tokens

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "http_tokens.json"


def test_only_hashes_are_kept_and_nobody_else_reads_them(file: Path) -> None:
    secret = Tokens(file).create("ci", read_only=True)
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    token = Tokens(file).find(secret)
    assert token is not None
    assert (token.name, token.read_only) == ("ci", True)
    assert Tokens(file).find(secret + "x") is None


def test_a_revoked_token_opens_nothing_in_servers_that_run(file: Path) -> None:
    server, command = Tokens(file), Tokens(file)
    secret = command.create("ci")
    found = server.find(secret)
    assert found is not None
    assert found.usable(NOW)
    command.revoke("ci")
    found = server.find(secret)
    assert found is not None
    assert not found.usable(NOW)
    with pytest.raises(UnknownError):
        command.revoke("nobody")


def test_a_token_ends_by_itself(file: Path) -> None:
    tokens = Tokens(file)
    secret = tokens.create("ci", expires=NOW + timedelta(days=1), now=NOW)
    found = tokens.find(secret)
    assert found is not None
    assert [found.usable(NOW + timedelta(hours=hours)) for hours in (23, 24)] == [True, False]
    with pytest.raises(UsageError, match="could never be used"):
        tokens.create("late", expires=NOW, now=NOW)


def test_names_are_ids_and_one_name_is_one_usable_token(file: Path) -> None:
    tokens = Tokens(file)
    for name in ("root@cli", "a b", "", "../x"):
        with pytest.raises(BadIdError):
            tokens.create(name)
    tokens.create("ci")
    with pytest.raises(RefusedError, match="already"):
        tokens.create("ci")
    tokens.revoke("ci")
    tokens.create("ci")
    assert [token.name for token in tokens.all()] == ["ci"]


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    Tokens(file).create("ci")
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Tokens(file).all()
    file.chmod(0o600)
    file.write_text("{")
    with pytest.raises(SettingsError, match="not a file of tokens"):
        Tokens(file).all()


def test_signatures_hold_for_one_home(file: Path, tmp_path: Path) -> None:
    tokens = Tokens(file)
    tokens.create("ci")
    assert tokens.sign(b"x") == Tokens(file).sign(b"x") != tokens.sign(b"y")
    assert Tokens(tmp_path / "other.json").sign(b"x") != tokens.sign(b"x")


def test_wrong_logins_wait_longer_each_time_and_each_peer_for_itself() -> None:
    throttle = Throttle()
    assert [throttle.fail("a", 0.0) for _ in range(6)] == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert throttle.fail("b", 0.0) == 0.25
    assert throttle.fail("a", 1000.0) == 0.25
    throttle.forgive("b")
    assert throttle.fail("b", 1.0) == 0.25
