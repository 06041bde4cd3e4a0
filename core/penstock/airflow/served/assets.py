"""Words around assets."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.authoring import assets as ours
from penstock.authoring import scope
from penstock.authoring.assets import AssetOrTimeSchedule
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Asset(ours.Asset):
    """Our asset, with the arguments of Airflow's that change nothing here."""

    def __init__(
        self,
        name: Any = None,
        uri: Any = None,
        *,
        group: str = "asset",
        extra: Any = None,
        watchers: Any = None,
        access_control: Any = None,
        **more: Any,
    ) -> None:
        del access_control
        if isinstance(uri, Mapping):  # Dataset(uri, extra)
            uri, extra = None, uri
        if more:
            refuse(f"Asset does not know the argument {next(iter(more))!r}")
        name, uri = (None if one is None else str(one) for one in (name, uri))
        super().__init__(name, uri, group=group, extra=extra)
        self.watchers = list(watchers or ())


class AssetWatcher:
    """Something that would watch an asset from outside; nothing here does, and the DAG says so."""

    def __init__(self, name: str, trigger: Any, **more: Any) -> None:
        del more
        self.name = name
        self.trigger = trigger
        scope.current().notices[
            f"the asset watcher {name!r} watches nothing: record changes from a sensor's task, or with "
            "`penstock assets`"
        ] = None


class AssetAccessControl:
    """Who may change an asset; there is one user here."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.given = (args, named)


class DatasetOrTimeSchedule(AssetOrTimeSchedule):
    """The name that 2.x has for `AssetOrTimeSchedule`."""

    def __init__(self, *, timetable: Any, datasets: Any) -> None:
        super().__init__(timetable=timetable, assets=datasets)
