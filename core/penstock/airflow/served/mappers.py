"""Partition mappers: from a key of an asset to keys of the DAG that waits for it. The rules are elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "AllowedKeyMapper", "ChainMapper", "DayWindow", "FanOutMapper", "FixedKeyMapper", "HourWindow",
    "IdentityMapper", "MinimumCount", "MonthWindow", "PartitionMapper", "ProductMapper", "QuarterWindow",
    "RollupMapper", "SegmentWindow", "StartOfDayMapper", "StartOfHourMapper", "StartOfMonthMapper",
    "StartOfQuarterMapper", "StartOfWeekMapper", "StartOfYearMapper", "WaitForAll", "WaitPolicy",
    "WeekWindow", "Window", "YearWindow",
]  # fmt: skip


class PartitionMapper:
    """The base of all mappers. One of the author's own can be made, and not used."""

    is_rollup = False

    def __init__(self, *, max_downstream_keys: int | None = None) -> None:
        if max_downstream_keys is not None and not _positive(max_downstream_keys):
            refuse(f"max_downstream_keys must be a whole number, 1 or more, not {max_downstream_keys!r}")
        self.max_downstream_keys = max_downstream_keys

    def as_fields(self) -> dict[str, Any]:
        """Return it as data: the fields of `penstock.model.partitions.MapperSpec`.

        Raises `DagFileError` for a mapper of the author's own.
        """
        refuse(
            f"{type(self).__name__} is a partition mapper of your own, and the engine runs no code of DAG "
            "files: use a mapper of airflow.sdk, or add_partitions() in the task that changes the asset"
        )

    def _fields(self, kind: str, **more: Any) -> dict[str, Any]:
        most = {} if self.max_downstream_keys is None else {"most": self.max_downstream_keys}
        return {"kind": kind, **more, **most}


class IdentityMapper(PartitionMapper):
    """The same key."""

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields("identity")


