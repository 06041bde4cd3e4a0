"""Functions of ``airflow.utils`` that files use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def as_flattened_list(iterable: Iterable[Any]) -> list[Any]:
    """Return the items of several lists in one."""
    return [item for inner in iterable for item in inner]


def chunks(items: list[Any], chunk_size: int) -> Iterator[list[Any]]:
    """Yield parts of a list; raise ValueError for a size below 1."""
    if chunk_size <= 0:
        raise ValueError("chunk_size must be 1 or more")
    for start in range(0, len(items), chunk_size):
        yield items[start : start + chunk_size]


def exactly_one(*args: Any) -> bool:
    """Whether one of these is true, and no other."""
    return sum(map(bool, args)) == 1


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Return *val* without what is None (``strict``) or false (``truthy``), also inside."""
    keep = (lambda item: item is not None) if mode == "strict" else bool
    if isinstance(val, dict):
        inside = {key: prune_dict(item, mode) for key, item in val.items()}
        return {key: item for key, item in inside.items() if keep(item)}
    if isinstance(val, list):
        return [item for item in (prune_dict(one, mode) for one in val) if keep(item)]
    return val


def merge_dicts(dict1: dict[str, Any], dict2: dict[str, Any]) -> dict[str, Any]:
    """Return both in one, the second over the first, also inside."""
    merged = dict(dict1)
    for key, item in dict2.items():
        both = isinstance(item, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_dicts(merged[key], item) if both else item
    return merged


def import_string(dotted_path: str) -> Any:
    """Return what a path names; raise ImportError when it is not there."""
    from importlib import import_module

    module, _, name = dotted_path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except AttributeError:
        raise ImportError(f"module {module!r} has no {name!r}") from None
