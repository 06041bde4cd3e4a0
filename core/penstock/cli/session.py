"""What a command works with: the instance's settings and an engine to ask."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.acts import AnyAct
    from penstock.settings import Settings


class Session:
    """One command's view of an instance.

    Nothing is read before it is needed. If *engine* is given, it replaces the instance's own.
    """

    def __init__(self, home: Path | None = None, engine: Engine | None = None) -> None:
        self.home = home
        self._given = engine
        self.console_options: tuple[str, ...] = ()
        """The options for the console that came before the command."""
        self.collected: list[AnyAct] | None = None
        """While a command is only read (see `spoken`): the acts that it would ask for."""
        self._live: Engine | None = None
        self._reader: Engine | None = None

    @cached_property
    def settings(self) -> Settings:
        """The instance's settings; raises `SettingsError`."""
        from penstock.settings import load_settings

        return load_settings(self.home)

    def engine(self) -> Engine:
        """Return the running engine; its calls raise `EngineNotRunningError` if there is none."""
        if self._given is not None:
            return self._given
        if self._live is None:
            from penstock.api.client import socket_engine

            self._live = socket_engine(self.settings.socket)
        return self._live

    def glimpse(self, seconds: float) -> Engine:
        """Return the running engine with a limit of *seconds* for each call."""
        if self._given is not None:
            return self._given
        from penstock.api.client import socket_engine

        if self._live is not None:
            self._live.close()
        self._live = socket_engine(self.settings.socket, call_timeout=seconds)
        return self._live

    def reader(self, *, quietly: bool = False) -> Engine:
        """Return the running engine, or the database read-only with a note on the age of its data.

        Raises `EngineNotRunningError` if there is neither. *quietly* leaves out the note.
        """
        if self._reader is None:
            self._reader = self._given or self._open()
            if not quietly and self._reader is not self._live:
                _tell_age(self._reader)
        return self._reader

    def stored(self) -> Engine:
        """Return the database, whether or not an engine runs; raise `EngineNotRunningError` without one."""
        from penstock.api.connect import stored_engine

        if self._reader is None or self._reader is self._live:
            self._reader = self._given or stored_engine(self.settings)
        return self._reader

    def planner(self, *, dry_run: bool) -> Engine:
        """Return where to plan an act: for a plan alone (*dry_run*) no engine has to run."""
        return self.reader() if dry_run else self.engine()

    def _open(self) -> Engine:
        from penstock.api.client import SocketClient
        from penstock.api.connect import open_engine

        engine = open_engine(self.settings)
        if isinstance(engine, SocketClient):
            self._live = engine
        return engine

    def close(self) -> None:
        """Close what was opened."""
        for engine in (self._live, self._reader):
            if engine is not None and engine is not self._given:
                engine.close()
        self._live = self._reader = None


def _tell_age(engine: Engine) -> None:
    status = engine.status()
    if status.pid is not None:
        return
    from penstock.cli.output import say
    from penstock.cli.text import ago

    age = f", last written {ago(status.last_seen)}" if status.last_seen else ""
    say(f"no engine is running: this is the state in the database{age}")


pass_session = click.make_pass_decorator(Session)
