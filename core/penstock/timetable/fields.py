"""The grammar of one cron field: its plain values and its special forms.

The rules are ours and depend on no library: a range of one value is that value, and a range past the
end of its field goes on at the beginning, with its step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from penstock.timetable.meant import meant

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGE = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/([0-9]+))?", re.ASCII)
_NTH = re.compile(r"(\w+)#(\w+)", re.ASCII)
_LAST_WEEKDAY = re.compile(r"l(\d)", re.ASCII | re.IGNORECASE)
_WEEKDAY_LAST = re.compile(r"(\d|[a-z]{3})l", re.ASCII | re.IGNORECASE)
_NEAREST = re.compile(r"(?:(\d+)w|w(\d+))", re.ASCII | re.IGNORECASE)


class FieldError(ValueError):
    """What is wrong with a field, as the second half of a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """The allowed values of a field. ``high`` is the highest value of the cycle, 6 for weekdays."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of values."""
        return self.high - self.low + 1


MINUTE = Kind("minute", 0, 59)
HOUR = Kind("hour", 0, 23)
DAY = Kind("day of month", 1, 31)
MONTH = Kind("month", 1, 12, {name: place for place, name in enumerate(_MONTHS, 1)})
WEEKDAY = Kind("weekday", 0, 6, {name: place for place, name in enumerate(_DAYS)})
SECOND = Kind("second", 0, 59)
YEAR = Kind("year", 1970, 2099)


@dataclass(frozen=True, slots=True)
class Field:
    """One parsed field: plain ``values`` (7 becomes 0), and the special ones of the two day fields.

    ``free``: it has a bare ``*`` or ``?``. ``nth``: (weekday, which one of the month; 0 is the last).
    ``nearest``: the day of a ``W``. ``over_the_end``: its ranges that go on at the beginning.
    ``idle_steps``: its steps that are longer than the field. ``open_steps``: its steps from a weekday
    that reach 7, which some programs read as Sunday.
    """

    kind: Kind
    text: str
    values: frozenset[int] = frozenset()
    free: bool = False
    last_day: bool = False
    nth: frozenset[tuple[int, int]] = frozenset()
    nearest: int | None = None
    over_the_end: tuple[str, ...] = ()
    idle_steps: tuple[str, ...] = ()
    open_steps: tuple[str, ...] = ()

    @property
    def full(self) -> bool:
        """Whether it has every value."""
        return self.free or len(self.values) == self.kind.size

    @property
    def odd(self) -> bool:
        """Whether it gives days by their place among weekdays, which no set of values can."""
        return bool(self.nth) or self.nearest is not None

    @property
    def every(self) -> tuple[int, ...]:
        """Its values in order, all of them if it is free."""
        return tuple(range(self.kind.low, self.kind.high + 1)) if self.free else tuple(sorted(self.values))


