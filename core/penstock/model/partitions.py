"""Partitions of assets: which run of a waiting DAG a changed partition belongs to. Pure.

A partition is a key, a string: ``2026-03-10``, ``us``, ``us|2026-03-10``. A change of an asset may be of one
partition of it, and a run may be about one. A mapper says to which keys of the waiting DAG a key of an asset
belongs; a roll-up also says which keys of the asset belong to one run, so that the run waits for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

import msgspec

from penstock.model.assets import AssetCondition, Happened, leaves, matches, title

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
MOST_KEYS = 1000
"""Keys that one change may belong to, if its mapper says nothing else."""
LONGEST_KEY = 250
"""Characters of a key."""


class WindowSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one larger partition consists of: the parts of a ``unit`` of time, or the ``segments``.

    ``backward``: of the time that ends with the moment that is given, instead of beginning with it.
    """

    unit: Unit | None = None
    segments: tuple[str, ...] = ()
    backward: bool = False


class MapperSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a key of an asset becomes keys of the DAG that waits for it.

    ``identity``: the same. ``start_of``: the key is a moment, written as ``reads`` (as for strptime) on the
    clock of ``timezone``; the beginning of its ``unit``, written as ``writes``. ``allowed``: one of ``keys``,
    as it is. ``fixed``: always the first of ``keys``. ``chain``: the mappers in ``of``, one after another.
    ``product``: a mapper for each part of a key that ``delimiter`` divides. ``rollup``: the key by the mapper
    in ``of``, and a run needs the keys of ``window``, or ``enough`` of them (below 0: all but so many).
    ``fan_out``: the moment by the first mapper in ``of``, then each part of ``window`` by the second.
    """

    kind: Literal["identity", "start_of", "allowed", "fixed", "chain", "product", "rollup", "fan_out"]
    unit: Unit = "day"
    timezone: str = "UTC"
    reads: str = ""
    writes: str = ""
    keys: tuple[str, ...] = ()
    delimiter: str = "|"
    of: tuple[MapperSpec, ...] = ()
    window: WindowSpec | None = None
    enough: int | None = None
    most: int = MOST_KEYS


class PartitionsSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How runs of a DAG get their partition.

    Runs of a cron: that of the point ``offset`` points on, written as ``key_format`` (as for strftime). Runs
    of assets: by the mapper of the asset, or ``default``. Otherwise by the one who triggers them.
    """

    offset: int = 0
    key_format: str | None = None
    default: MapperSpec = MapperSpec(kind="identity")
    mappers: tuple[tuple[AssetCondition, MapperSpec], ...] = ()

    def mapper(self, event: Happened) -> MapperSpec:
        """Return the mapper for a change."""
        return next((mapper for leaf, mapper in self.mappers if matches(leaf, event)), self.default)


class Changed(Happened, Protocol):
    """The part of an asset event that this uses."""

    @property
    def partition_key(self) -> str | None:
        """The partition that has changed."""
        ...


def is_key(key: object) -> bool:
    """Whether *key* can be the key of a partition."""
    return isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and key.isprintable()


def keys_of(mapper: MapperSpec, key: str) -> tuple[str, ...]:
    """Return the keys that *key* of an asset belongs to, each once.

    Raises ValueError, in a sentence, for a key that the mapper does not take.
    """
    found = tuple(dict.fromkeys(_keys(mapper, key)))
    if len(found) > mapper.most:
        raise ValueError(
            f"the key {key!r} belongs to {len(found)} partitions, more than the {mapper.most} allowed"
        )
    if not all(map(is_key, found)):
        raise ValueError(f"the key {key!r} gives one that is not 1 to {LONGEST_KEY} printable characters")
    return found


def needed(mapper: MapperSpec, key: str) -> frozenset[str]:
    """Return the keys of the asset that belong to one run with *key*: of a roll-up, those of its window."""
    if mapper.kind != "rollup" or mapper.window is None:
        return frozenset({key})
    if mapper.window.unit is None:
        return frozenset(mapper.window.segments)
    inner = mapper.of[0]
    begin = _begin(inner, key)
    return frozenset(_written(moment, inner.reads, inner.unit) for moment in _parts(mapper.window, begin))


def satisfied(mapper: MapperSpec, came: Collection[str]) -> bool:
    """Whether the keys of an asset that *came* for one run are enough to start it."""
    if not came:
        return False
    if mapper.kind != "rollup":
        return True
    wanted = needed(mapper, next(iter(came)))
    have = len(wanted.intersection(came))
    if mapper.enough is None:
        return have == len(wanted)
    return have >= max(1, mapper.enough if mapper.enough > 0 else len(wanted) + mapper.enough)


def met(condition: AssetCondition, rules: PartitionsSpec, events: Collection[Changed]) -> bool:
    """Whether the changes that *events* are, all for one key of the DAG, fulfil *condition*."""
    if condition.kind in ("all", "any"):
        each = (met(inner, rules, events) for inner in condition.of)
        return all(each) if condition.kind == "all" else any(each)
    return _leaf_met(condition, rules, events)


def lacking(condition: AssetCondition, rules: PartitionsSpec, events: Collection[Changed]) -> list[str]:
    """Return what is still missing for one key: the assets, with how many of a roll-up's keys are there."""
    if met(condition, rules, events):
        return []
    found = [
        f"{title(leaf)}{_share(leaf, rules, events)}"
        for leaf in leaves(condition)
        if not _leaf_met(leaf, rules, events)
    ]
    return list(dict.fromkeys(found))


