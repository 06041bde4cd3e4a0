"""Where Variables and Connections come from: the environment, then penstock.toml, then the store.

The store is read from a file that the engine keeps up to date (`Settings.values_file`), so a look-up
needs no engine and always gives the current value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from penstock.task_process.channel import channel
from penstock.task_process.hiding import hide, know

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from penstock.values import Entry

    Kind = Literal["variable", "connection"]

_WORDS = {"variable": "VAR", "connection": "CONN"}


class Sources:
    """The sources of one process."""

    def __init__(self) -> None:
        self._of_file: dict[str, Mapping[str, Entry]] | None = None
        self._path: str | None = None
        self._read_at: object = None
        self._stored: dict[str, Any] = {}
        self._environ: Mapping[str, str] = {}
        self._socket: str | None = None
        self.given: dict[str, str] = {}
        """Values of references to secrets that came with an answer of the engine."""
        self.denied: dict[str, str] = {}
        """Why the engine has no value for a reference."""

    def provide(
        self,
        variables: Mapping[str, Entry] | None,
        connections: Mapping[str, Entry] | None,
        *,
        stored: str | None = None,
        environ: Mapping[str, str] | None = None,
        far: str | None = None,
    ) -> None:
        """Use these in place of penstock.toml's (both None: use those), and the store's file *stored*.

        *environ* is the part of the engine's environment that this process does not have in its own. On a
        host without the instance's files, *far* is the socket where the engine is asked for both.
        """
        self.__init__()  # type: ignore[misc]  # as if nothing had been looked up
        self._environ = environ or {}
        self._path = stored
        self._socket = far
        if variables is not None or connections is not None:
            self._of_file = {"variable": variables or {}, "connection": connections or {}}

    def find(self, kind: Kind, name: str) -> Entry | None:
        """Return the entry called *name*, or None."""
        found: Entry | None = self._from_environment(kind, name)
        if self._socket is not None:
            return self._asked(kind, name) if found is None else found
        if found is None:
            found = self._file(kind).get(name)
        return self._store(kind).get(name) if found is None else found

    def hidden_by(self, kind: Kind, name: str) -> str | None:
        """Return the source that overrides the store's entry *name*, or None."""
        if self._from_environment(kind, name) is not None:
            return "the environment"
        if self._socket is not None:
            return None  # the engine knows
        return "penstock.toml" if name in self._file(kind) else None

    def in_environment(self, *names: str) -> str | None:
        """Return the value of the first of these variables that this process has, or else the engine.

        The engine's answer is hidden in logs from then on, unless ``show_env`` names it.
        """
        for environ in (os.environ, self._environ):
            for name in names:
                if name in environ:
                    return environ[name]
        if not channel.is_open:
            return None
        answer = channel.environment(*names)
        if answer is not None and answer[1]:
            know(answer[0])
        return None if answer is None else answer[0]

    def _asked(self, kind: Kind, name: str) -> Entry | None:
        """Ask the engine, each time: the value may have changed."""
        from penstock.task_process.engine_client import ask_at

        answer = ask_at(self._socket, "look_up", kind=kind, name=name)
        hide(*(answer.get("hidden") or ()))
        self.given |= answer.get("secrets") or {}
        self.denied |= answer.get("problems") or {}
        entry: Entry | None = answer.get("entry")
        return entry

    def _from_environment(self, kind: Kind, name: str) -> str | None:
        places = (f"{program}_{_WORDS[kind]}_{name.upper()}" for program in ("PENSTOCK", "AIRFLOW"))
        return self.in_environment(*places)

    def _file(self, kind: Kind) -> Mapping[str, Entry]:
        if self._of_file is None:
            from penstock.settings import load_settings

            settings = load_settings()
            self._of_file = {"variable": settings.variables, "connection": settings.connections}
            self._path = self._path or str(settings.values_file)
        return self._of_file[kind]

    def _store(self, kind: Kind) -> Mapping[str, Entry]:
        """Return the store's entries of a kind; read again whenever the file has changed."""
        if self._path is None:
            return {}
        try:
            status = os.stat(self._path)  # noqa: PTH116 - what is imported here, every attempt pays for
            if self._read_at != (status.st_mtime_ns, status.st_ino):
                import json

                with open(self._path, "rb") as file:  # noqa: PTH123
                    self._stored = json.load(file)
                self._read_at = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            return {}
        entries: Mapping[str, Entry] = self._stored.get(kind) or {}
        return entries

    def home(self) -> str | None:
        """Return the engine's home, as far as this process was told of it."""
        return None if self._path is None else os.path.dirname(self._path)  # noqa: PTH120


sources = Sources()
provide, home = sources.provide, sources.home


def find_variable(name: str) -> Entry | None:
    """Return the entry of variable *name*, or None."""
    return sources.find("variable", name)


def find_connection(conn_id: str) -> Entry | None:
    """Return the entry of connection *conn_id*, or None."""
    return sources.find("connection", conn_id)
