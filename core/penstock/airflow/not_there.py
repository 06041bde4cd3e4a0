"""What stands for a value that does not exist here: it can be kept and passed on, and not used."""

from __future__ import annotations

from penstock.authoring import scope
from penstock.authoring.exceptions import FailException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, Self


class NotThereError(FailException, RuntimeError):
    """Something is used that does not exist here. A task ends by it at once: a retry would change nothing."""


class NotThere:
    """A value that does not exist; *why* says so in a sentence. Any use of it raises `NotThereError`."""

    __slots__ = ("_name", "_why")

    def __init__(self, name: str, why: str) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_why", why)

    def __repr__(self) -> str:
        return f"<{self._name}: not there>"

    def __or__(self, other: object) -> Self:
        return self  # a type hint

    __ror__ = __or__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # Python asks for many of them by itself
        if name in {"name", "value"} and scope.current().context is None:
            return self  # of a member of an enum, in a file that loads
        return self._raise()

    def _raise(self, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG002 - whatever it is used for
        raise NotThereError(self._why)

    __call__ = __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = __next__ = _raise
    __len__ = __bool__ = __int__ = __float__ = __index__ = __str__ = __format__ = _raise
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __truediv__ = _raise
    __enter__ = __exit__ = __await__ = __aenter__ = __aexit__ = __setattr__ = __delattr__ = _raise
    __rshift__ = __lshift__ = __rrshift__ = __rlshift__ = _raise
    __hash__ = object.__hash__
