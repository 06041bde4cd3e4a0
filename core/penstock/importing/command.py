"""What a command of a crontab becomes: what wraps it turns into options of the DAG and its task.

What has no counterpart stays in the command. Nothing is left out without a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from penstock.importing.shell import CompoundError, Part, UnreadableError, literal, parts, pieces
from penstock.importing.wrappers import unwrapped

_QUIET = re.compile(
    r"\s*(?:(?:1?>>?\s*/dev/null\s+2>\s*&1|&>>?\s*/dev/null|>&\s*/dev/null|1?>>?\s*/dev/null|2>>?\s*/dev/null|2>\s*&1"
    r"\s*1?>>?\s*/dev/null)\s*)+$"
)
_WEEKDAY_TEST = re.compile(
    r"""\s*(?:\[|test)\s+["']?(?:\$\(|`)date\s+["']?\+%([uwa])["']?(?:\)|`)["']?\s+(?:==?|-eq)\s+["']?(\w+)["']?\s+"""
    r"""(?:\]\s*)?&&"""
)
_SHORT_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_TESTS = frozenset({"[", "[[", "test"})
_ASKING = frozenset({"which", "pgrep", "pidof", "hash", "type"})
_RUN_PARTS = re.compile(r"\brun-parts\b")


@dataclass(frozen=True, slots=True)
class Understood:
    """A command, and what was taken out of it.

    ``timeout`` and ``grace`` are seconds. ``lock`` is the file of a ``flock`` that became *overlap*.
    ``skip_code`` is an exit code that means that nothing was to be done. ``notes`` are comments for the
    DAG file, about what differs; ``plain`` says whether the command is one program with its arguments.
    """

    command: str
    cwd: str | None = None
    timeout: float | None = None
    grace: float | None = None
    overlap: Literal["skip", "queue"] | None = None
    skip_code: int | None = None
    plain: bool = False
    notes: tuple[str, ...] = field(default=())

    def noting(self, *notes: str) -> Understood:
        """Return the same with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def understood(command: str, home: str, shared: frozenset[str] = frozenset()) -> Understood:
    """Return what *command* becomes.

    *home* is where it begins. *shared* are lock files that other lines use too: such a lock stays.
    """
    found = Understood(command.strip())
    try:
        found = _without_comment(found)
        found = _without_ampersand(found)
        found = _directory(found, home)
        guards, found = _guards(found)
        found = _quiet(found)
        known = parts(found.command)
        if len(known) == 1 and known[0].simple:
            found = _wrappers(found, shared)
            found = found if found.cwd else _directory(found, home)
        found = _waiting(found)
        found = replace(found, plain=_plain(found.command))
    except UnreadableError as error:
        why = () if isinstance(error, CompoundError) else (f"the command is kept as it is: {error}",)
        guards, found = "", found.noting(*why)
    found = _noted(found)
    if guards:
        body = "\n".join(f"    {line}" if line else line for line in found.command.split("\n"))
        found = replace(found, command=f"if {guards}; then\n{body}\nfi", plain=False)
    return found


def weekday_asked(command: str) -> int | None:
    """Return the weekday (0 is Sunday) that a test at the beginning of *command* asks for, or None."""
    found = _WEEKDAY_TEST.match(command)
    if found is None:
        return None
    if found[1] == "a":
        return _SHORT_DAYS.index(found[2]) if found[2] in _SHORT_DAYS else None
    if not found[2].isdecimal():
        return None
    number = int(found[2])
    return number % 7 if (1 if found[1] == "u" else 0) <= number <= (7 if found[1] == "u" else 6) else None


def _without_comment(found: Understood) -> Understood:
    """Cut off a comment at the end, which would hide what is put behind the command."""
    known = pieces(found.command)
    return replace(found, command=found.command[: known[-1].end]) if known else found


def _plain(command: str) -> bool:
    known = parts(command)
    return len(known) == 1 and known[0].simple


def _without_ampersand(found: Understood) -> Understood:
    """Take away the sign that sends the command to the background: the task would end before it."""
    known = parts(found.command)
    if known[-1].after != "&":
        return found
    return replace(found, command=found.command[: known[-1].pieces[-1].end]).noting(
        "the & at the end is gone: the command would outlive its task, and be killed"
    )


def _waiting(found: Understood) -> Understood:
    """Let the shell wait for what it sends to the background on the way."""
    if all(part.after != "&" for part in parts(found.command)):
        return found
    if re.search(r"\bwait\b", found.command):
        return found
    return replace(found, command=f"{found.command}\nwait").noting(
        "what & sends to the background would be killed with its task, so the shell waits for it"
    )


def _directory(found: Understood, home: str) -> Understood:
    """Turn a leading ``cd X &&`` into the folder of the task."""
    known = parts(found.command)
    if len(known) < 2 or known[0].after != "&&" or any(part.after == "||" for part in known):
        return found
    words = known[0].words
    if len(words) != 2 or words[0] != "cd" or len(known[0].pieces) != 2:
        return found
    folder = _folder(words[1], home)
    if folder is None:
        return found
    return replace(found, command=found.command[known[1].pieces[0].start :], cwd=folder)


def _folder(word: str, home: str) -> str | None:
    for sign in ("~", "$HOME", "${HOME}", '"$HOME"', '"${HOME}"'):
        if word == sign:
            return home
        if word.startswith(f"{sign}/") and (rest := literal(word[len(sign) :])) is not None:
            return home + rest
    plain = literal(word)
    if plain is None or plain in ("", "-"):
        return None
    return plain if plain.startswith("/") else f"{home.rstrip('/')}/{plain}"


def _guards(found: Understood) -> tuple[str, Understood]:
    """Return the tests that lead a chain of ``&&``, as one condition, and the rest."""
    known = parts(found.command)
    if any(part.after in ("||", ";", "&", "\n", ";;") for part in known):
        return "", found
    count = 0
    while count < len(known) - 1 and known[count].after == "&&" and _is_test(known[count]):
        count += 1
    if count == 0:
        return "", found
    start = known[count].pieces[0].start
    condition = found.command[: known[count - 1].pieces[-1].end]
    rest = replace(found, command=found.command[start:])
    return condition, rest.noting("a test that says no is nothing to do, not a failure")


def _is_test(part: Part) -> bool:
    words = part.words
    if words[:1] == ["!"]:
        words = words[1:]
    if not words:
        return False
    name = words[0].rpartition("/")[2] or words[0]
    if name in _TESTS or name in _ASKING or words[:2] in (["command", "-v"], ["mountpoint", "-q"]):
        return True
    quiet = any(re.fullmatch(r"-[A-Za-z]*q[A-Za-z]*|--quiet", word) for word in words[1:])
    return name in {"grep", "egrep", "fgrep", "zgrep", "mountpoint", "ip", "systemctl"} and (
        quiet or words[1:2] == ["is-active"]
    )


def _quiet(found: Understood) -> Understood:
    """Take away what throws the output away: it was to avoid mail, and here it is the task's log."""
    sign = _QUIET.search(found.command)
    if sign is None or not sign[0].strip():
        return found
    kept = found.command[: sign.start()].rstrip()
    if not kept or _opens_quote(kept):
        return found
    return replace(found, command=kept).noting(f"without {sign[0].strip()}: the output is the task's log")


def _opens_quote(command: str) -> bool:
    try:
        parts(command)
    except UnreadableError:
        return True
    return False


def _wrappers(found: Understood, shared: frozenset[str]) -> Understood:
    """Take away ``flock``, ``timeout`` and ``chronic`` where an option says the same."""
    kept = unwrapped(found.command, shared)
    return replace(
        found,
        command=kept.command,
        timeout=kept.timeout,
        grace=kept.grace,
        overlap=kept.overlap,
        skip_code=kept.skip_code,
    ).noting(*kept.notes)


def _noted(found: Understood) -> Understood:
    command = found.command
    if (file := _output_file(command)) is not None:
        found = found.noting(f"its output goes to {file}, so it is not in the task's log")
    if re.search(r"(?:^|[\s;&|(])(?:nohup|setsid)\s", command):
        found = found.noting("what nohup or setsid leave behind is killed when the task ends")
    if re.search(r"(?:^|[\s;&|(])(?:sudo|su)\s", command):
        found = found.noting("sudo and su cannot ask for a password here")
    if _RUN_PARTS.search(command):
        found = found.noting("run-parts runs every file of the folder whose name has no dot, in one task")
    return found


def _output_file(command: str) -> str | None:
    """Return the file that *command* writes its output to, as it is written; None if there is none."""
    try:
        known = pieces(command)
    except UnreadableError:
        return None
    for sign, word in pairwise(known):
        to_file = sign.kind == "redirection" and sign.text in (">", ">>", "1>", "1>>", "&>", "&>>", ">|")
        if to_file and word.kind == "word" and word.text != "/dev/null" and not word.text.startswith("&"):
            return word.text
    return None
