"""Partitioned schedules: by a cron, by the partitions of assets, and by the one who triggers a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.airflow.served.mappers import IdentityMapper, PartitionMapper
from penstock.authoring.place import refuse
from penstock.authoring.schedules import CronTriggerTimetable, ScheduleFields, Timetable, condition_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any


class CronPartitionTimetable(CronTriggerTimetable):
    """Fires by a cron; each scheduled run is about the partition of its date, *run_offset* points on.

    The key is that partition's date on the clock of *timezone*, written by *key_format* (as for strftime).
    """

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any = "UTC",
        run_offset: int | None = None,
        run_immediately: bool | timedelta = False,
        key_format: str = "%Y-%m-%dT%H:%M:%S",
    ) -> None:
        if run_offset is not None and (isinstance(run_offset, bool) or not isinstance(run_offset, int)):
            refuse(f"run_offset must be a whole number, not {run_offset!r}")
        if not isinstance(key_format, str):
            refuse(f"key_format must be a string, not {key_format!r}")
        super().__init__(cron, timezone=timezone, run_immediately=run_immediately)
        self.fields.partitions = {"offset": run_offset or 0, "key_format": key_format}


class PartitionedAssetTimetable(Timetable):
    """Makes a run for each partition of the waiting DAG for which all assets have changed.

    The mapper of an asset, or *default_partition_mapper*, says to which partitions a change of it belongs.
    """

    def __init__(
        self,
        assets: Any,
        partition_mapper_config: Mapping[Any, PartitionMapper] | None = None,
        default_partition_mapper: PartitionMapper | None = None,
    ) -> None:
        condition = condition_of(assets)
        if condition is None:
            refuse(f"assets must be assets, not {assets!r}")
        self.fields = ScheduleFields(assets=condition, text="")
        self.fields.partitions = {
            "default": _mapper(
                IdentityMapper() if default_partition_mapper is None else default_partition_mapper
            ),
            "mappers": tuple(_by_asset(partition_mapper_config or {})),
        }


class PartitionedAtRuntime(Timetable):
    """No schedule: the one who triggers a run, or its tasks, say which partitions it is about."""

    def __init__(self) -> None:
        self.fields = ScheduleFields()
        self.fields.partitions = {}


def _by_asset(config: Mapping[Any, PartitionMapper]) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    for asset, mapper in config.items():
        if not hasattr(asset, "condition"):
            refuse(f"the keys of partition_mapper_config must be assets, not {asset!r}")
        yield asset.condition(), _mapper(mapper)


def _mapper(mapper: Any) -> dict[str, Any]:
    if not isinstance(mapper, PartitionMapper):
        refuse(f"a partition mapper must be one of Airflow's, not {mapper!r}")
    return mapper.as_fields()
