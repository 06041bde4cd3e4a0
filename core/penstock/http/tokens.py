"""Tokens of the HTTP API: a file of the home that only its user can read, with hashes alone.

A token is 32 random bytes, so a plain SHA-256 keeps it: there is nothing to guess. The file is no part of
the engine's state, because tokens are made and revoked without an engine, and only the server of the API
reads them. It is replaced whole, under a lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from penstock.errors import RefusedError, SettingsError, UnknownError, UsageError
from penstock.ids import check_id
from penstock.trust import make_folder

PREFIX = "pst_"
_LONGEST_NAME = 100


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One token: a name, which is the actor in events, and the hash of its secret."""

    name: str
    hash: str
    created: datetime
    read_only: bool = False
    expires: datetime | None = None
    revoked: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class _File(msgspec.Struct, kw_only=True):
    key: str
    """Signs what clients bring back, such as the place in a log."""
    tokens: list[Token] = []


class Tokens:
    """The tokens in *path*. Safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._file = _File(key=secrets.token_hex(32))

    def create(
        self,
        name: str,
        *,
        read_only: bool = False,
        expires: datetime | None = None,
        now: datetime | None = None,
    ) -> str:
        """Make a token and return its secret, which is not kept.

        Raises `BadIdError` for a name that is not an id, `RefusedError` if one of this name can be used.
        """
        now = now or datetime.now(UTC)
        check_id(name, "token")
        if len(name) > _LONGEST_NAME:
            raise UsageError(f"the name of a token has at most {_LONGEST_NAME} characters")
        if expires is not None and expires <= now:
            raise UsageError(f"a token that expires at {expires:%Y-%m-%d %H:%M} UTC could never be used")
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._changing() as file:
            if any(token.name == name and token.usable(now) for token in file.tokens):
                raise RefusedError(f"there is a token {name!r} already; revoke it, or choose another name")
            fresh = Token(name=name, hash=_hash(secret), created=now, read_only=read_only, expires=expires)
            file.tokens = [*(token for token in file.tokens if token.name != name), fresh]
        return secret

    def revoke(self, name: str, *, now: datetime | None = None) -> None:
        """Revoke a token: from now on it opens nothing. Raises `UnknownError` if there is none."""
        now = now or datetime.now(UTC)
        with self._changing() as file:
            if all(token.name != name for token in file.tokens):
                raise UnknownError(f"there is no token {name!r}")
            file.tokens = [
                msgspec.structs.replace(token, revoked=token.revoked or now) if token.name == name else token
                for token in file.tokens
            ]

    def all(self) -> list[Token]:
        """Return every token by name, also those that were revoked."""
        return sorted(self._read().tokens, key=lambda token: token.name)

    def find(self, secret: str) -> Token | None:
        """Return the token of *secret*, usable or not; None if there is none."""
        digest = _hash(secret)
        return next((each for each in self._read().tokens if hmac.compare_digest(each.hash, digest)), None)

    def sign(self, data: bytes) -> str:
        """Return a signature of *data* that only this home can make."""
        return hmac.new(bytes.fromhex(self._read().key), data, hashlib.sha256).hexdigest()[:32]

    def _read(self) -> _File:
        """Return the file's content; read again whenever it was replaced."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self._seen, self._file = None, _File(key=secrets.token_hex(32))
            return self._file
        if facts.st_mode & 0o077:
            raise SettingsError(f"{self._path} can be read by others: chmod 600 {self._path}")
        seen = (facts.st_mtime_ns, facts.st_ino)
        if seen != self._seen:
            try:
                self._file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            except msgspec.MsgspecError as error:
                raise SettingsError(f"{self._path} is not a file of tokens: {error}") from None
            self._seen = seen
        return self._file

    @contextmanager
    def _changing(self) -> Iterator[_File]:
        """Give the content to change, and write it afterwards; one at a time."""
        make_folder(self._path.parent)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = self._read()
            yield file
            part = self._path.with_suffix(".part")
            handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")
                out.flush()
                os.fsync(out.fileno())
            part.replace(self._path)
        finally:
            os.close(lock)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
