"""Objects of the author's on which whatever is set is checked: as an argument, or at any time later.

An attribute has one rule, in the class's table. A value that comes by an argument, by default
arguments, or by an assignment in the last line of the file meets the same rule; a refusal names the
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
    """Takes a value and the name of its attribute; returns what is kept, or refuses."""


class Checked:
    """The root of such objects.

    ``checks`` maps an attribute to what turns the author's value into ours or refuses it. A check takes
    its own results too: what was kept can be set again.
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
        """Take note that the author's file sets an attribute that has no rule and is not there yet."""

    def check_again(self, place: Place) -> None:
        """Check all that is set, also by a class body or past the assignment; refuse at *place*."""
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
    """Return the attributes that the bodies of authors' classes among *kind*'s have: nobody checked them."""
    found = _known.get(kind)
    if found is None:
        theirs = [each for each in kind.__mro__ if not f"{each.__module__}.".startswith("penstock.")]
        found = _known[kind] = frozenset(name for each in theirs for name in vars(each))
    return found
