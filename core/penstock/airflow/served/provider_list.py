"""What the provider packages that are installed say of themselves: their hooks by type of connection."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GROUP = "apache_airflow_provider"
"""The entry points by which provider packages are found."""


class HookInfo:
    """The hook for one type of connection."""

    def __init__(self, kind: str, hook: str, package: str) -> None:
        self.connection_type = kind
        self.hook_class_name = hook
        self.package_name = package
        self.hook_name = hook.rpartition(".")[2]

    @property
    def connection_id_attribute_name(self) -> str:
        """The name of the argument with which the hook is told its connection."""
        return str(getattr(self.hook_class, "conn_name_attr", "conn_id"))

    @property
    def hook_class(self) -> Any:
        """The class."""
        module, _, name = self.hook_class_name.rpartition(".")
        return getattr(import_module(module), name)


class DialectInfo:
    """A dialect of SQL."""

    def __init__(self, name: str, dialect: str, package: str) -> None:
        self.name = name
        self.dialect_class_name = dialect
        self.provider_name = package

    def _asdict(self) -> dict[str, str]:
        return {
            "name": self.name,
            "dialect_class_name": self.dialect_class_name,
            "provider_name": self.provider_name,
        }


class Providers:
    """The installed provider packages; reads them when it is asked for the first time."""

    _read: list[Mapping[str, Any]] | None = None

    @property
    def providers(self) -> dict[str, Mapping[str, Any]]:
        """What each package says of itself, by name."""
        return {str(info.get("package-name")): info for info in self._infos()}

    @property
    def hooks(self) -> dict[str, HookInfo]:
        """The hooks, by type of connection."""
        found: dict[str, HookInfo] = {}
        for info in self._infos():
            for one in info.get("connection-types") or ():
                made = HookInfo(one["connection-type"], one["hook-class-name"], str(info.get("package-name")))
                found.setdefault(made.connection_type, made)
        return found

    @property
    def dialects(self) -> dict[str, DialectInfo]:
        """The dialects of SQL, by name."""
        found: dict[str, DialectInfo] = {}
        for info in self._infos():
            for one in info.get("dialects") or ():
                name = one["dialect-type"]
                found[name] = DialectInfo(name, one["dialect-class-name"], str(info.get("package-name")))
        return found

    @classmethod
    def _infos(cls) -> list[Mapping[str, Any]]:
        if Providers._read is None:
            from importlib.metadata import entry_points

            Providers._read = [point.load()() for point in entry_points(group=GROUP)]
        return Providers._read
