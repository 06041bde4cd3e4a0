"""The environment of an attempt's command, put together value by value."""

from __future__ import annotations

import os

from penstock.attempts import files
from penstock.supervisor import secrets

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable
    from typing import Any

    from penstock.supervisor.environment import EngineEnvironment

_MOST_SAID = 64 << 10
HANDED_ON = "PENSTOCK_SECRET_"
"""Prefix of a variable that an order of version 0.1 passes on to a Python task."""


class Provision:
    """The environment of the attempt that *order* asks for; secrets are added one after the other.

    ``env`` is what there is so far, ``plain`` the part without this attempt's own secrets, ``values`` are
    the secrets. Raises KeyError, TypeError or AttributeError for an invalid order.
    """

    def __init__(self, order: dict[str, Any], attempt_id: str, environment: EngineEnvironment) -> None:
        passed = environment.passed if order.get("passed") else {}
        self.plain: dict[str, str] = {**passed, **order["env"]}
        self.env = {**self.plain, files.MARK: attempt_id}
        self.values: list[str] = list(order.get("masks", ()))
        self.printed = bytearray()
        """What the command from `complete` has printed."""
        self._said = -1
        self._environ, self._resolved = environment.environ, environment.resolved
        self._missing: list[tuple[str, str]] = sorted(order.get("secrets", {}).items())
        for name in order.get("lent", ()):
            value = self._environ.get(name)
            if value is not None:
                self.env[f"{HANDED_ON}{name}"] = value
                self.values.append(value)

    def complete(self) -> str | None:
        """Add what is known at once; return the command that prints the next value, or None.

        Raises `UnresolvedError`.
        """
        while self._missing:
            name, reference = self._missing[0]
            if reference in self._resolved:
                self._take(self._resolved[reference])
                continue
            if reference.startswith("cmd:"):
                return reference.removeprefix("cmd:")
            try:
                self._take(secrets.resolve(reference, self._environ))
            except secrets.UnresolvedError as error:
                raise secrets.UnresolvedError(f"secret {name}: {error}") from None
        return None

    def stderr(self, log: Callable[[], int]) -> int:
        """Return that command's standard error: a file in memory, as it may show the value; else the log."""
        if not hasattr(os, "memfd_create"):
            return log()
        self.said()
        self._said = os.memfd_create("complaints")
        return self._said

    def said(self) -> bytes:
        """Return what the command wrote to it, once; show it only when the value is hidden."""
        if self._said < 0:
            return b""
        data = os.pread(self._said, _MOST_SAID, 0)
        os.close(self._said)
        self._said = -1
        return data

    def hear(self, code: int) -> str | None:
        """Take the output of the command that ended with *code*; return why that is not a value, or None."""
        name, reference = self._missing[0]
        printed = bytes(self.printed)
        self.printed.clear()
        if code != 0:
            how = f"exit code {code}" if code > 0 else f"signal {-code}"
            return f"secret {name}: {reference} ended with {how}"
        try:
            self._take(secrets.decode(printed, reference))
        except secrets.UnresolvedError as error:
            return f"secret {name}: {error}"
        return None

    def _take(self, value: str) -> None:
        name, _ = self._missing.pop(0)
        self.env[name] = value
        self.values.append(value)
