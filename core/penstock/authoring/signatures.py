"""What an author's function takes, and which arguments fit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType

from penstock.authoring import scope
from penstock.authoring.checks import near
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONTEXT_KEYS = frozenset(
    {
        "conn", "dag", "dag_run", "data_interval_end", "data_interval_start", "ds", "ds_nodash",
        "inlet_events", "inlets", "logical_date", "macros", "map_index_template", "outlet_events", "outlets",
        "params", "partition_date", "partition_key", "task_reschedule_count",
        "prev_data_interval_end_success", "prev_data_interval_start_success", "prev_end_date_success",
        "prev_start_date_success", "run_id", "task", "task_instance", "task_instance_key_str",
        "templates_dict", "ti", "triggering_asset_events", "try_number", "ts", "ts_nodash",
        "ts_nodash_with_tz", "var",
    }
)  # fmt: skip
"""Every possible key of a context: what a function may name as an argument."""


def context_keys() -> frozenset[str]:
    """Return the possible keys of a context, with those that the file's dialect has besides ours."""
    dialect = scope.current().dialect
    return CONTEXT_KEYS if dialect is None else CONTEXT_KEYS | dialect.names


class Shape:
    """The parameters of a function: names in order, which have defaults, and whether it takes more."""

    def __init__(
        self,
        positional: Sequence[str] = (),
        keyword_only: Sequence[str] = (),
        *,
        positional_only: int = 0,
        defaults: Mapping[str, Any] | None = None,
        takes_args: bool = False,
        takes_kwargs: bool = False,
    ) -> None:
        self.positional = tuple(positional)
        self.keyword_only = tuple(keyword_only)
        self.positional_only = positional_only
        self.defaults = dict(defaults or {})
        self.takes_args = takes_args
        self.takes_kwargs = takes_kwargs

    @property
    def names(self) -> tuple[str, ...]:
        """Every named argument, in order."""
        return (*self.positional, *self.keyword_only)


def shape_of(function: Callable[..., Any]) -> Shape | None:
    """Return the shape of *function*, or None for a builtin without a signature."""
    if type(function) is FunctionType and not hasattr(function, "__wrapped__"):
        return _shape_of_code(function)
    import inspect

    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    either = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    kinds = {item.kind for item in parameters}
    return Shape(
        [item.name for item in parameters if item.kind in either],
        [item.name for item in parameters if item.kind is inspect.Parameter.KEYWORD_ONLY],
        positional_only=sum(item.kind is inspect.Parameter.POSITIONAL_ONLY for item in parameters),
        defaults={item.name: item.default for item in parameters if item.default is not item.empty},
        takes_args=inspect.Parameter.VAR_POSITIONAL in kinds,
        takes_kwargs=inspect.Parameter.VAR_KEYWORD in kinds,
    )


def _shape_of_code(function: FunctionType) -> Shape:
    """Read a plain function's shape from its code, which is all that most tasks need of inspect."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True))
    return Shape(
        positional,
        code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount],
        positional_only=code.co_posonlyargcount,
        defaults=defaults | (function.__kwdefaults__ or {}),
        takes_args=bool(code.co_flags & 0x04),
        takes_kwargs=bool(code.co_flags & 0x08),
    )


def check_call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError if *function* cannot be called like this, with the context added."""
    shape = shape_of(function)
    if shape is None:
        return
    keys = context_keys()
    for name in shape.names:
        if name in keys and shape.defaults.get(name) is not None:
            raise ValueError(f"argument {name!r} is a key of the context and can only default to None")
    if len(args) > len(shape.positional) and not shape.takes_args:
        raise TypeError(f"too many positional arguments: {len(args)} for {len(shape.positional)}")
    by_position = shape.positional[: len(args)]
    by_name = {*shape.positional[shape.positional_only :], *shape.keyword_only}
    for name in kwargs:
        if name in by_position:
            raise TypeError(f"got two values for the argument {name!r}")
        if name not in by_name and not shape.takes_kwargs:
            raise TypeError(f"got an unexpected argument {name!r}")
    given = {*by_position, *kwargs, *shape.defaults, *keys}
    missing = [name for name in shape.names if name not in given]
    if missing:
        raise TypeError(f"missing a required argument: {', '.join(map(repr, missing))}")


def refuse_bad_names(
    function: Callable[..., Any], what: str, given: Mapping[str, Any], bound: Mapping[str, Any] = {}
) -> None:
    """Refuse arguments to map over that *function* does not take, or that were given before."""
    name = getattr(function, "__name__", "the function")
    shape = shape_of(function)
    for key in given:
        if key in bound:
            refuse(f"{name!r}: {key!r} was already given to partial()")
        if shape is not None and key not in shape.names and not shape.takes_kwargs:
            refuse(f"{name!r}: {what} got an unexpected argument {key!r}{near(key, shape.names)}")
        if key in context_keys():
            refuse(f"{name!r}: {key!r} is a key of the context, which cannot be mapped over")
