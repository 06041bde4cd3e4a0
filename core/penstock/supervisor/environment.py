"""The engine's environment in a supervisor: it comes over the socket and stays in memory.

An order names what a task gets, never a value, and is on the disk for weeks. The values come here
with the engine's welcome; the next engine's take their place, so a supervisor that outlived an engine gives
what holds now.
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
names of values that are not secret; ``hidden``: further values that no log may show."""


class EngineEnvironment:
    """The values of one engine's environment; before it has said any, what this process was started with."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = dict(os.environ)
        self.passed: dict[str, str] = {}
        """What tasks have in their environment, named by the configuration (``pass_env``)."""
        self.masker = Masker()
        """Hides what no log may show, whatever the task; for copies."""
        self._shown: frozenset[str] = frozenset()

    def take(self, message: dict[str, Any]) -> None:
        """Take over what an engine said in place of all that was known."""
        environ = {str(name): str(value) for name, value in message["environ"].items()}
        self.passed = {name: environ[name] for name in message["passed"] if name in environ}
        self._shown = frozenset(message["shown"])
        secret = (value for name, value in self.passed.items() if name not in self._shown)
        self.masker = Masker((*map(str, message["hidden"]), *secret))
        self.environ = environ

    def find(self, names: Iterable[str]) -> tuple[str, bool] | None:
        """Return the value of the first of *names* that there is, and whether it is a secret."""
        for name in names:
            value = self.environ.get(name)
            if value is not None:
                return value, name not in self._shown
        return None
