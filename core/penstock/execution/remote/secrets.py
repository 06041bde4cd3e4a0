"""Looks references to secrets up on this machine, for attempts on hosts that do not have them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from penstock.supervisor import secrets


def value_of(reference: str) -> tuple[str | None, str | None]:
    """Return the value of a reference, or None and why it has none. Runs commands: not for the event loop."""
    try:
        if reference.startswith("cmd:"):
            return _printed(reference), None
        return secrets.resolve(reference, os.environ), None
    except secrets.UnresolvedError as error:
        return None, str(error)


def values_of(references: Iterable[str]) -> dict[str, str]:
    """Return the values of *references*.

    Raises `penstock.supervisor.secrets.UnresolvedError` for the first that has none.
    """
    found: dict[str, str] = {}
    for reference in dict.fromkeys(references):
        value, problem = value_of(reference)
        if value is None:
            raise secrets.UnresolvedError(str(problem))
        found[reference] = value
    return found


def _printed(reference: str) -> str:
    try:
        done = subprocess.run(
            ["sh", "-c", reference.removeprefix("cmd:")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=secrets.RESOLVE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise secrets.UnresolvedError(f"{reference}: {type(error).__name__}") from None
    if done.returncode:
        raise secrets.UnresolvedError(f"{reference} ended with exit code {done.returncode}")
    return secrets.decode(done.stdout, reference)
