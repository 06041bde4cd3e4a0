"""Which instance a home is: an id that it shares with its database, and where it lay when it was last used.

``<home>/instance.json`` is written when an engine starts. A database with another id, or none, was put there
by hand; a home that lies elsewhere than it says was moved, or is a copy of one that is still there.
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
from penstock.store.meta import read_meta, write_meta

NAME = "instance.json"
_KEY = "instance"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What ``instance.json`` says: the id, and the path, device and inode of the home."""

    id: str
    home: str
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What an engine that starts is to know of its home."""

    id: str
    known: bool
    """Whether the database is the one that was last used here."""
    copy_of: Path | None
    """The home that this one is a copy of, when that is still there."""


def origin(settings: Settings, database: Database) -> Origin:
    """Return what home and database say of themselves; nothing is changed."""
    stamp, own = read_stamp(settings.home), read_meta(database, _KEY)
    copy_of = None if stamp is None else _original(stamp, settings.home)
    if copy_of is not None or (stamp is None and own is None):
        return Origin(secrets.token_hex(8), known=False, copy_of=copy_of)
    if stamp is None:
        return Origin(own or secrets.token_hex(8), known=False, copy_of=None)
    return Origin(stamp.id, known=own == stamp.id, copy_of=None)


def settle(settings: Settings, database: Database, found: Origin) -> None:
    """Write down that home and database belong together, and where the home lies."""
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
    """Return what ``instance.json`` of *home* says; None when there is none that makes sense."""
    try:
        said = json.loads((home / NAME).read_bytes())
        return Stamp(str(said["id"]), str(said["home"]), int(said["device"]), int(said["inode"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_without_database(settings: Settings) -> None:
    """Raise `StoreError` when the database of an instance that has had one is gone."""
    if lost_database(settings):
        raise StoreError(
            f"{settings.database} is gone, though this instance has had one. Put it back, or a copy with "
            "`penstock db restore COPY`; to forget every run and begin anew: `penstock db create`"
        )


def lost_database(settings: Settings) -> bool:
    """Whether there is no database although there has been one."""
    return not settings.database.exists() and read_stamp(settings.home) is not None


def _original(stamp: Stamp, home: Path) -> Path | None:
    """Return the home that *stamp* was made in, when it is another one than *home* and still there."""
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
