"""What an attempt's command is started with: its environment, put together value by value."""

from __future__ import annotations

from penstock.execution import records, references

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

    from penstock.execution.entrusted import Entrusted

LENT = "PENSTOCK_SECRET_"
"""Before a name that an order of version 0.1 lends to a Python task."""


class Provision:
    """The environment of the attempt that *order* asks for; secrets come into it one after the other.

    ``env`` is what there is by now, ``plain`` what of it is no secret of this attempt alone, ``values`` are
    the secrets. Raises KeyError, TypeError or AttributeError for an order that makes no sense.
    """

    def __init__(self, order: dict[str, Any], attempt_id: str, entrusted: Entrusted) -> None:
        passed = entrusted.passed if order.get("passed") else {}
        self.plain: dict[str, str] = {**passed, **order["env"]}
        self.env = {**self.plain, records.MARK: attempt_id}
        self.values: list[str] = list(order.get("masks", ()))
        self.printed = bytearray()
        """What the command that `complete` named has printed."""
        self._environ = entrusted.environ
        self._missing: list[tuple[str, str]] = sorted(order.get("secrets", {}).items())
        for name in order.get("lent", ()):
            value = self._environ.get(name)
            if value is not None:
                self.env[f"{LENT}{name}"] = value
                self.values.append(value)

    def complete(self) -> str | None:
        """Take what can be had at once; return the command that prints the next value, or None.

        Raises `UnresolvedError`.
        """
        while self._missing:
            name, reference = self._missing[0]
            if reference.startswith("cmd:"):
                return reference.removeprefix("cmd:")
            try:
                self._take(references.resolve(reference, self._environ))
            except references.UnresolvedError as error:
                raise references.UnresolvedError(f"secret {name}: {error}") from None
        return None

    def hear(self, code: int) -> None:
        """Take what the command has printed that ended with *code*. Raises `UnresolvedError`."""
        name, reference = self._missing[0]
        printed = bytes(self.printed)
        self.printed.clear()
        try:
            if code != 0:
                how = f"exit code {code}" if code > 0 else f"signal {-code}"
                raise references.UnresolvedError(f"{reference} ended with {how}")
            self._take(references.decode(printed, reference))
        except references.UnresolvedError as error:
            raise references.UnresolvedError(f"secret {name}: {error}") from None

    def _take(self, value: str) -> None:
        name, _ = self._missing.pop(0)
        self.env[name] = value
        self.values.append(value)
