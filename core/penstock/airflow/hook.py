"""The import hook: serves ``airflow`` and all below it, in processes that execute DAG files.

A module of airflow is a name and a look into the table; what it holds is imported when it is asked for. So a
path costs nothing until it is used, and all paths of a name lead to one object.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

from penstock.airflow import absent, missing
from penstock.airflow.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

ROOT = "airflow"
_NOT_KEPT = frozenset({"version", "__version__"})
"""Names whose value depends on who asks."""
_OURS = ("airflow.providers.standard.", "airflow.providers.common.compat.assets.")
"""What the table has in place of the real package, also where that is installed."""


class AirflowModule(ModuleType):
    """A module of airflow: its names come from the table, or are stand-ins for what is not installed."""

    def __getattr__(self, name: str) -> Any:
        value = _lookup(self.__name__, name)
        if name not in _NOT_KEPT:
            setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *table().homes.get(self.__name__, ())} - {"*"})


class Finder:
    """Finds every module below ``airflow``; stands before all other finders."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the signature of all finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return the spec of a module of airflow; None for all others, and for one that never existed."""
        if name != ROOT and not name.startswith(f"{ROOT}."):
            return None
        real = installed(name)
        if real is not None:
            return real
        if name not in table().modules and not missing.stands_in_for(name):
            return _beside_its_folder(name)
        return _package(name, _LOADER)


def installed(name: str) -> ModuleSpec | None:
    """Return the spec of a module of a provider package that is installed, or None.

    It goes before the table, which stands in for the packages that are not.
    """
    if not name.startswith("airflow.providers.") or f"{name}.".startswith(_OURS):
        return None
    spec = _beside_its_folder(name)
    return spec if spec is not None and spec.loader is not None else None


def _package(name: str, loader: Any) -> ModuleSpec:
    spec = ModuleSpec(name, loader, origin="penstock", is_package=True)
    spec.submodule_search_locations = []
    return spec


class _Loader:
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AirflowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to execute: names are looked up when they are asked for."""


_LOADER: Any = _Loader()


class PendulumFinder:
    """Serves what DAG files use of pendulum and docker, if those are not installed; after all others."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the signature of all finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return the spec of our own pendulum, and of the few types of docker that operators take."""
        if name == "pendulum" or name in _PENDULUM:
            return _package(name, _PENDULUM_LOADER)
        if name in {"docker", "docker.types"}:
            return _package(name, _DOCKER_LOADER)
        return None


_PENDULUM = ("pendulum.tz", "pendulum.tz.timezone", "pendulum.datetime", "pendulum.duration")


class _PendulumLoader:
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give *module* all words of ours."""
        ours = import_module("penstock.airflow.served.pendulum_words")
        words = {name: getattr(ours, name) for name in ours.__all__}
        module.__dict__.update(words)
        if module.__name__ != "pendulum":
            # Submodules must not hide the functions `pendulum.datetime` and `pendulum.duration`.
            last = module.__name__.rpartition(".")[2]
            module.__dict__.setdefault(last, words.get(last))


_PENDULUM_LOADER: Any = _PendulumLoader()


class _DockerLoader:
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give ``docker.types`` its types; ``docker`` itself has nothing else."""
        if module.__name__ == "docker.types":
            ours = import_module("penstock.airflow.served.docker_types")
            module.__dict__.update({name: getattr(ours, name) for name in ours.__all__})


_DOCKER_LOADER: Any = _DockerLoader()


def install() -> None:
    """Serve airflow from now on, in this process."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
        sys.meta_path.append(PendulumFinder())


def _lookup(module: str, name: str) -> Any:
    """Return what *name* of *module* is.

    Raises AttributeError, which an import statement turns into ImportError.
    """
    if name.startswith("__") and table().home(module, name) is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    home = table().home(module, name)
    if home is not None:
        return _at(home, name)
    whole = table().whole(module)
    if whole is not None:
        found = getattr(import_module(whole), name, None)
        if found is not None:
            return found
    if f"{module}.{name}" in table().modules:
        return import_module(f"{module}.{name}")
    if missing.stands_in_for(module):
        if missing.is_module_name(module, name):
            return import_module(f"{module}.{name}")
        return missing.stand_in(module, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}: Penstock does not know it")


def _at(home: str, name: str) -> Any:
    where, _, attribute = home.partition(":")
    if where == "absent":
        return absent.absent(name, attribute)
    module = import_module(where)
    return getattr(module, attribute) if attribute else module


def _beside_its_folder(name: str) -> ModuleSpec | None:
    """Return the spec of a module that lies on the path: a file of Airflow's own examples, for instance."""
    import os

    parts = name.split(".")
    for folder in sys.path:
        place = os.path.join(folder, *parts)  # noqa: PTH118 - in start-ups
        if os.path.isfile(f"{place}.py") or os.path.isdir(place):  # noqa: PTH112, PTH113
            if not any(os.path.isfile(f"{place}{end}") for end in (".py", "/__init__.py")):  # noqa: PTH113
                spec = ModuleSpec(name, None, is_package=True)
                spec.submodule_search_locations = [place]
                return spec
            from importlib.util import spec_from_file_location

            file = f"{place}.py" if os.path.isfile(f"{place}.py") else f"{place}/__init__.py"  # noqa: PTH113
            return spec_from_file_location(name, file)
    return None
