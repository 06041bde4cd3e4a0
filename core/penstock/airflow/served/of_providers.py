"""Functions and values of the core that provider packages ask for, and DAG files seldom do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from penstock.airflow.served.states import ArgNotSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class SetDuringExecution(ArgNotSet):
    """The type of an argument that is set while the task runs."""


SET_DURING_EXECUTION = SetDuringExecution()


def is_arg_set(value: Any) -> bool:
    """Whether an argument was given."""
    return not isinstance(value, ArgNotSet)


def determine_kwargs(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return those of *kwargs*, a context, that *func* accepts besides *args*."""
    from penstock.task_process.call import arguments

    return arguments(func, list(args), {}, kwargs)


class KeywordParameters:
    """The keyword arguments for a function, out of a context."""

    def __init__(self, kwargs: Mapping[str, Any]) -> None:
        self._kwargs = kwargs

    @classmethod
    def determine(
        cls, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> KeywordParameters:
        """Return those that *func* accepts."""
        return cls(determine_kwargs(func, args, kwargs))

    def unpacking(self) -> Mapping[str, Any]:
        """Return them."""
        return self._kwargs


def context_merge(context: dict[str, Any], *args: Any, **kwargs: Any) -> None:
    """Add to a context what is given."""
    context.update(*args, **kwargs)


def context_to_airflow_vars(context: Mapping[str, Any], in_env_var_format: bool = False) -> dict[str, str]:
    """Return what identifies a task in a run, by the names of Airflow."""
    ti = context["ti"]
    date = context.get("logical_date")
    found = {
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "logical_date": date.isoformat() if date else "",
        "dag_run_id": ti.run_id,
        "try_number": str(ti.try_number),
    }
    if in_env_var_format:
        return {f"AIRFLOW_CTX_{name.upper()}": value for name, value in found.items()}
    return {f"airflow.ctx.{name}": value for name, value in found.items()}


def is_async_callable(func: Any) -> bool:
    """Whether a call of *func* must be awaited."""
    from functools import partial
    from inspect import iscoroutinefunction

    while isinstance(func, partial):
        func = func.func
    return iscoroutinefunction(func) or iscoroutinefunction(getattr(func, "__call__", None))  # noqa: B004


def to_boolean(astring: str | None) -> bool:
    """Whether a word means yes."""
    return astring is not None and astring.strip().lower() in {"true", "t", "yes", "y", "1"}


def getuser() -> str:
    """Return the name of the user that the process belongs to."""
    from getpass import getuser as user

    return user()


def qualname(o: Any, use_qualname: bool = False, exclude_module: bool = False) -> str:
    """Return the name of a class, function or object with its module."""
    kind = o if hasattr(o, "__name__") else type(o)
    name: str = kind.__qualname__ if use_qualname else kind.__name__
    return name if exclude_module or not getattr(kind, "__module__", None) else f"{kind.__module__}.{name}"


def is_valid_dotpath(path: str) -> bool:
    """Whether *path* looks like the path of a module or class."""
    return isinstance(path, str) and all(part.isidentifier() for part in path.split("."))


def iter_namespace(ns: ModuleType) -> Iterator[str]:
    """Yield the names of the modules in a package."""
    from pkgutil import iter_modules

    for found in iter_modules(ns.__path__, f"{ns.__name__}."):
        yield found.name


def expand_alias_to_assets(alias: Any, **more: Any) -> list[Any]:
    """Return nothing: which assets an alias stands for is the engine's to know."""
    del alias, more
    return []