def parse_field(kind: Kind, text: str) -> Field:
    """Return *text* as a field of its *kind*; raise `FieldError`."""
    values: set[int] = set()
    nth: set[tuple[int, int]] = set()
    over: list[str] = []
    idle: list[str] = []
    opened: list[str] = []
    free = last_day = False
    nearest = None
    parts = text.split(",")
    for part in parts:
        if not part:
            raise FieldError(f"the {kind.name} field {text!r} has a comma with nothing on one side")
        if part == "*" or (part == "?" and kind in (DAY, WEEKDAY) and len(parts) == 1):
            free = True
        elif kind is DAY and part in ("L", "l"):
            last_day = True
        elif kind is DAY and (found := _NEAREST.fullmatch(part)):
            nearest = _nearest(found, text, alone=len(parts) == 1)
        elif kind is WEEKDAY and (place := _place_in_month(part)) is not None:
            nth.add(place)
        else:
            steps = _range(kind, part)
            values |= steps.values
            over += [part] if steps.over else []
            idle += [part] if steps.idle else []
            opened += [part] if steps.open else []
    if nth and (values or free):
        raise FieldError(
            f"the weekday field {text!r} mixes # or L with other weekdays; write two crons and a "
            "MultipleCronTriggerTimetable"
        )
    return Field(
        kind, text, frozenset(values), free, last_day, frozenset(nth), nearest,
        tuple(over), tuple(idle), tuple(opened),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Steps:
    values: frozenset[int]
    over: bool = False
    idle: bool = False
    open: bool = False


def _range(kind: Kind, part: str) -> _Steps:
    """Return the values of ``*/2``, ``5``, ``5/2``, ``1-5`` or ``1-5/2``."""
    found = _RANGE.fullmatch(part)
    if found is None or (found[1] == "*" and found[2]):
        raise FieldError(_why_not(kind, part))
    first, last, said = found.groups()
    step = int(said) if said else 1
    if step == 0:
        raise FieldError(f"{part!r} in the {kind.name} field has a step of 0; a step is 1 or more")
    if first == "*":
        low, high = kind.low, kind.high
    else:
        low = _value(kind, first, part)
        high = low
        if last is not None:
            high = 31 if kind is DAY and last in ("L", "l") else _value(kind, last, part)
        elif said:
            high = kind.high
    opened = kind is WEEKDAY and said is not None and last is None and low > 0 and (7 - low) % step == 0
    if opened and low == 7:
        low = 0  # as in the reference
    over = high < low
    if over and kind is YEAR:
        raise FieldError(f"{part!r} in the year field goes backwards")
    reached = range(low, (high + kind.size if over else high) + 1, step)
    values = frozenset(kind.low + (value - kind.low) % kind.size for value in reached)
    return _Steps(values, over, first == "*" and step > kind.size, opened)


def _value(kind: Kind, word: str, part: str) -> int:
    """Return the number of a value or a name in *part*; 7 stays 7."""
    known = kind.names.get(word.lower())
    if known is not None:
        return known
    if not word.isdecimal():
        raise FieldError(_why_not(kind, part))
    value, high = int(word), 7 if kind is WEEKDAY else kind.high
    if not kind.low <= value <= high:
        raise FieldError(f"{kind.name} {word!r} is out of range: it goes from {kind.low} to {high}")
    return value


def _place_in_month(part: str) -> tuple[int, int] | None:
    """Return the weekday and its place in ``1#2`` or ``L5``, or None if *part* is neither."""
    if found := _LAST_WEEKDAY.fullmatch(part):
        return _value(WEEKDAY, found[1], part) % 7, 0
    if found := _NTH.fullmatch(part):
        weekday = _value(WEEKDAY, found[1], part) % 7
        if found[2] not in {"1", "2", "3", "4", "5"}:
            raise FieldError(f"{part!r} in the weekday field: after # comes which one of the month, 1 to 5")
        return weekday, int(found[2])
    return None


def _nearest(found: re.Match[str], text: str, *, alone: bool) -> int:
    day = _value(DAY, found[1] or found[2], text)
    if not alone:
        raise FieldError(f"the day of month field {text!r} has a W in a list; it can only stand alone")
    return day


def _why_not(kind: Kind, part: str) -> str:
    """Return why *part* cannot be read, with what to write if that is clear."""
    where = f"{part!r} in the {kind.name} field"
    low = part.lower()
    if kind is WEEKDAY and (found := _WEEKDAY_LAST.fullmatch(low)):
        day = WEEKDAY.names.get(found[1], found[1])
        return f"{where} is not known; the last one of the month is written L{day}"
    if kind is WEEKDAY and low.startswith("l") and low[1:] in WEEKDAY.names:
        return f"{where} is not known; the last one of the month is written L{WEEKDAY.names[low[1:]]}"
    if kind is WEEKDAY and low == "l":
        return f"{where} needs a day: L5 is the last Friday of the month, 6 is every Saturday"
    if kind is DAY and low in ("lw", "wl"):
        return f"{where} is not supported; 31W is the last weekday from Monday to Friday of the month"
    if kind is DAY and low.startswith("l-"):
        return f"{where} is not supported; L alone is the last day of the month"
    if "?" in part:
        if kind in (DAY, WEEKDAY):
            return f"{where}: a ? can only stand alone"
        return f"{where}: a ? can only stand for the day of month or the weekday, the third and fifth field"
    if "~" in part:
        return f"{where} is random, so it would change at each load; write a number"
    if "#" in part:
        return f"{where}: before # comes one weekday, such as 1#2 for the second Monday of the month"
    long = [word[:3] for word in re.findall(r"[a-z]{4,}", low) if word[:3] in kind.names]
    if long:
        return f"{where} is not known; names have three letters: {' and '.join(dict.fromkeys(long))}"
    remedy = meant(part, kind.names, kind.low, 7 if kind is WEEKDAY else kind.high)
    return f"{where} is not known; write {_may_stand(kind) if remedy is None else repr(remedy)}"


def _may_stand(kind: Kind) -> str:
    low, high, names = kind.low, 7 if kind is WEEKDAY else kind.high, list(kind.names)
    if not names:
        return f"a number from {low} to {high}, a range such as {low}-{low + 4}, or a step such as */5"
    known = ", ".join(names)
    return f"a number from {low} to {high}, a name ({known}), or a range such as {names[1]}-{names[3]}"


def spans(values: tuple[int, ...]) -> str:
    """Return sorted numbers in short: ``0-6, 22, 23``."""
    runs: list[list[int]] = [[value] for value in values[:1]]
    for before, value in pairwise(values):
        if value == before + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
