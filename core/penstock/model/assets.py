"""Assets as data, and conditions over them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal, Protocol

import msgspec


class AssetSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that tasks make or read, identified by ``name`` and ``uri`` together.

    With ``alias`` it is not an asset itself: while it runs, the task says which assets belong to it.
    """

    name: str
    uri: str = ""
    group: str = "asset"
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    alias: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The key that identifies the asset."""
        return (self.name, self.uri)


class AssetCondition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a DAG that waits for assets is due.

    ``kind``: ``asset`` (of ``name`` and ``uri``), ``name`` or ``uri`` (any asset with that one), ``alias``
    (any asset that was added to alias ``name``), or ``all`` / ``any`` of the conditions in ``of``.
    """

    kind: Literal["asset", "name", "uri", "alias", "all", "any"]
    name: str = ""
    uri: str = ""
    of: tuple[AssetCondition, ...] = ()


class Happened(Protocol):
    """The part of an asset event that conditions use."""

    @property
    def name(self) -> str:
        """Name of the asset."""
        ...

    @property
    def uri(self) -> str:
        """URI of the asset."""
        ...

    @property
    def aliases(self) -> Collection[str]:
        """Names of the aliases under which it was recorded."""
        ...


def leaves(condition: AssetCondition) -> Iterator[AssetCondition]:
    """Yield the conditions on single assets, in their order."""
    if condition.kind in ("all", "any"):
        for inner in condition.of:
            yield from leaves(inner)
    else:
        yield condition


def matches(leaf: AssetCondition, event: Happened) -> bool:
    """Whether *event* matches a condition on a single asset."""
    match leaf.kind:
        case "asset":
            return (leaf.name, leaf.uri) == (event.name, event.uri)
        case "name":
            return leaf.name == event.name
        case "uri":
            return leaf.uri == event.uri
        case _:
            return leaf.name in event.aliases


def awaits(condition: AssetCondition, event: Happened) -> bool:
    """Whether *event* matches any part of *condition*."""
    return any(matches(leaf, event) for leaf in leaves(condition))


def met(condition: AssetCondition, events: Collection[Happened]) -> bool:
    """Whether *events* fulfil *condition*."""
    if condition.kind == "all":
        return all(met(inner, events) for inner in condition.of)
    if condition.kind == "any":
        return any(met(inner, events) for inner in condition.of)
    return any(matches(condition, event) for event in events)


def lacking(condition: AssetCondition, events: Collection[Happened]) -> list[str]:
    """Return the names of the assets that are still missing; empty once the condition is met."""
    if met(condition, events):
        return []
    found = (title(leaf) for leaf in leaves(condition) if not met(leaf, events))
    return list(dict.fromkeys(found))


def title(leaf: AssetCondition) -> str:
    """Return what a condition on a single asset waits for."""
    return f"alias {leaf.name}" if leaf.kind == "alias" else leaf.name or leaf.uri


def describe(condition: AssetCondition) -> str:
    """Return a condition as a person would write it: ``a & (b | c)``."""
    if condition.kind in ("all", "any"):
        sign = " & " if condition.kind == "all" else " | "
        return sign.join(_inner(inner, len(condition.of)) for inner in condition.of)
    return title(condition)


def _inner(condition: AssetCondition, siblings: int) -> str:
    text = describe(condition)
    return f"({text})" if len(condition.of) > 1 and siblings > 1 else text


def names(specs: Iterable[AssetSpec]) -> list[str]:
    """Return the names of assets, each once."""
    return list(dict.fromkeys(spec.name for spec in specs))
