"""The table of names in names.txt: which module has which name, and what it is here."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "names.txt")  # noqa: PTH100, PTH118, PTH120 - in start-ups

EVERY = "*"
"""Stands for every public name of a home that is a whole module."""


class Table:
    """Every path of every name: its home (``module:attribute``) and its era (``2``, ``3`` or ``2-3``)."""

    def __init__(self, text: str) -> None:
        self.homes: dict[str, dict[str, str]] = {}
        """Module -> name -> home."""
        self._eras: dict[tuple[str, str], str] = {}
        self.modules: set[str] = {"airflow"}
        """Every module that has a name, and every package above one."""
        for name, home, era, module in _rows(text):
            self.homes.setdefault(module, {})[name] = home
            self._eras[module, name] = era
            package = module
            while package not in self.modules:
                self.modules.add(package)
                package = package.rpartition(".")[0]

    def home(self, module: str, name: str) -> str | None:
        """Return the home of *name* in *module*, or None."""
        return self.homes.get(module, {}).get(name)

    def whole(self, module: str) -> str | None:
        """Return the home of everything in *module* that is not named by itself, or None."""
        found = self.home(module, EVERY)
        return found.rstrip(":") if found else None

    def era(self, module: str, name: str) -> str | None:
        """Return in which versions *module* has *name*, or None if the table does not know."""
        return self._eras.get((module, name)) or self._eras.get((module, EVERY))

    def era_of_module(self, module: str) -> str | None:
        """Return the era that all names of *module* have in common, or None."""
        eras = {self._eras[module, name] for name in self.homes.get(module, ())}
        return eras.pop() if len(eras) == 1 else None


def _rows(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (name, home, era, module)."""
    name = home = ""
    for line in text.splitlines():
        if not line or line[0] == "#":
            continue
        words = line.split()
        if line[0] != " ":
            name, home = words
        else:
            for module in words[1:]:
                yield name, home, words[0], module


_table: Table | None = None


def table() -> Table:
    """Return the table, read once."""
    global _table  # noqa: PLW0603 - one process, one table
    if _table is None:
        with open(_FILE, encoding="utf-8") as file:  # noqa: PTH123 - in start-ups
            _table = Table(file.read())
    return _table
