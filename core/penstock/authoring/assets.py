"""Assets: what tasks make and read, known to every DAG by name.

A task with *outlets* changes them when it succeeds; a DAG with ``schedule=[a, b]``, ``a & b`` or ``a | b``
runs when they have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.authoring.checked import Checked
from penstock.authoring.checks import mapping, shown
from penstock.authoring.place import refuse
from penstock.authoring.schedules import Timetable, condition_of, schedule_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.checked import Check

_LONGEST = 1500


def _word(text: Any, what: str) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST or not text.isprintable():
        refuse(f"the {what} of an asset must be 1 to {_LONGEST} printable characters, not {shown(text)}")
    if not text.isascii():
        refuse(f"the {what} of an asset must be ASCII, not {shown(text)}")
    return text


def _word_or_nothing(text: Any, what: str) -> str:
    return "" if text == "" else _word(text, what)


class AssetCondition:
    """What a schedule can wait for: an asset, or several joined with ``&`` and ``|``."""

    def condition(self) -> dict[str, Any]:
        """Return it as data: the fields of `penstock.model.assets.AssetCondition`."""
        raise NotImplementedError

    def __and__(self, other: object) -> AssetAll:
        return AssetAll(self, other)

    def __or__(self, other: object) -> AssetAny:
        return AssetAny(self, other)


class _Several(AssetCondition):
    kind = ""

    def __init__(self, *objects: object) -> None:
        self.objects: list[AssetCondition] = []
        for one in objects:
            if not isinstance(one, AssetCondition):
                refuse(f"an asset can only be joined with assets, not with {type(one).__name__} {one!r}")
            # `a & b & c` is one condition on three, not a nested one.
            self.objects += one.objects if isinstance(one, _Several) and one.kind == self.kind else [one]

    def condition(self) -> dict[str, Any]:
        """Return it as data."""
        return {"kind": self.kind, "of": tuple(one.condition() for one in self.objects)}


class AssetAll(_Several):
    """All of them have changed: ``a & b``."""

    kind = "all"


class AssetAny(_Several):
    """One of them has changed: ``a | b``."""

    kind = "any"


class Asset(Checked, AssetCondition):
    """Something that tasks make and read: ``Asset("s3://lake/orders")`` or ``Asset("orders", uri=...)``.

    Its name and its URI together identify it; each replaces the other if that is left out. ``group``
    and ``extra`` are for people.
    """

    checks: Mapping[str, Check] = {"name": _word, "uri": _word, "group": _word, "extra": mapping}

    def __init__(
        self,
        name: str | None = None,
        uri: str | None = None,
        *,
        group: str = "asset",
        extra: Mapping[str, Any] | None = None,
        watchers: object = None,
    ) -> None:
        if name is None and uri is None:
            refuse("an asset needs a name or a uri")
        self.name: str = name if name is not None else uri  # type: ignore[assignment]  # one of them is there
        self.uri: str = uri if uri is not None else name  # type: ignore[assignment]
        self.group = group
        self.extra: dict[str, Any] = dict(mapping(extra, "the extra of an asset"))
        if watchers:
            refuse("asset watchers are not supported; record changes from a sensor's task, or by hand")

    @staticmethod
    def ref(*, name: str | None = None, uri: str | None = None) -> AssetRef:
        """Return a reference to the asset with that name or uri, wherever it is made."""
        return AssetRef(name=name, uri=uri)

    @property
    def key(self) -> tuple[str, str]:
        """The key that identifies the asset."""
        return (self.name, self.uri)

    def condition(self) -> dict[str, Any]:
        """Return it as data."""
        return {"kind": "asset", "name": self.name, "uri": self.uri}

    def fields(self) -> dict[str, Any]:
        """Return the fields of a `penstock.model.assets.AssetSpec`."""
        return {"name": self.name, "uri": self.uri, "group": self.group, "extra": self.extra}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Asset(name={self.name!r}, uri={self.uri!r})"


class AssetRef(Checked, AssetCondition):
    """A reference to an asset that another file makes, by its name or uri."""

    checks: Mapping[str, Check] = dict.fromkeys(["name", "uri"], _word_or_nothing)

    def __init__(self, *, name: str | None = None, uri: str | None = None) -> None:
        if (name is None) == (uri is None):
            refuse("a reference to an asset needs either a name or a uri")
        self.name = "" if name is None else _word(name, "name")
        self.uri = "" if uri is None else _word(uri, "uri")

    def condition(self) -> dict[str, Any]:
        """Return it as data."""
        return {"kind": "name" if self.name else "uri", "name": self.name, "uri": self.uri}

    def fields(self) -> dict[str, Any]:
        """Return it as an inlet."""
        return {"name": self.name or self.uri, "uri": self.uri or self.name}


class AssetAlias(Checked, AssetCondition):
    """A name for assets that are known only while a task runs."""

    checks: Mapping[str, Check] = {"name": _word, "group": _word}

    def __init__(self, name: str, *, group: str = "asset") -> None:
        self.name = name
        self.group = group

    def condition(self) -> dict[str, Any]:
        """Return it as data."""
        return {"kind": "alias", "name": self.name}

    def fields(self) -> dict[str, Any]:
        """Return the fields of a `penstock.model.assets.AssetSpec`."""
        return {"name": self.name, "group": self.group, "alias": True}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self) -> int:
        return hash(("alias", self.name))

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r})"


class Metadata:
    """Details of a change: ``yield Metadata(asset, {"rows": 3})`` in the task's function."""

    def __init__(
        self, asset: Asset, extra: Mapping[str, Any] | None = None, alias: AssetAlias | str | None = None
    ) -> None:
        self.asset = asset
        self.extra = dict(extra or {})
        self.alias = alias if isinstance(alias, AssetAlias | None) else AssetAlias(alias)


class AssetOrTimeSchedule(Timetable):
    """Makes runs by *timetable*, and whenever *assets* have changed."""

    def __init__(self, *, timetable: Any, assets: Any) -> None:
        fields = schedule_fields(timetable)
        if fields.kind == "none" or fields.assets is not None:
            refuse(f"timetable must be a schedule by time, not {timetable!r}")
        condition = condition_of(assets)
        if condition is None:
            refuse(f"assets must be assets, not {assets!r}")
        fields.assets = condition
        self.fields = fields


def checked_assets(value: Any, name: str) -> tuple[Asset | AssetAlias | AssetRef, ...]:
    """Return inlets or outlets as a tuple; refuse anything that is not an asset."""
    listed = isinstance(value, list | tuple | set | frozenset)
    given: Iterable[Any] = value if listed else [value]
    found = []
    for one in given:
        kinds = (Asset, AssetAlias) if name == "outlets" else (Asset, AssetAlias, AssetRef)
        if not isinstance(one, kinds):
            refuse(f"{name} must be assets, not {type(one).__name__} {one!r}")
        found.append(one)
    return tuple(found)