def _leaf_met(leaf: AssetCondition, rules: PartitionsSpec, events: Collection[Changed]) -> bool:
    mine = [event for event in events if matches(leaf, event)]
    return bool(mine) and satisfied(rules.mapper(mine[0]), _keys_in(mine))


def _share(leaf: AssetCondition, rules: PartitionsSpec, events: Collection[Changed]) -> str:
    mine = [event for event in events if matches(leaf, event)]
    if not mine:
        return ""
    came = _keys_in(mine)
    wanted = needed(rules.mapper(mine[0]), next(iter(came)))
    return f" ({len(wanted.intersection(came))} of {len(wanted)})"


def _keys_in(events: Iterable[Changed]) -> dict[str, None]:
    return dict.fromkeys(event.partition_key for event in events if event.partition_key is not None)


def _keys(mapper: MapperSpec, key: str) -> Iterable[str]:
    match mapper.kind:
        case "identity":
            return (key,)
        case "start_of":
            return (_written(_begin(mapper, key), mapper.writes, mapper.unit),)
        case "allowed":
            if key not in mapper.keys:
                raise ValueError(f"the key {key!r} is not one of {', '.join(mapper.keys)}")
            return (key,)
        case "fixed":
            return mapper.keys[:1]
        case "chain":
            keys: Iterable[str] = (key,)
            for inner in mapper.of:
                keys = [each for one in keys for each in _keys(inner, one)]
            return keys
        case "product":
            return _product(mapper, key)
        case "rollup":
            return _keys(mapper.of[0], key)
        case "fan_out":
            return _fanned_out(mapper, key)


def _product(mapper: MapperSpec, key: str) -> Iterator[str]:
    from itertools import product

    parts = key.split(mapper.delimiter)
    if len(parts) != len(mapper.of):
        raise ValueError(
            f"the key {key!r} has {len(parts)} parts between {mapper.delimiter!r}, and there are "
            f"{len(mapper.of)} mappers"
        )
    each = [tuple(_keys(inner, part)) for inner, part in zip(mapper.of, parts, strict=True)]
    return (mapper.delimiter.join(one) for one in product(*each))


def _fanned_out(mapper: MapperSpec, key: str) -> Iterator[str]:
    outer, inner = mapper.of
    window = mapper.window
    assert window is not None
    if window.unit is None:
        return (each for segment in window.segments for each in _keys(inner, segment))
    return (
        _written(_floor(moment, inner.unit), inner.writes, inner.unit)
        for moment in _parts(window, _begin(outer, key))
    )


def _begin(mapper: MapperSpec, key: str) -> datetime:
    """Return the beginning of the unit that a key lies in, on the clock of the mapper."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(mapper.timezone)
    try:
        moment = datetime.strptime(key, mapper.reads)  # noqa: DTZ007 - the mapper has the zone
    except ValueError:
        raise ValueError(f"the key {key!r} is not a time written as {mapper.reads!r}") from None
    moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return _floor(moment, mapper.unit)


def _floor(moment: datetime, unit: Unit) -> datetime:
    moment = moment.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return moment
    moment = moment.replace(hour=0)
    match unit:
        case "week":
            return moment - timedelta(days=moment.weekday())
        case "month":
            return moment.replace(day=1)
        case "quarter":
            return moment.replace(day=1, month=moment.month - (moment.month - 1) % 3)
        case "year":
            return moment.replace(day=1, month=1)
        case _:
            return moment


def _written(moment: datetime, form: str, unit: Unit) -> str:
    if unit == "quarter":
        form = form.replace("{quarter}", str((moment.month + 2) // 3))
    return moment.strftime(form)


_PARTS: dict[Unit, tuple[timedelta, int]] = {
    "hour": (timedelta(minutes=1), 60),
    "day": (timedelta(hours=1), 24),
    "week": (timedelta(days=1), 7),
}
_MONTHS: dict[Unit, int] = {"quarter": 3, "year": 12}


def _parts(window: WindowSpec, begin: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the parts of a window that begins at *begin*, or ends with it (backward)."""
    unit = window.unit
    assert unit is not None
    if unit in _PARTS:
        step, count = _PARTS[unit]
        first = begin - step * (count - 1) if window.backward else begin
        yield from filter(_exists, (first + step * number for number in range(count)))
    elif unit == "month":
        first = _months(begin, -1) + timedelta(days=1) if window.backward else begin
        end = begin if window.backward else _months(begin, 1) - timedelta(days=1)
        yield from (first + timedelta(days=number) for number in range((end - first).days + 1))
    else:
        count = _MONTHS[unit]
        yield from (_months(begin, number - (count - 1 if window.backward else 0)) for number in range(count))


def _exists(moment: datetime) -> bool:
    """Whether the wall clock shows the moment: not in an hour that is skipped when clocks go on."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(fold=0) == moment.replace(fold=0)


def _months(moment: datetime, count: int) -> datetime:
    """Return the same day of the month *count* months on; the first of one, in windows."""
    months = moment.year * 12 + moment.month - 1 + count
    return moment.replace(year=months // 12, month=months % 12 + 1)
