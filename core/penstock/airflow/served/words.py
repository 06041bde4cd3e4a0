"""Functions of ``airflow.utils`` that files use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


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


def at_most_one(*args: Any) -> bool:
    """Whether none of these is true, or one."""
    return sum(map(bool, args)) <= 1


def is_container(obj: Any) -> bool:
    """Whether *obj* has items, and is not a string."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def validate_key(k: str, max_length: int = 250) -> None:
    """Raise AirflowException for an id that cannot be one, TypeError for one that is not a string."""
    from penstock.authoring.exceptions import AirflowException
    from penstock.errors import BadIdError
    from penstock.ids import check_id

    if not isinstance(k, str):
        raise TypeError(f"the key has to be a string, not {k!r}")
    try:
        check_id(k, "the key")
    except BadIdError as error:
        raise AirflowException(str(error)) from None
    if len(k) > max_length:
        raise AirflowException(f"the key has to have fewer than {max_length} characters")


def convert_camel_to_snake(camel_str: str) -> str:
    """Return ``camelCase`` as ``camel_case``."""
    import re

    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel_str).lower()


def get_random_string(length: int = 8, choices: str = "") -> str:
    """Return so many letters and digits, or so many of *choices*, at random."""
    import secrets
    import string

    return "".join(secrets.choice(choices or string.ascii_letters + string.digits) for _ in range(length))


def get_hostname() -> str:
    """Return the name of this machine."""
    import socket

    return socket.getfqdn()


def execute_in_subprocess(cmd: list[str], cwd: str | None = None, env: dict[str, str] | None = None) -> None:
    """Run a program, its output to the log; raise `subprocess.CalledProcessError` if it fails."""
    import subprocess
    import sys

    sys.stdout.flush()
    subprocess.run(cmd, cwd=cwd, env=env, check=True, stderr=subprocess.STDOUT)


def mkdirs(path: str, mode: int = 0o777) -> None:
    """Make a folder and those around it, if they are not there."""
    import os

    os.makedirs(path, mode=mode, exist_ok=True)  # noqa: PTH103 - as a file of Airflow gives it


def get_email_address_list(addresses: Any) -> list[str]:
    """Return addresses, given as a list or in one string between ``,`` and ``;``, as a list."""
    import re

    several = [addresses] if isinstance(addresses, str) else list(addresses)
    return [one.strip() for each in several for one in re.split(r"[,;]", each) if one.strip()]


class _Timer:
    """What measures nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """End."""

    def start(self) -> _Timer:
        """Begin."""
        return self

    def stop(self, *more: Any) -> None:
        """End."""


class Stats:
    """Metrics of a file's own, which go nowhere: nothing here collects them."""

    @staticmethod
    def incr(stat: str, *more: Any, **named: Any) -> None:
        """Count up."""

    @staticmethod
    def decr(stat: str, *more: Any, **named: Any) -> None:
        """Count down."""

    @staticmethod
    def gauge(stat: str, *more: Any, **named: Any) -> None:
        """Set a value."""

    @staticmethod
    def timing(stat: str, *more: Any, **named: Any) -> None:
        """Add a time."""

    @staticmethod
    def timer(*more: Any, **named: Any) -> _Timer:
        """Return what would measure a time."""
        del more, named
        return _Timer()
