"""The identity of a home: an id that it shares with its database, and where it was when last used.

``<home>/instance.json`` is written when an engine starts. A database with another id, or none, was put
there by hand. A home that is not where its file says was moved, or is a copy of one that still exists.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from penstock.errors import StoreError
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.meta import read_meta, write_meta

NAME = "instance.json"
_KEY = "instance"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The contents of ``instance.json``: the id, and the path, device and inode of the home."""

    id: str
    home: str
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What a starting engine must know about its home."""

    id: str
    known: bool
    """Whether the database is the one that was last used here."""
    copy_of: Path | None
    """The home that this one is a copy of, if that still exists."""


def origin(settings: Settings, database: Database) -> Origin:
    """Return what home and database contain about themselves; nothing is changed."""
    stamp, own = read_stamp(settings.home), read_meta(database, _KEY)
    copy_of = None if stamp is None else _original(stamp, settings.home)
    if copy_of is not None or (stamp is None and own is None):
        return Origin(secrets.token_hex(8), known=False, copy_of=copy_of)
    if stamp is None:
        return Origin(own or secrets.token_hex(8), known=False, copy_of=None)
    return Origin(stamp.id, known=own == stamp.id, copy_of=None)


def settle(settings: Settings, database: Database, found: Origin) -> None:
    """Record that home and database belong together, and where the home is."""
    facts = settings.home.stat()
    stamp = Stamp(found.id, str(settings.home), facts.st_dev, facts.st_ino)
    if read_stamp(settings.home) != stamp:
        fresh = settings.home / f".{NAME}.{os.getpid()}"
        fresh.write_text(json.dumps(asdict(stamp)) + "\n")
        fresh.chmod(0o600)
        fresh.replace(settings.home / NAME)
    if read_meta(database, _KEY) != found.id:
        write_meta(database, _KEY, found.id)


def read_stamp(home: Path) -> Stamp | None:
    """Return the contents of ``instance.json`` in *home*; None if it is missing or invalid."""
    try:
        said = json.loads((home / NAME).read_bytes())
        return Stamp(str(said["id"]), str(said["home"]), int(said["device"]), int(said["inode"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_without_database(settings: Settings) -> None:
    """Raise `StoreError` if the database of an instance that had one is missing."""
    if lost_database(settings):
        raise StoreError(
            f"{settings.database} is missing, but this instance had one. Put it back, or restore a copy with "
            "`penstock db restore COPY`; to forget every run and start again: `penstock db create`"
        )


def lost_database(settings: Settings) -> bool:
    """Whether the database is missing although there was one."""
    return not settings.database.exists() and read_stamp(settings.home) is not None


def _original(stamp: Stamp, home: Path) -> Path | None:
    """Return the home in which *stamp* was made, if it is another one than *home* and still exists."""
    facts = home.stat()
    place = Path(stamp.home)
    if (facts.st_dev, facts.st_ino) == (stamp.device, stamp.inode) or place == home:
        return None
    try:
        there = place.stat()
    except OSError:
        return None
    other = read_stamp(place)
    if (there.st_dev, there.st_ino) == (facts.st_dev, facts.st_ino) or other is None or other.id != stamp.id:
        return None
    return place
