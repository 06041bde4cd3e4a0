"""Asset events in a task's context: those that made the run, earlier ones, and those that the task adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from penstock.authoring.assets import Asset, AssetAlias, AssetRef
from penstock.authoring.exceptions import TaskError
from penstock.task_process.moment import Moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_BYTES = 64 << 10
"""Bytes of JSON that a task may report about its assets."""
_MOST_EVENTS = 1000
_SAID = ("extra", "aliases", "partition_keys")


class SourceRun:
    """The run of the task that made an event."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self.dag_id: str | None = source.get("dag_id")
        self.run_id: str | None = source.get("run_id")
        self.logical_date = _moment(source.get("logical_date"))
        self.data_interval_start = _moment(source.get("data_interval_start"))
        self.data_interval_end = _moment(source.get("data_interval_end"))


class AssetEvent:
    """One change of an asset. ``timestamp`` is in UTC; one recorded by hand has no source."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        source = fields.get("source") or {}
        self.asset = Asset(name=fields["name"], uri=fields["uri"])
        self.extra: dict[str, Any] = dict(fields.get("extra") or {})
        self.timestamp = Moment.parse(fields["at"])
        self.source_dag_id: str | None = source.get("dag_id")
        self.source_run_id: str | None = source.get("run_id")
        self.source_task_id: str | None = source.get("task_id")
        self.source_map_index: int = source.get("map_index", -1)
        self.source_dag_run = SourceRun(source) if source else None
        self.partition_key: str | None = fields.get("partition_key")
        self.source_aliases: tuple[str, ...] = tuple(fields.get("aliases") or ())

    @property
    def name(self) -> str:
        """The asset's name."""
        return self.asset.name

    @property
    def uri(self) -> str:
        """The asset's URI."""
        return self.asset.uri

    def __repr__(self) -> str:
        return f"<AssetEvent: {self.name} at {self.timestamp.isoformat()}>"


