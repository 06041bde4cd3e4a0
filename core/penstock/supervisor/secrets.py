"""Gets the value of a secret from ``env:NAME``, ``file:PATH`` or ``cmd:COMMAND``.

Only references are ever written down; values are read just before the command starts.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Mapping

MAX_SECRET_BYTES = 64 << 10
RESOLVE_SECONDS = 30.0
"""Seconds that the command of a ``cmd:`` secret may take."""


class UnresolvedError(Exception):
    """There is no value at the reference; the message names the reference, never a value."""


def resolve(reference: str, environ: Mapping[str, str]) -> str:
    """Return the value of an ``env:`` or ``file:`` *reference*; line ends at the end of a file are dropped.

    Raises `UnresolvedError`. The caller runs ``cmd:`` references, because they take time.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        if place not in environ:
            raise UnresolvedError(f"{reference}: the engine has no such environment variable")
        return environ[place]
    if kind == "file":
        return decode(_read(os.path.expanduser(place), reference), reference)
    raise UnresolvedError(f"{reference}: a reference must be env:NAME, file:PATH or cmd:COMMAND")


def decode(data: bytes, reference: str) -> str:
    """Return *data* as the value of *reference*; raise `UnresolvedError` if it cannot be one."""
    if len(data) > MAX_SECRET_BYTES:
        raise UnresolvedError(f"{reference}: larger than {MAX_SECRET_BYTES} bytes")
    text = data.decode(errors="surrogateescape").rstrip("\r\n")
    if "\0" in text:
        raise UnresolvedError(f"{reference}: contains a NUL byte")
    return text


def _read(path: str, reference: str) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UnresolvedError(f"{reference}: {error.strerror}") from None
    try:
        return os.read(handle, MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise UnresolvedError(f"{reference}: {error.strerror}") from None
    finally:
        os.close(handle)
