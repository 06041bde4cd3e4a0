"""Which other users could decide what runs as us, by owning or writing a file, its folder, or one above.

Root may do so, and members of our own private group, which has our name and no other member. In a folder
with the sticky bit (such as /tmp) others can make files, but not remove or replace ours.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import RefusedError

OFF = "PENSTOCK_TRUST_FOLDERS"
"""Environment variable: ``1`` turns these checks off, where modes and owners mean nothing."""
_MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why another user could decide over *path*, and the command that fixes it."""

    path: Path
    text: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path} {self.text}: {self.todo}"


def require(*flaws: Flaw | None) -> None:
    """Raise `RefusedError` with every flaw on its own line, if there is one."""
    found = list(dict.fromkeys(str(flaw) for flaw in flaws if flaw is not None))
    if found:
        raise RefusedError(
            "other users of this machine could decide what runs as you, so nothing is started. "
            "Check these, then run:\n" + "\n".join(f"  {each}" for each in found)
        )


def flaws_of(path: Path, *, group: str | None = None, ours: bool = False) -> Iterator[Flaw]:
    """Yield what is wrong with *path* and with everything on the way to it.

    The members of *group* may also write it. With *ours*, it must belong to us, and root is not enough. If
    a path does not exist, what is above it is checked. Nothing is wrong if `OFF` is set.
    """
    if os.environ.get(OFF) == "1":
        return
    *above, (last, facts) = _steps(path)
    found = [_flaw(place, of_place, above=True) for place, of_place in above]
    if path.exists():
        found.append(_flaw(last, facts, group=group, ours=ours))
    else:
        found.append(_flaw(last, facts, above=True))
    yield from (flaw for flaw in found if flaw is not None)


def file_flaw(
    path: Path, facts: os.stat_result, group: str | None = None, *, owner: int | None = None
) -> Flaw | None:
    """Return what is wrong with one file by its *facts* (a stat that follows links), without its folders.

    *owner* may own it besides us and root.
    """
    return None if os.environ.get(OFF) == "1" else _flaw(path, facts, group=group, owner=owner)


def _flaw(
    path: Path,
    facts: os.stat_result,
    *,
    group: str | None = None,
    above: bool = False,
    ours: bool = False,
    owner: int | None = None,
) -> Flaw | None:
    uid = os.geteuid()
    if facts.st_uid not in ({uid} if ours else {0, uid, owner}):
        text = f"belongs to user {user_name(facts.st_uid)}, who could run anything as you"
        return Flaw(path, text, f"chown {user_name(uid)} {_quoted(path)}")
    if stat.S_ISLNK(facts.st_mode) or (above and facts.st_mode & stat.S_ISVTX):
        return None
    if facts.st_mode & stat.S_IWOTH:
        text = f"can be changed by every user of this machine (mode {_mode(facts)})"
        return Flaw(path, text, f"chmod go-w {_quoted(path)}")
    if facts.st_mode & stat.S_IWGRP and not (is_private(facts.st_gid) or _named(facts.st_gid, group)):
        text = f"can be changed by the group {_group(facts.st_gid)} (mode {_mode(facts)})"
        return Flaw(path, text, f"chmod g-w {_quoted(path)}")
    return None


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def is_private(gid: int) -> bool:
    """Whether a group is private to a user: it has our name, or root's, and no other member."""
    import grp

    try:
        found = grp.getgrgid(gid)
    except KeyError:
        return False
    name = user_name(os.geteuid())
    return found.gr_name in {name, "root"} and set(found.gr_mem) <= {name, "root"}


def _named(gid: int, group: str | None) -> bool:
    return group is not None and _group(gid) == group


def _steps(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield every folder and link on the way to *path*, from the root on, each with its own facts."""
    here, todo, links = Path("/"), list(path.absolute().parts[1:]), 0
    yield here, here.lstat()
    while todo:
        name = todo.pop(0)
        if name == "..":
            here = here.parent
            continue
        place = here / name
        try:
            facts = place.lstat()
        except OSError:  # it does not exist, or we may not look
            return
        yield place, facts
        if not stat.S_ISLNK(facts.st_mode):
            here = place
            continue
        links += 1
        if links > _MOST_LINKS:
            return
        target = place.readlink()
        if target.is_absolute():
            here = Path("/")
        todo = [*(part for part in target.parts if part != "/"), *todo]


def make_folder(folder: Path) -> None:
    """Make *folder* private, and those above it writable only for us, whatever the umask."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(0o700 if each == folder else 0o755)


def _mode(facts: os.stat_result) -> str:
    return f"{stat.S_IMODE(facts.st_mode):o}"


def user_name(uid: int) -> str:
    """Return the name of a user, or the number if there is no name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
