"""``docker.types``, for files that hand its objects to DockerOperator, which needs no library here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["DeviceRequest", "LogConfig", "Mount", "Ulimit"]


class Mount(dict):  # type: ignore[type-arg]  # dict[str, Any]
    """A folder, a volume or memory at a place in the container."""

    def __init__(
        self,
        target: str,
        source: str | None,
        type: str = "volume",  # noqa: A002 - docker's word
        read_only: bool = False,
        **more: Any,
    ) -> None:
        del more
        super().__init__(Target=target, Source=source, Type=type, ReadOnly=read_only)


class _Kept(dict):  # type: ignore[type-arg]  # dict[str, Any]
    """Something that is written in a file and has no effect."""

    def __init__(self, **given: Any) -> None:
        super().__init__(given)


class DeviceRequest(_Kept):
    """Devices of the machine, which the container would get."""


class LogConfig(_Kept):
    """Where docker would write the output."""


class Ulimit(_Kept):
    """A limit of the container."""
