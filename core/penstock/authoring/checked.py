"""Objects whose attributes are checked whenever the author sets them: as an argument or later.

An attribute has one rule, in the class's table. A value from an argument, from default arguments, or
from an assignment in the last line of the file goes through the same rule. A refusal names the
author's line that set it.
"""

from __future__ import annotations

import sys

from penstock.authoring.place import Place, is_ours
from penstock.errors import DagFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Check = Callable[[Any, str], Any]
    """Takes a value and the name of its attribute; returns the value to store, or refuses."""


class Checked:
    """The base class of such objects.

    ``checks`` maps an attribute to the check that converts the author's value or refuses it. A check also
    accepts its own results, so a stored value can be set again.
    """

    checks: Mapping[str, Check] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        check = self.checks.get(name)
        if check is not None:
            value = check(value, name)
        elif not name.startswith("_") and name not in self.__dict__:
            setter = sys._getframe(1)  # noqa: SLF001 - the documented way to look at callers
            if not is_ours(setter.f_code.co_filename):
                self.set_by_author(name, value)
        object.__setattr__(self, name, value)

    def set_by_author(self, name: str, value: Any) -> None:
        """Note that the author's file sets an attribute that has no rule and does not exist yet."""

    def check_again(self, place: Place) -> None:
        """Check everything that is set, also by a class body or without an assignment; refuse at *place*."""
        own = vars(self)
        try:
            for name in self.checks:
                if name in own or name in _of_authors(type(self)):
                    setattr(self, name, getattr(self, name))
        except DagFileError as error:
            error.file, error.line = place.file, place.line
            raise


_known: dict[type, frozenset[str]] = {}


def _of_authors(kind: type) -> frozenset[str]:
    """Return the unchecked attributes from the bodies of authors' classes among the bases of *kind*."""
    found = _known.get(kind)
    if found is None:
        theirs = [each for each in kind.__mro__ if not f"{each.__module__}.".startswith("penstock.")]
        found = _known[kind] = frozenset(name for each in theirs for name in vars(each))
    return found