class TriggeringEvents(Mapping):  # type: ignore[type-arg]  # Mapping[Asset, list[AssetEvent]]
    """The events that made the run, by asset, oldest first."""

    def __init__(self, facts: Iterable[Mapping[str, Any]]) -> None:
        self._events: dict[Asset | AssetAlias, list[AssetEvent]] = {}
        for fields in facts:
            event = AssetEvent(fields)
            self._events.setdefault(event.asset, []).append(event)
            for alias in event.source_aliases:
                self._events.setdefault(AssetAlias(alias), []).append(event)

    def __getitem__(self, asset: Asset | AssetAlias | AssetRef) -> list[AssetEvent]:
        if isinstance(asset, AssetRef):
            found = [key for key in self._events if asset.name in _names(key) or asset.uri in _names(key)]
            return [event for key in found for event in self._events[key]]
        return self._events[asset]

    def __iter__(self) -> Iterator[Any]:
        return iter([asset for asset in self._events if isinstance(asset, Asset)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr({asset: self._events[asset] for asset in self})


class InletEvents(Mapping):  # type: ignore[type-arg]  # Mapping[Asset, Sequence[AssetEvent]]
    """The changes of the task's inlets, by asset, oldest first; fetched from the engine when needed."""

    def __init__(self, inlets: Sequence[Any], ask: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
        self._inlets = dict.fromkeys(inlets)
        self._ask = ask
        self._kept: dict[Any, list[AssetEvent]] = {}

    def __getitem__(self, asset: Asset | AssetAlias | AssetRef | int) -> list[AssetEvent]:
        inlet = list(self._inlets)[asset] if isinstance(asset, int) else asset
        if inlet not in self._kept:
            known = isinstance(inlet, AssetRef) or inlet in self._inlets
            if not known:
                raise KeyError(f"{inlet!r} is not among the task's inlets")
            if isinstance(inlet, AssetAlias):
                wanted = {"alias": inlet.name}
            else:
                wanted = {what: text for what in ("name", "uri") if (text := getattr(inlet, what))}
            answer = self._ask({**wanted, "limit": _MOST_EVENTS})
            self._kept[inlet] = [AssetEvent(_fields(row)) for row in reversed(answer)]
        return self._kept[inlet]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class OutletEvent:
    """What the task reports about one outlet: ``extra``, and for an alias `add`."""

    def __init__(self, outlet: Asset | AssetAlias) -> None:
        self.key = outlet
        self.extra: dict[str, Any] = {}
        self.partition_keys: list[str] = []
        self.asset_alias_events: list[tuple[Asset, dict[str, Any]]] = []

    def add_partitions(self, keys: str | Iterable[str]) -> None:
        """Report which partitions of this asset have changed: each is an event of its own.

        Raises `TaskError` if this is an alias, or a key is not a string that says something.
        """
        if not isinstance(self.key, Asset):
            raise TaskError(f"{self.key!r} is not an asset: only an asset has partitions")
        added = [keys] if isinstance(keys, str) else list(keys)
        for key in added:
            if not isinstance(key, str) or not key:
                raise TaskError(f"the key of a partition must be a string that is not empty, not {key!r}")
        self.partition_keys = list(dict.fromkeys([*self.partition_keys, *added]))

    def add(self, asset: Asset, extra: Mapping[str, Any] | None = None) -> None:
        """Report that *asset* has changed, under this alias.

        Raises `TaskError` if this is not an alias, or *asset* not an asset.
        """
        if not isinstance(self.key, AssetAlias):
            raise TaskError(f"{self.key!r} is an asset: only an alias can add other assets")
        if not isinstance(asset, Asset):
            raise TaskError(f"only an asset can be added to an alias, not {asset!r}")
        self.asset_alias_events.append((asset, dict(extra or {})))


class OutletEvents(Mapping):  # type: ignore[type-arg]  # Mapping[Asset | AssetAlias, OutletEvent]
    """What the task reports about the assets that it changes: ``outlet_events[asset].extra = {...}``."""

    def __init__(self, outlets: Sequence[Any]) -> None:
        self._events = {outlet: OutletEvent(outlet) for outlet in outlets}

    def __getitem__(self, outlet: Asset | AssetAlias | int) -> OutletEvent:
        if isinstance(outlet, int):
            return list(self._events.values())[outlet]
        if outlet not in self._events:
            raise KeyError(f"{outlet!r} is not among the task's outlets")
        return self._events[outlet]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def said(self) -> list[dict[str, Any]]:
        """Return it as data, for the verdict. Raises `TaskError` if it cannot be kept."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for outlet, event in self._events.items():
            if isinstance(outlet, Asset):
                _add(found, outlet, event.extra, None)
                if event.partition_keys:
                    found[outlet.key]["partition_keys"] = event.partition_keys
            elif event.extra:
                raise TaskError(f"{outlet!r} is an alias: use .add(asset, extra)")
            for asset, extra in event.asset_alias_events:
                _add(found, asset, extra, outlet.name)
        changes = list(found.values())
        _check_size(changes)
        return [change for change in changes if any(change.get(name) for name in _SAID)]


def _add(found: dict[Any, Any], asset: Asset, extra: Mapping[str, Any], alias: str | None) -> None:
    blank = {"name": asset.name, "uri": asset.uri, "extra": {}, "aliases": []}
    change = found.setdefault(asset.key, blank)
    change["extra"] = {**change["extra"], **extra}
    if alias is not None and alias not in change["aliases"]:
        change["aliases"].append(alias)


def _check_size(changes: list[dict[str, Any]]) -> None:
    import json

    try:
        size = len(json.dumps(changes))
    except (TypeError, ValueError) as error:
        raise TaskError(f"the extra of an asset must be JSON: {error}") from None
    if size > MOST_BYTES:
        raise TaskError(f"the extra of assets makes {size:,} bytes, more than the {MOST_BYTES:,} allowed")


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "dag_id",
        "run_id",
        "task_id",
        "map_index",
        "logical_date",
        "data_interval_start",
        "data_interval_end",
    )
    source = {name: row[f"source_{name}"] for name in names if row.get(f"source_{name}") is not None}
    return {**row, "source": source if row.get("source_dag_id") else {}}


def _names(key: Asset | AssetAlias) -> tuple[str, ...]:
    return (key.name, key.uri) if isinstance(key, Asset) else ()


def _moment(text: str | None) -> Moment | None:
    return Moment.parse(text) if text else None
