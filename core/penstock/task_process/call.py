"""Calls an author's function with the values of the context that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import CoroutineType

from penstock.authoring.exceptions import TaskError
from penstock.authoring.signatures import shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def call(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> Any:
    """Call *function* with *args*, *kwargs* and the keys of *context* that it names; await async ones."""
    value = function(*args, **arguments(function, args, kwargs, context))
    if isinstance(value, CoroutineType):
        import asyncio

        return asyncio.run(value)
    return value


def arguments(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the keyword arguments for *function*: *kwargs*, and the keys of *context* that it accepts.

    Raises `TaskError` if *args* would replace a key of the context.
    """
    shape = shape_of(function)
    if shape is None:
        return dict(kwargs)
    taken = shape.positional[: len(args)]
    for name in taken:
        if name in context and name not in kwargs:
            where = getattr(function, "__qualname__", function)
            raise TaskError(
                f"argument {name!r} of {where}() is a key of the context and cannot be given by position"
            )
    if shape.takes_kwargs:
        wanted = context.keys() - set(taken) - set(shape.positional[: shape.positional_only])
    else:
        wanted = context.keys() & (
            set(shape.names) - set(taken) - set(shape.positional[: shape.positional_only])
        )
    return {**{name: context[name] for name in context if name in wanted}, **kwargs}
