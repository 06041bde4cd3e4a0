"""XCom values as JSON: plain values as they are, a few Python types wrapped with their name."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable

from penstock.authoring.exceptions import TaskError
from penstock.authoring.xcom_sequences import Lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "__classname__"
VERSION = "__version__"
DATA = "__data__"


class XComError(TaskError, TypeError):
    """A value cannot be kept as an XCom."""


def encode(value: Any) -> str:
    """Return *value* as JSON text; raise `XComError` that names what cannot be kept."""
    return json.dumps(_plain(value, "the value"), separators=(",", ":"))


def decode(value: Any) -> Any:
    """Return the value that *value*, parsed JSON, encodes.

    Raises `XComError` for a type that this version does not know.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get(NAME)
    if name is None:
        return {key: decode(item) for key, item in value.items()}
    if name not in _DECODERS:
        raise XComError(f"the stored value is of type {name!r}, which this version cannot read")
    return _DECODERS[name](decode(value[DATA]))


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise XComError(f"{where} is {value}, which JSON cannot hold")
        return value
    if isinstance(value, list | Lazy):
        return [_plain(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if isinstance(value, dict):
        return _mapping(value, where)
    wrapped = _wrapped(value, where)
    if wrapped is None:
        raise XComError(
            f"{where} is of type {type(value).__module__}.{type(value).__qualname__}, which cannot be kept "
            "as an XCom; return JSON values (and tuples, sets, dates, timedeltas, Decimals, UUIDs)"
        )
    return wrapped


def _mapping(value: dict[Any, Any], where: str) -> dict[str, Any]:
    if NAME in value:
        raise XComError(f"{where} has the key {NAME!r}, which is reserved")
    plain = {}
    for key, item in value.items():
        if not isinstance(key, str | int | float | bool | None):
            raise XComError(f"{where} has a key of type {type(key).__name__}; keys must be strings")
        text = key if isinstance(key, str) else json.dumps(key)
        plain[str(text)] = _plain(item, f"{where}[{key!r}]")
    return plain


def _wrapped(value: Any, where: str) -> dict[str, Any] | None:
    """Return *value* wrapped with the name of its type, or None for other types."""
    match value:
        case tuple():
            return _wrap(
                "builtins.tuple", [_plain(item, f"{where}[{place}]") for place, item in enumerate(value)]
            )
        case set() | frozenset():
            items = [_plain(item, f"an item of {where}") for item in value]
            name = "set" if isinstance(value, set) else "frozenset"
            return _wrap(
                f"builtins.{name}", sorted(items, key=lambda item: (str(type(item)), json.dumps(item)))
            )
        case dt.datetime():
            return _wrap("datetime.datetime", {"iso": value.isoformat(), "tz": _zone(value)}, 2)
        case dt.date():
            return _wrap("datetime.date", value.isoformat(), 2)
        case dt.timedelta():
            return _wrap("datetime.timedelta", value.total_seconds(), 2)
    # By name, so that a task that uses neither does not pay for the imports.
    match type(value).__module__, type(value).__qualname__:
        case "decimal", "Decimal":
            number = float(value)
            return _wrap("decimal.Decimal", number if str(number) == str(value) else str(value))
        case "uuid", "UUID":
            return _wrap("uuid.UUID", str(value))
    taught = _taught.get(type(value))
    return None if taught is None else _wrap(taught[0], taught[1](value))


def teach(kind: type, name: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
    """Let values of *kind* be kept, as the JSON that *encode* gives, under *name*."""
    _taught[kind] = (name, encode)
    _DECODERS[name] = decode


def _wrap(name: str, data: Any, version: int = 1) -> dict[str, Any]:
    return {NAME: name, VERSION: version, DATA: data}


def _zone(moment: dt.datetime) -> str | None:
    zone = moment.tzinfo
    return getattr(zone, "key", None) or getattr(zone, "name", None)


def _datetime(data: dict[str, Any]) -> dt.datetime:
    moment = dt.datetime.fromisoformat(data["iso"])
    if data.get("tz") and moment.tzinfo is not None:
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(data["tz"]))
    return moment


def _decimal(data: Any) -> Any:
    from decimal import Decimal

    return Decimal(str(data))


def _uuid(data: str) -> Any:
    from uuid import UUID

    return UUID(data)


_taught: dict[type, tuple[str, Callable[[Any], Any]]] = {}
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "builtins.tuple": tuple,
    "builtins.set": set,
    "builtins.frozenset": frozenset,
    "datetime.datetime": _datetime,
    "datetime.date": dt.date.fromisoformat,
    "datetime.timedelta": lambda data: dt.timedelta(seconds=data),
    "decimal.Decimal": _decimal,
    "uuid.UUID": _uuid,
}