class _StartOf(PartitionMapper):
    """The beginning of a unit of time that a moment lies in."""

    unit = ""
    default_output_format = ""

    def __init__(
        self,
        *,
        timezone: Any = "UTC",
        input_format: str = "%Y-%m-%dT%H:%M:%S",
        output_format: str | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        from penstock.authoring.schedules import zone_name

        super().__init__(max_downstream_keys=max_downstream_keys)
        self.timezone = zone_name(timezone)
        self.input_format = _text(input_format, "input_format")
        self.output_format = _text(output_format or self.default_output_format, "output_format")

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields(
            "start_of",
            unit=self.unit,
            timezone=self.timezone,
            reads=self.input_format,
            writes=self.output_format,
        )


class StartOfHourMapper(_StartOf):
    """The hour of a moment."""

    unit = "hour"
    default_output_format = "%Y-%m-%dT%H"


class StartOfDayMapper(_StartOf):
    """The day of a moment."""

    unit = "day"
    default_output_format = "%Y-%m-%d"


class StartOfWeekMapper(_StartOf):
    """The week of a moment; it begins on Monday."""

    unit = "week"
    default_output_format = "%Y-%m-%d (W%V)"


class StartOfMonthMapper(_StartOf):
    """The month of a moment."""

    unit = "month"
    default_output_format = "%Y-%m"


class StartOfQuarterMapper(_StartOf):
    """The quarter of a moment; ``{quarter}`` in the format is its number."""

    unit = "quarter"
    default_output_format = "%Y-Q{quarter}"


class StartOfYearMapper(_StartOf):
    """The year of a moment."""

    unit = "year"
    default_output_format = "%Y"


class AllowedKeyMapper(PartitionMapper):
    """The same key, if it is one of a few."""

    def __init__(self, allowed_keys: Iterable[str], *, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.allowed_keys = _keys(allowed_keys, "allowed_keys")

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields("allowed", keys=self.allowed_keys)


class FixedKeyMapper(PartitionMapper):
    """Always one key."""

    def __init__(self, downstream_key: str, *, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.downstream_key = _text(downstream_key, "the key")

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields("fixed", keys=(self.downstream_key,))


class _Several(PartitionMapper):
    kind = ""

    def __init__(self, *mappers: PartitionMapper, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        if len(mappers) < 2:
            refuse(f"{type(self).__name__} needs two mappers or more")
        self.mappers = [_plain(each, type(self).__name__) for each in mappers]

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields(self.kind, of=tuple(each.as_fields() for each in self.mappers))


class ChainMapper(_Several):
    """One mapper after another."""

    kind = "chain"


class ProductMapper(_Several):
    """A mapper for each part of a key that *delimiter* divides."""

    kind = "product"

    def __init__(
        self, *mappers: PartitionMapper, delimiter: str = "|", max_downstream_keys: int | None = None
    ) -> None:
        super().__init__(*mappers, max_downstream_keys=max_downstream_keys)
        self.delimiter = _text(delimiter, "delimiter")

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return {**super().as_fields(), "delimiter": self.delimiter}


class Direction(StrEnum):
    """Whether a window begins or ends with its moment."""

    FORWARD = "forward"
    BACKWARD = "backward"


class Window:
    """The parts of a larger partition."""

    Direction = Direction
    unit: str | None = None
    part: type[_StartOf] | None = None
    """The mapper that writes a part, if a fan-out says nothing else."""

    def __init__(self, *, direction: str = "forward") -> None:
        if direction not in set(Direction):
            refuse(f"direction must be Window.Direction.FORWARD or BACKWARD, not {direction!r}")
        self.direction = direction

    def as_fields(self) -> dict[str, Any]:
        """Return it as data: the fields of `penstock.model.partitions.WindowSpec`.

        Raises `DagFileError` for a window of the author's own.
        """
        if self.unit is None:
            refuse(
                f"{type(self).__name__} is a window of your own, and the engine runs no code of DAG files: "
                "use a window of airflow.sdk"
            )
        return {"unit": self.unit, "backward": self.direction == Direction.BACKWARD}


class HourWindow(Window):
    """The minutes of an hour."""

    unit = "hour"


class DayWindow(Window):
    """The hours of a day."""

    unit = "day"
    part = StartOfHourMapper


class WeekWindow(Window):
    """The days of a week."""

    unit = "week"
    part = StartOfDayMapper


class MonthWindow(Window):
    """The days of a month."""

    unit = "month"
    part = StartOfDayMapper


class QuarterWindow(Window):
    """The months of a quarter."""

    unit = "quarter"
    part = StartOfMonthMapper


class YearWindow(Window):
    """The months of a year."""

    unit = "year"
    part = StartOfMonthMapper


class SegmentWindow(Window):
    """A few keys."""

    def __init__(self, segments: Iterable[str], *, direction: str = "forward") -> None:
        super().__init__(direction=direction)
        self.segments = _keys(segments, "segments")

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return {"segments": self.segments}


class WaitPolicy:
    """When there is enough of a window. One of the author's own cannot be used."""

    def enough(self) -> int | None:
        """Return how many keys are enough; None for all.

        Raises `DagFileError` for a policy of the author's own.
        """
        refuse(
            f"{type(self).__name__} is a wait policy of your own, and the engine runs no code of DAG files: "
            "use WaitForAll or MinimumCount"
        )


class WaitForAll(WaitPolicy):
    """All keys of the window."""

    def enough(self) -> int | None:
        """Return None."""
        return None


class MinimumCount(WaitPolicy):
    """So many keys of the window; below 0, all but so many."""

    def __init__(self, n: int) -> None:
        if isinstance(n, bool) or not isinstance(n, int) or n == 0:
            refuse(f"MinimumCount needs a whole number that is not 0, not {n!r}")
        self.n = n

    def enough(self) -> int | None:
        """Return the number."""
        return self.n


class RollupMapper(PartitionMapper):
    """Many keys of an asset for one run, which waits for those of *window*, as *wait_policy* says."""

    is_rollup = True

    def __init__(
        self,
        *,
        upstream_mapper: PartitionMapper,
        window: Window,
        wait_policy: WaitPolicy | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.upstream_mapper = _plain(upstream_mapper, "RollupMapper")
        self.window = _window(window, self.upstream_mapper)
        self.wait_policy = WaitForAll() if wait_policy is None else wait_policy

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields(
            "rollup",
            of=(self.upstream_mapper.as_fields(),),
            window=self.window.as_fields(),
            enough=self.wait_policy.enough(),
        )


class FanOutMapper(PartitionMapper):
    """One key of an asset for many runs: each part of *window*, written by *downstream_mapper*."""

    def __init__(
        self,
        *,
        upstream_mapper: PartitionMapper,
        window: Window,
        downstream_mapper: PartitionMapper | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.upstream_mapper = _plain(upstream_mapper, "FanOutMapper")
        self.window = _window(window, self.upstream_mapper)
        if downstream_mapper is None:
            if window.part is None:
                refuse(f"FanOutMapper needs downstream_mapper= for a {type(window).__name__}")
            downstream_mapper = window.part()
        self.downstream_mapper = _plain(downstream_mapper, "FanOutMapper")
        if window.unit is not None and not isinstance(downstream_mapper, _StartOf):
            refuse(
                f"a {type(window).__name__} has times as parts: downstream_mapper must be a StartOf mapper"
            )

    def as_fields(self) -> dict[str, Any]:
        """Return it as data."""
        return self._fields(
            "fan_out",
            of=(self.upstream_mapper.as_fields(), self.downstream_mapper.as_fields()),
            window=self.window.as_fields(),
        )


def _plain(mapper: Any, around: str) -> PartitionMapper:
    """Return a mapper that is in another one, which cannot be one of many keys."""
    if not isinstance(mapper, PartitionMapper):
        refuse(f"{around} takes partition mappers, not {mapper!r}")
    if isinstance(mapper, RollupMapper) or (isinstance(mapper, FanOutMapper) and around != "ChainMapper"):
        refuse(f"{type(mapper).__name__} cannot be in a {around}")
    return mapper


def _window(window: Any, mapper: PartitionMapper) -> Window:
    if not isinstance(window, Window):
        refuse(f"a window must be one of Airflow's, not {window!r}")
    if window.unit is not None and not isinstance(mapper, _StartOf):
        refuse(
            f"a {type(window).__name__} is of a time: its upstream_mapper must be one of the StartOf mappers"
        )
    return window


def _keys(keys: Iterable[str], what: str) -> tuple[str, ...]:
    found = () if isinstance(keys, str) else tuple(dict.fromkeys(keys))
    if not found or not all(isinstance(key, str) and key for key in found):
        refuse(f"{what} must be a list of strings that are not empty, not {keys!r}")
    return found


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        refuse(f"{what} must be a string that is not empty, not {value!r}")
    return value


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
