"""Which hosts there are: ``hosts.toml`` names them, and any destination that ssh takes is one too.

::

    [prod]                           # penstock --host prod
    ssh = "deploy@db1.example.org"   # what ssh gets; without it the name
    home = "/srv/pipelines"          # the instance's folder there
    production = true                # acts there ask for the name
    colour = "red"                   # of the word in the top line
    word = "LIVE"
    program = "/opt/penstock/bin/penstock"
"""

from __future__ import annotations

import os
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from penstock.errors import SettingsError, UsageError
from penstock.model.places import Place
from penstock.settings import find_home

COLOURS = ("red", "green", "yellow", "blue", "magenta", "cyan")
_KINDS: dict[str, type] = {
    "ssh": str,
    "home": str,
    "program": str,
    "production": bool,
    "colour": str,
    "word": str,
}


@dataclass(frozen=True, slots=True)
class Host:
    """A host, and the instance on it."""

    name: str
    """How people call it; has no slash."""
    ssh: str
    """The destination that ssh gets."""
    home: str | None = None
    """The instance's folder there; None: as ``penstock`` finds it there."""
    program: str = "penstock"
    production: bool = False
    colour: str = "blue"
    word: str = ""
    """What the console's top line says before the name, such as ``PRODUCTION``."""

    spelled: str = ""
    """How it was asked for on the command line, if not by its name."""

    @property
    def option(self) -> str:
        """What makes a command of this machine run there: ``--host`` and what belongs to it."""
        return f"--host {self.spelled or shlex.quote(self.name)}"

    @property
    def place(self) -> Place:
        """The host as people see it."""
        return Place(self.name, production=self.production, word=self.word, colour=self.colour)


def hosts_files() -> list[Path]:
    """Return the files that may name hosts, the one that decides first.

    That is ``PENSTOCK_HOSTS`` alone, or ``hosts.toml`` in this person's configuration and in `find_home`.
    """
    named = os.environ.get("PENSTOCK_HOSTS")
    if named:
        return [Path(named).expanduser().absolute()]
    import platformdirs

    folder = platformdirs.user_config_dir("penstock", appauthor=False)
    return [Path(folder, "hosts.toml"), find_home() / "hosts.toml"]


def read_hosts(files: Sequence[Path] | None = None) -> dict[str, Host]:
    """Return the hosts that *files* name (default: `hosts_files`); the first file that names one decides.

    Raises `SettingsError` that names the file and what is wrong in it.
    """
    found: dict[str, Host] = {}
    for file in hosts_files() if files is None else files:
        found = _read(file) | found
    return found


def host_of(word: str, hosts: Mapping[str, Host], home: str | None = None) -> Host:
    """Return the host that *word* means: a name, what ssh takes, or either with ``:/the/home`` behind it.

    A destination that a production host has is production too, however it is spelled. *home* replaces the
    host's own. Raises `UsageError` for a word that no host can have.
    """
    place, folder = word, None
    if word not in hosts:
        for mark in (":/", ":~"):
            before, found, after = word.partition(mark)
            if found and not before.startswith("ssh"):
                place, folder = before, mark[1] + after
                break
    if not place or place.startswith("-") or any(letter.isspace() for letter in place):
        raise UsageError(f"{word!r} is not a host: give a name of hosts.toml or what ssh takes, user@host")
    spelled = shlex.quote(word) + (
        "" if home is None or folder is not None else f" --home {shlex.quote(home)}"
    )
    known = hosts.get(place)
    if known is None:
        known = Host(name=place.removeprefix("ssh://").replace("/", "_"), ssh=place)
        same = next((each for each in hosts.values() if each.ssh == place and each.production), None)
        if same is not None:
            known = replace(same, name=known.name, home=None)
    home = home or folder
    known = replace(known, spelled="" if spelled == shlex.quote(known.name) else spelled)
    if home is None or home == known.home:
        return known
    return _at(known, home, named=folder is not None)


def _at(host: Host, home: str, *, named: bool) -> Host:
    """Return *host* with another instance on it; one that was *named* with its folder is called after it."""
    name = f"{host.name}:{home.rstrip('/').rpartition('/')[2] or '/'}" if named else host.name
    return replace(host, home=home, name=name.replace("/", "_"))


def _read(file: Path) -> dict[str, Host]:
    try:
        with file.open("rb") as stream:
            owner = os.fstat(stream.fileno()).st_uid
            table = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from None
    if owner not in {os.geteuid(), 0}:
        raise SettingsError(f"{file}: belongs to another user, who could send your commands anywhere")
    return {name: _host(name, entry, file) for name, entry in table.items()}


def _host(name: str, entry: Any, file: Path) -> Host:
    if not isinstance(entry, dict):
        raise SettingsError(f'{file}: {name} must be a table: [{name}], and below it ssh = "user@host"')
    if not name or "/" in name or name.startswith("-") or any(letter.isspace() for letter in name):
        raise SettingsError(
            f"{file}: [{name}] cannot be the name of a host: no spaces, no slash, no dash first"
        )
    for key, value in entry.items():
        if key not in _KINDS:
            raise SettingsError(f"{file}: [{name}] has no {key!r}; known: {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]) or value == "":
            kind = "true or false" if _KINDS[key] is bool else "a string that is not empty"
            raise SettingsError(f"{file}: [{name}] {key} must be {kind}, not {value!r}")
    ssh, colour = entry.get("ssh", name), entry.get("colour")
    if ssh.startswith("-") or any(letter.isspace() for letter in ssh):
        raise SettingsError(f"{file}: [{name}] ssh must be one destination, such as user@host, not {ssh!r}")
    if colour is not None and colour not in COLOURS:
        raise SettingsError(f"{file}: [{name}] colour must be one of {', '.join(COLOURS)}, not {colour!r}")
    production = entry.get("production", False)
    return Host(
        name=name,
        ssh=ssh,
        home=entry.get("home"),
        program=entry.get("program", "penstock"),
        production=production,
        colour=colour or ("red" if production else "blue"),
        word=entry.get("word", "PRODUCTION" if production else ""),
    )
