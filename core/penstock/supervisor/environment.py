"""The engine's environment in a supervisor: received over the socket, kept in memory only.

An order names what a task gets, never a value, because it is on the disk for weeks. The engine sends the
values when it connects; those of the next engine replace them, so a supervisor that outlived an engine
gives tasks the current ones.
"""

from __future__ import annotations

import os

from penstock.supervisor.masking import Masker

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterable
    from typing import Any

OPERATION = "entrust"
"""The ``op`` of the message. ``environ`` {name: value}; ``passed``: names that each task gets; ``shown``:
names of values that are not secret; ``hidden``: further values that no log may show; ``resolved``, if there:
values of secrets by reference, which the engine's machine looked up."""


class EngineEnvironment:
    """The environment of the current engine; before one has sent any, what this process was started with."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = dict(os.environ)
        self.passed: dict[str, str] = {}
        """Names of what each task has in its environment (``pass_env``)."""
        self.resolved: dict[str, str] = {}
        """Values of secrets by reference; others are looked up here."""
        self.masker = Masker()
        """Hides what no task's log may show; each task gets a copy."""
        self._shown: frozenset[str] = frozenset()

    def take(self, message: dict[str, Any]) -> None:
        """Replace everything with what an engine has sent."""
        environ = {str(name): str(value) for name, value in message["environ"].items()}
        self.passed = {name: environ[name] for name in message["passed"] if name in environ}
        self._shown = frozenset(message["shown"])
        secret = (value for name, value in self.passed.items() if name not in self._shown)
        self.masker = Masker((*map(str, message["hidden"]), *secret))
        self.resolved = {str(name): str(value) for name, value in message.get("resolved", {}).items()}
        self.environ = environ

    def find(self, names: Iterable[str]) -> tuple[str, bool] | None:
        """Return the value of the first of *names* that is set, and whether it is a secret."""
        for name in names:
            value = self.environ.get(name)
            if value is not None:
                return value, name not in self._shown
        return None
