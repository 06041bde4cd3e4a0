"""Programs that start another one: ``flock``, ``timeout``, ``chronic``, ``nice`` and the like."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import Literal

from penstock.importing.duration import timeout_seconds
from penstock.importing.shell import Piece, literal, pieces

_BUSY = 99
"""The exit code of a kept ``flock -n`` that finds the lock held."""
_TAKES_VALUE = {
    "nice": {"-n", "--adjustment"},
    "ionice": {"-c", "-n", "--class", "--classdata"},
    "chrt": set(),
    "env": {"-u", "--unset", "-C", "--chdir"},
    "stdbuf": {"-i", "-o", "-e"},
}
_LOCK_VALUES = {"-w", "--wait", "--timeout", "-E", "--conflict-exit-code"}
_LOCK_SKIPS = {"--nb", "--nonblock"}
_LOCK_PLAIN = {"--exclusive", "--close", "--no-fork"}
_LOCK_LETTERS = re.compile(r"-[xenoF]+")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A command without what options of a DAG or a task say. Times are in seconds."""

    command: str
    timeout: float | None = None
    grace: float | None = None
    overlap: Literal["skip", "queue"] | None = None
    skip_code: int | None = None
    notes: tuple[str, ...] = ()


def unwrapped(command: str, shared: frozenset[str] = frozenset()) -> Unwrapped:
    """Return one simple *command* without its wrappers; *shared* are lock files of several lines."""
    found, at = Unwrapped(command), 0
    while True:
        words = _words_from(found.command, at)
        if len(words) < 2:
            return found
        name = words[0].text.rpartition("/")[2]
        if name in _TAKES_VALUE:
            after = _behind(words, _TAKES_VALUE[name])
            if after is None:
                return found
            at = after.start
            continue
        taken = _TAKEN.get(name)
        new = None if taken is None else taken(found, words, shared)
        if new is None:
            return found
        found = new


def lock_of(command: str) -> str | None:
    """Return the lock file of a simple *command* that begins with ``flock``, maybe behind others."""
    for place, word in enumerate(words := _words_from(command, 0)):
        if word.text.rpartition("/")[2] == "flock":
            target = _behind(words[place:], _LOCK_VALUES)
            return None if target is None else literal(target.text)
    return None


def _words_from(command: str, at: int) -> list[Piece]:
    """Return the words from *at* on, up to the first redirection."""
    words = []
    for piece in pieces(command):
        if piece.kind != "word":
            break
        if piece.start >= at:
            words.append(piece)
    return words


def _behind(words: list[Piece], takes_value: set[str]) -> Piece | None:
    """Return the first word that is neither an option of the program, its value, nor ``NAME=value``."""
    place = 1
    while place < len(words):
        text = words[place].text
        if text == "--":
            place += 1
            break
        if text in takes_value:
            place += 2
        elif text.startswith("-") or ("=" in text and words[0].text.endswith("env")):
            place += 1
        else:
            break
    return words[place] if place < len(words) else None


def _cut(command: str, first: Piece, rest: Piece) -> str:
    return command[: first.start] + command[rest.start :]


def _without_chronic(found: Unwrapped, words: list[Piece], shared: frozenset[str]) -> Unwrapped | None:  # noqa: ARG001
    rest = _behind(words, set())
    if rest is None:
        return None
    note = f"without {words[0].text}: the log keeps the output anyway"
    return replace(found, command=_cut(found.command, words[0], rest), notes=(*found.notes, note))


def _without_timeout(found: Unwrapped, words: list[Piece], shared: frozenset[str]) -> Unwrapped | None:  # noqa: ARG001
    """Turn ``timeout`` into the task's own limit; keep it if it sends another signal than TERM."""
    place, grace = 1, None
    while place < len(words) and words[place].text.startswith("-"):
        text = words[place].text
        name, sign, value = text.partition("=")
        if name in ("-k", "--kill-after"):
            place += 0 if sign else 1
            grace = timeout_seconds(value or words[place].text) if place < len(words) else None
            if grace is None:
                return None
        elif name in ("-s", "--signal"):
            place += 0 if sign else 1
            if place >= len(words) or (value or words[place].text) not in ("TERM", "SIGTERM", "15"):
                return None
        elif text not in ("-v", "--verbose", "--foreground", "--preserve-status"):
            return None
        place += 1
    limit = timeout_seconds(words[place].text) if place < len(words) else None
    if limit is None or place + 1 >= len(words):
        return None
    return replace(found, command=_cut(found.command, words[0], words[place + 1]), timeout=limit, grace=grace)


def _without_lock(found: Unwrapped, words: list[Piece], shared: frozenset[str]) -> Unwrapped | None:
    """Turn ``flock`` into a limit of one run, if no other line has the same lock."""
    place, skips = 1, False
    while place < len(words) and words[place].text.startswith("-") and words[place].text != "-c":
        name, _, value = words[place].text.partition("=")
        if _LOCK_LETTERS.fullmatch(name):
            skips = skips or "n" in name
        elif name in _LOCK_SKIPS or name in ("-w", "--wait", "--timeout"):
            skips = True
        elif name not in _LOCK_PLAIN | _LOCK_VALUES:
            return _keeping_lock(found, words, skips=False)
        place += 2 if name in _LOCK_VALUES and not value else 1
    target = literal(words[place].text) if place < len(words) else None
    if target is None or target.isdecimal() or place + 1 >= len(words):
        return _keeping_lock(found, words, skips=False)
    if target in shared:
        return _keeping_lock(found, words, skips=skips)
    rest = words[place + 1]
    command = _cut(found.command, words[0], rest)
    if rest.text in ("-c", "--command"):
        script = literal(words[place + 2].text) if place + 2 < len(words) else None
        if script is None or place + 3 < len(words):
            return _keeping_lock(found, words, skips=skips)
        command = found.command[: words[0].start] + script + found.command[words[place + 2].end :]
        if words[0].start or found.command[words[place + 2].end :].strip():
            command = (
                found.command[: words[0].start]
                + f"sh -c {shlex.quote(script)}"
                + found.command[words[place + 2].end :]
            )
    return replace(found, command=command, overlap="skip" if skips else "queue")


def _keeping_lock(found: Unwrapped, words: list[Piece], *, skips: bool) -> Unwrapped | None:
    """Keep the lock; where it does not wait, let a held one skip the task."""
    if not skips or any(word.text.startswith(("-E", "--conflict")) for word in words):
        return None
    end = words[0].end
    command = f"{found.command[:end]} -E {_BUSY}{found.command[end:]}"
    note = f"other lines hold the same lock, so flock stays; exit code {_BUSY} is skipped: the lock was held"
    return replace(found, command=command, skip_code=_BUSY, notes=(*found.notes, note))


_TAKEN = {
    "chronic": _without_chronic,
    "cronic": _without_chronic,
    "timeout": _without_timeout,
    "flock": _without_lock,
}
