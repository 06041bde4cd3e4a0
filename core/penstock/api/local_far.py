"""What tasks on other hosts ask: values of tasks, variables, connections. Tasks here read them from files."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import Any

from penstock.errors import UsageError
from penstock.execution.executor import Archive
from penstock.execution.remote.secrets import value_of
from penstock.model.views.values import FoundEntry
from penstock.model.views.xcoms import LeftBehind
from penstock.settings import Settings, load_settings
from penstock.store.views.reads import Reads
from penstock.values import references

_WORDS = {"variable": "VAR", "connection": "CONN"}


class LocalFarTasks:
    """The part of `penstock.api.local.LocalEngine` that answers tasks on other hosts."""

    def __init__(self, reads: Reads, settings: Settings, archive: Archive) -> None:
        self._values_of = reads.values
        self._of_instance = settings
        self._attempts = archive

    def left_behind(self, attempt_id: str) -> LeftBehind:
        """Return what an attempt pushed, as other tasks get it."""
        values, ended = self._attempts.handed_on(attempt_id)
        return LeftBehind(values=values, ended=ended)

    def look_up(self, kind: str, name: str, *, resolve: bool = False) -> FoundEntry:
        """Return a variable or connection: of the environment (with *resolve*), the file, or the store.

        Raises `UsageError` for another kind, `SettingsError` for a file that is wrong.
        """
        if kind not in _WORDS:
            raise UsageError(f"kind must be variable or connection, not {kind!r}")
        if resolve and (found := self._in_environment(kind, name)) is not None:
            return found
        now = load_settings(self._of_instance.home)  # as a task here reads it, also after a change
        entries = now.variables if kind == "variable" else now.connections
        entry = entries.get(name)
        if entry is None:
            entry = self._in_store(kind, name)
        if entry is None or not resolve:
            return FoundEntry(entry=entry)
        secrets, problems = {}, {}
        for reference in references(entry):
            value, problem = value_of(reference)
            if value is not None:
                secrets[reference] = value
            elif problem is not None:
                problems[reference] = problem
        return FoundEntry(entry=entry, secrets=secrets, problems=problems)

    def _in_environment(self, kind: str, name: str) -> FoundEntry | None:
        for program in ("PENSTOCK", "AIRFLOW"):
            variable = f"{program}_{_WORDS[kind]}_{name.upper()}"
            value = os.environ.get(variable)
            if value is not None:
                shown = any(fnmatchcase(variable, pattern) for pattern in self._of_instance.show_env)
                return FoundEntry(entry=value, hidden=() if shown else (value,))
        return None

    def _in_store(self, kind: str, name: str) -> Any:
        from penstock.api.value_rows import Stored

        rows = (Stored(*row) for row in self._values_of(kind))
        return next((row.entry for row in rows if row.name == name), None)
