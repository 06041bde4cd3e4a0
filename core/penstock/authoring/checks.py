"""Checks for the author's values, one for each kind; used for arguments and for later assignments.

A check takes the value and its name, and returns the value to store. Each raises `DagFileError` at the
author's line for what it does not take. What a person writes (a timedelta, ``"3"``, True) is converted
here, once, to what the spec holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from penstock import bounds
from penstock.authoring.place import refuse
from penstock.errors import BadIdError
from penstock.ids import check_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def seconds(value: Any, name: str) -> float:
    """Return a duration in seconds."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        refuse(f"{name} must be a timedelta or a number of seconds, 0 or more, not {shown(value)}")
    if value > bounds.LONGEST_SECONDS:
        refuse(f"{name} must not be longer than 100 years, not {shown(value)} s")
    return float(value)


def optional_seconds(value: Any, name: str) -> float | None:
    """Return a duration in seconds, or None."""
    return None if value is None else seconds(value, name)


def whole(value: Any, name: str, *, least: int = 0) -> int:
    """Return a whole number, *least* or more; a string of digits is accepted too."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        refuse(f"{name} must be a whole number, {least} or more, not {shown(value)}")
    return _not_too_large(value, name)


def positive(value: Any, name: str) -> int:
    """Return a whole number, 1 or more."""
    return whole(value, name, least=1)


def limit(value: Any, name: str) -> int | None:
    """Return a whole number, 1 or more, or None for no limit."""
    return None if value is None else positive(value, name)


def truth(value: Any, name: str) -> bool:
    """Return True or False; refuse everything else."""
    if not isinstance(value, bool):
        refuse(f"{name} must be True or False, not {shown(value)}")
    return value


def optional_truth(value: Any, name: str) -> bool | None:
    """Return True, False or None."""
    return None if value is None else truth(value, name)


def moment(value: Any, name: str) -> datetime | None:
    """Return a datetime (naive or aware) or None; an ISO string is accepted too."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            refuse(
                f"{name} must be a datetime, or a string such as '2026-01-31' or "
                f"'2026-01-31T06:00+01:00', not {shown(value)}"
            )
    if value is not None and not isinstance(value, datetime):
        refuse(f"{name} must be a datetime, not {type(value).__name__} {shown(value)}")
    return value


def exit_codes(value: Any, name: str) -> tuple[int, ...]:
    """Return exit codes, given as one, several or None, as a tuple."""
    given = () if value is None else (value,) if isinstance(value, int) else value
    codes = tuple(given) if isinstance(given, list | tuple | set | frozenset | range) else (None,)
    if not all(isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= 255 for code in codes):
        refuse(f"{name} must be exit codes from 0 to 255, not {shown(value)}")
    return tuple(sorted(codes)) if isinstance(given, set | frozenset) else codes


def mapping(value: Any, name: str) -> dict[str, Any]:
    """Return a mapping with names as keys as a dict; None becomes an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        refuse(f"{name} must be a mapping from names to values, not {shown(value)}")
    return value if type(value) is dict else dict(value)


def optional_mapping(value: Any, name: str) -> dict[str, Any] | None:
    """Return a mapping with names as keys as a dict, or None."""
    return None if value is None else mapping(value, name)


def mapping_or_reference(value: Any, name: str) -> Any:
    """Return a mapping with names as keys as a dict, None, or what becomes one during a run."""
    from penstock.authoring.references import Reference

    return value if isinstance(value, Reference) else optional_mapping(value, name)


def shown(value: Any) -> str:
    """Return *value* in Python's notation, for a message, cut if it is long."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the author's own __repr__ may fail, and a number may be too long
        text = f"a {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _not_too_large(value: int, name: str) -> int:
    if abs(value) > bounds.LARGEST_NUMBER:
        refuse(f"{name} must not be larger than {bounds.LARGEST_NUMBER}, not {shown(value)}")
    return value


def signed(value: Any, name: str) -> int:
    """Return a whole number, also below 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{name} must be a whole number, not {shown(value)}")
    return _not_too_large(value, name)


def multiplier(value: Any, name: str) -> float:
    """Return a multiplier of 0 or more; True is 2, False is 0."""
    if isinstance(value, bool):
        return 2.0 if value else 0.0
    if not isinstance(value, int | float) or not 0 <= value <= bounds.LARGEST_NUMBER:
        refuse(f"{name} must be True, False or a multiplier, not {shown(value)}")
    return float(value)


def optional_text(value: Any, name: str) -> str | None:
    """Return a string, or None."""
    if value is not None and not isinstance(value, str):
        refuse(f"{name} must be a string, not {shown(value)}")
    return value


def identifier(kind: str) -> Callable[[Any, str], str]:
    """Return a check that accepts only ids of a *kind* ("dag_id", "pool", ...)."""

    def check(value: Any, name: str) -> str:  # noqa: ARG001 - the signature of all checks
        try:
            return check_id(value, kind)
        except BadIdError as error:
            refuse(error.message)

    return check


def optional_callable(value: Any, name: str) -> Any:
    """Return something that can be called, or None."""
    if value is not None and not callable(value):
        refuse(f"{name} must be something that can be called, not {shown(value)}")
    return value


def callbacks(value: Any, name: str) -> tuple[Callable[..., Any], ...]:
    """Return callbacks, one or several, as a tuple; notifiers are accepted too."""
    found = () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)
    for one in found:
        if not callable(one):
            refuse(
                f"{name} must be something that can be called, a notifier or a list of them, not {shown(one)}"
            )
    return found


def one_of(*allowed: str) -> Callable[[Any, str], str]:
    """Return a check that accepts only these strings."""

    def check(value: Any, name: str) -> str:
        text = str(getattr(value, "value", value))
        if text not in allowed:
            refuse(f"{name} {shown(text)} is not known{near(text, allowed)}; known: {', '.join(allowed)}")
        return text

    return check


def near(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return `` (did you mean 'x'?)`` for the most similar known name, or nothing; *cutoff* is 0 to 1."""
    from difflib import get_close_matches

    found = get_close_matches(name, [str(one) for one in known], n=1, cutoff=cutoff)
    return f" (did you mean {found[0]!r}?)" if found else ""
