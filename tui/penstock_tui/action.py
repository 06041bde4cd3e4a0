"""One line of the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock_tui.conditions import always
from penstock_tui.target import NOTHING, Takes, Target, too_much


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    ``keys`` are Textual's names, separated by commas. ``rank`` orders the footer (1 first; 0: not in it).
    ``acts`` means that it changes the instance; ``danger`` that it asks first, with Cancel focused.
    ``takes`` says how many of the chosen rows it accepts; it refuses more and, if it needs a row, none.
    None: it has nothing to do with rows. ``cli`` is its command-line twin. ``verb`` names the file and
    coroutine in `penstock_tui.verbs` that do it: ``retry``, or ``file.coroutine``; "" if each screen does
    it itself.
    """

    id: str
    keys: str
    label: str
    where: tuple[str, ...]
    help: str
    rank: int = 0
    acts: bool = False
    danger: bool = False
    why_disabled: Callable[[Target], str | None] = always
    cli: str = ""
    takes: Takes | None = None
    verb: str = ""

    def why_not(self, targets: Sequence[Target]) -> str | None:
        """Return why it cannot be done to *targets*, or None if it can for at least one."""
        if self.takes is not None and not targets:
            return NOTHING
        reasons = [self.why_disabled(target) for target in targets]
        fits_one = not reasons or None in reasons
        return too_much(self.takes, targets, looking=not self.acts) or (None if fits_one else reasons[0])

    @property
    def method(self) -> str:
        """The name of the screen's method that does it."""
        return "do_" + self.id.replace(".", "_")
