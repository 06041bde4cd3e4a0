"""Gets a secret from its reference (``env:NAME``, ``file:PATH``, ``cmd:COMMAND``), in a task's process.

The value is hidden in the log before it is returned. ``env:`` means the environment of the engine, which the
supervisor has (one of version 0.1 passes such values on in variables of their own).
"""

from __future__ import annotations

import os

from penstock.authoring.exceptions import TaskError
from penstock.task_process.hiding import hide
from penstock.task_process.lookup import sources

PREFIX = "PENSTOCK_SECRET_"
"""Prefix of an environment variable: a secret that a supervisor of version 0.1 passes on."""
COMMAND_SECONDS = 30.0
MAX_BYTES = 64 << 10

_handed_on: dict[str, str] = {}
_resolved: dict[str, str] = {}


class SecretError(TaskError):
    """There is no secret where its reference says."""


def take_handed_on() -> None:
    """Move what the supervisor passed on out of the environment: programs started here do not get it."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        _handed_on[name.removeprefix(PREFIX)] = os.environ.pop(name)


def secret_value(reference: str, what: str) -> str:
    """Return the value of *reference*, looked up once per process; *what* says in errors what it is for.

    Raises `SecretError` if there is none.
    """
    found = _resolved.get(reference)
    if found is None:
        try:
            found = _resolve(reference)
        except SecretError as error:
            raise SecretError(f"{what}: {error}") from None
        _resolved[reference] = found
    hide(found)
    return found


def _resolve(reference: str) -> str:
    if reference in sources.given:
        return sources.given[reference]
    if reference in sources.denied:
        raise SecretError(sources.denied[reference])
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = _handed_on.get(place) or sources.in_environment(place)
        if value is None:
            raise SecretError(f"{reference}: the engine was started without this environment variable")
        return value
    if kind == "file":
        return _text(_read(place, reference), reference)
    if kind == "cmd":
        return _text(_run(place, reference), reference)
    raise SecretError(f"{reference}: a reference must be env:NAME, file:PATH or cmd:COMMAND")


def _read(place: str, reference: str) -> bytes:
    try:
        with open(os.path.expanduser(place), "rb") as file:  # noqa: PTH123, PTH111
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(f"{reference}: {error.strerror}") from None


def _run(command: str, reference: str) -> bytes:
    import subprocess

    try:
        done = subprocess.run(
            ["sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SecretError(f"{reference}: took longer than {COMMAND_SECONDS:g} s") from None
    if done.returncode:
        raise SecretError(f"{reference}: ended with exit code {done.returncode}")
    return done.stdout


def _text(data: bytes, reference: str) -> str:
    if len(data) > MAX_BYTES:
        raise SecretError(f"{reference}: larger than {MAX_BYTES} bytes")
    return data.decode(errors="surrogateescape").rstrip("\r\n")
