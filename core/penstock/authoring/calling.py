"""Calling an author's function with the context's values where it asks for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

CONTEXT_KEYS = frozenset(
    {
        "conn", "dag", "dag_run", "data_interval_end", "data_interval_start", "ds", "ds_nodash",
        "inlets", "logical_date", "macros", "map_index_template", "outlets", "params",
        "prev_data_interval_end_success", "prev_data_interval_start_success", "prev_end_date_success",
        "prev_start_date_success", "run_id", "task", "task_instance", "task_instance_key_str",
        "templates_dict", "ti", "triggering_asset_events", "try_number", "ts", "ts_nodash",
        "ts_nodash_with_tz", "var",
    }
)  # fmt: skip
"""Every key a context may have: what a function may name as an argument."""

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def call(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> Any:
    """Call *function* with *args*, *kwargs*, and what it names of *context*; await it when it is async."""
    value = function(*args, **arguments(function, args, kwargs, context))
    if inspect.iscoroutine(value):
        import asyncio

        return asyncio.run(value)
    return value


def arguments(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the keyword arguments for *function*: *kwargs*, and of *context* what it can take."""
    parameters = _parameters(function)
    taken = [item.name for item in parameters if item.kind in _POSITIONAL][: len(args)]
    for name in taken:
        if name in context and name not in kwargs:
            raise ValueError(
                f"argument {name!r} of {_name(function)} is a key of the context, not to be given by position"
            )
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
        return {**{name: context[name] for name in context if name not in taken}, **kwargs}
    named = {item.name for item in parameters if item.kind not in _VARIABLE} - set(taken)
    positional_only = {item.name for item in parameters if item.kind is inspect.Parameter.POSITIONAL_ONLY}
    wanted = {name: context[name] for name in context if name in named - positional_only}
    return {**wanted, **kwargs}


def check_call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError when *function* could not be called so, the context being given."""
    signature = inspect.signature(function)
    for item in signature.parameters.values():
        if item.name in CONTEXT_KEYS and item.default not in (inspect.Parameter.empty, None):
            raise ValueError(f"argument {item.name!r} is a key of the context and can only default to None")
    bound = signature.bind_partial(*args, **kwargs).arguments
    missing = [
        item.name
        for item in signature.parameters.values()
        if item.default is inspect.Parameter.empty
        and item.kind not in _VARIABLE
        and item.name not in bound
        and item.name not in CONTEXT_KEYS
    ]
    if missing:
        raise TypeError(f"missing a required argument: {', '.join(map(repr, missing))}")


def _parameters(function: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []  # a builtin that does not tell: it gets what was given and nothing else


def _name(function: Callable[..., Any]) -> str:
    return f"{getattr(function, '__qualname__', function)}()"
