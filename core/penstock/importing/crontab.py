"""Reads a crontab: its jobs with the variables that hold for them, and what is not a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from penstock.importing.daemons import Daemon

_VARIABLE = re.compile(r"""\s*(?:"([^"=]*)"|'([^'=]*)'|([^\s='"][^\s=]*))\s*=\s*(.*)""", re.DOTALL)
_BUSYBOX_VARIABLE = re.compile(r"\s*(MAILTO|SHELL|PATH)=(\S*)")
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')\s*""")
_JOB = re.compile(r"(@\S+|\S+(?:[ \t]+\S+){4})(?:[ \t]+(.*))?", re.DOTALL)
_FIELD = re.compile(r"[\d*][\d*,/~-]*|(?:[a-z]{3}[,-]?)+", re.ASCII | re.IGNORECASE)
_ABOUT_A_FIELD = re.compile(
    r"[\d*?~+,/-]|[LH]\b|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b", re.IGNORECASE
)
_WORD = re.compile(r"@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)")
_HEADER = re.compile(r"minute \(0 ?- ?59\)|^m\s+h\s+dom|^[-.*| ]+$|^\.-+", re.IGNORECASE)
_EXAMPLE = re.compile(r"command to be executed|user-name|<command>|path/to/command", re.IGNORECASE)
_USUAL_USERS = frozenset(
    {
        "root",
        "daemon",
        "www-data",
        "postgres",
        "mysql",
        "nobody",
        "backup",
        "mail",
        "news",
        "man",
        "munin",
        "nagios",
        "apache",
        "nginx",
        "git",
        "list",
        "amavis",
        "debian-spamd",
        "smmsp",
        "logcheck",
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a crontab that is a job, was one, or cannot be read.

    ``line`` is its number, ``text`` what it says, ``comments`` the lines above it. ``problem`` says why it
    cannot be read; then the fields after it are empty. ``off``: it is commented out. ``stdin`` is what the
    command reads, None for nothing. ``variables`` are those set above it.
    """

    line: int
    text: str
    comments: tuple[str, ...] = ()
    problem: str | None = None
    schedule: str = ""
    user: str | None = None
    command: str = ""
    stdin: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    off: bool = False
    notes: tuple[str, ...] = ()


class NotACrontabError(ValueError):
    """A file that is not a crontab; the message says what it is, or which line shows it."""


def read_crontab(
    text: str, daemon: Daemon, *, users: bool | None, known_users: frozenset[str]
) -> list[Entry]:
    """Return the jobs of a crontab and the lines that cannot be read, in order.

    *users*: whether a user comes before each command; None for finding out, with *known_users*. Raises
    `NotACrontabError` if it has lines and none of them can be one of a crontab.
    """
    if "\0" in text:
        raise NotACrontabError("it has NUL bytes, so it is not a text file")
    if users is None:
        users = _has_users(text, daemon, known_users)
    entries = list(_entries(text, daemon, users=users))
    live = [entry for entry in entries if not entry.off]
    if live and not any(_has_fields(entry) for entry in live) and not _has_variable(text, daemon):
        first = live[0]
        why = first.problem or f"{first.schedule!r} is not minute, hour, day, month and weekday"
        raise NotACrontabError(f"line {first.line}: {why}; no other line is one of a crontab either")
    return entries


def _has_fields(entry: Entry) -> bool:
    """Return whether a line begins with what may be a schedule, right or wrong."""
    words = entry.schedule.split()
    return entry.schedule.startswith("@") or sum(_ABOUT_A_FIELD.match(word) is not None for word in words) > 2


def _entries(text: str, daemon: Daemon, *, users: bool) -> list[Entry]:
    entries: list[Entry] = []
    variables: dict[str, str] = {}
    comments: list[str] = []
    last = text.count("\n") + 1
    for number, raw in _lines(text, daemon):
        line = raw.removesuffix("\r").strip(" \t")
        if not line:
            comments = []
        elif line.startswith("#"):
            off = _commented_out(number, line, daemon, variables, users=users)
            if off is None:
                comments.append(line.lstrip("#").strip())
            else:
                entries.append(_with(off, comments))
                comments = []
        elif (setting := variable_of(line, daemon)) is not None:
            variables[setting[0]] = setting[1]
            comments = []
        else:
            entry = _with(_job(number, line, daemon, variables, users=users), comments)
            entries.append(_about_ends(entry, raw, daemon, last=number == last))
            comments = []
    return entries


def _lines(text: str, daemon: Daemon) -> Iterator[tuple[int, str]]:
    """Yield each line with its number; those that the daemon joins are one, with the number of the first."""
    lines = enumerate(text.split("\n"), 1)
    for number, first in lines:
        line = first
        while daemon.continues and line.endswith("\\"):
            line = line[:-1] + next(lines, (0, ""))[1]
        yield number, line


def _with(entry: Entry, comments: list[str]) -> Entry:
    said = tuple(comment for comment in comments if comment)
    if any(_HEADER.search(comment) or _EXAMPLE.search(comment) for comment in said):
        said = ()  # the explanation of the columns that a new crontab has
    return replace(entry, comments=said)


def _about_ends(entry: Entry, raw: str, daemon: Daemon, *, last: bool) -> Entry:
    notes = list(entry.notes)
    if raw.endswith("\r"):
        notes.append(
            "it ends with a carriage return, which cron takes as part of the command; here it is gone"
        )
    if last and daemon.needs_newline:
        notes.append(f"the last line has no newline at its end, so {daemon.title} did not run it")
    return replace(entry, notes=tuple(notes))


def variable_of(line: str, daemon: Daemon) -> tuple[str, str] | None:
    """Return the name and value that *line* sets, or None if it sets none. Nothing in it is expanded."""
    if not daemon.any_variable:
        found = _BUSYBOX_VARIABLE.match(line)
        return None if found is None else (found[1], found[2])
    found = _VARIABLE.fullmatch(line)
    if found is None:
        return None
    name = next(group for group in found.groups()[:3] if group is not None)
    value = found[4]
    if value.startswith(("'", '"')):
        quoted = _QUOTED.fullmatch(value)
        if quoted is None:
            return None
        return name, quoted[1][1:-1]
    return name, value.rstrip()


def _has_variable(text: str, daemon: Daemon) -> bool:
    return any(
        re.match(r"[A-Za-z_]\w*\s*=", line) and variable_of(line, daemon) is not None
        for line in (raw.strip() for raw in text.split("\n"))
        if not line.startswith("#")
    )


def _job(number: int, line: str, daemon: Daemon, variables: dict[str, str], *, users: bool) -> Entry:
    notes: list[str] = []
    rest = line
    if daemon.name == "cronie" and rest.startswith("-"):
        rest = rest[1:]
        notes.append("the - before it only kept it out of cron's own log")
    if daemon.comments_anywhere and "#" in rest and not rest.startswith("@"):
        rest = rest[: rest.index("#")].rstrip(" \t")
        notes.append(f"{daemon.title} takes what follows # for a comment, also within a command; here too")
    found = _JOB.fullmatch(rest)
    if found is None or (notes and not found[2]):
        problem = _too_short(line, daemon)
        if daemon.comments_anywhere and "#" in line:
            problem += f"; {daemon.title} takes what follows # for a comment"
        return Entry(number, line, problem=problem)
    schedule, command = " ".join(found[1].split()), found[2] or ""
    user = None
    if users:
        user, command = _first_word(command)
    if not command or (daemon.clock == "vixie" and (command.startswith("*") or (user or "").startswith("*"))):
        what = "user and command" if users else "command"
        return Entry(number, line, problem=f"bad command: it needs five fields and a {what}")
    if daemon.name == "cronie" and re.match(r"-n[ \t]+", command):
        command = command[2:].lstrip(" \t")
        notes.append("the -n before it asked for mail after failures only")
    stdin = None
    if daemon.stdin:
        command, stdin = _percent(command)
    return Entry(
        number,
        line,
        schedule=schedule,
        user=user,
        command=command.strip(),
        stdin=stdin,
        variables=tuple(variables.items()),
        notes=tuple(notes),
    )


def _first_word(text: str) -> tuple[str, str]:
    word = re.split(r"[ \t]+", text, maxsplit=1)
    return word[0], word[1] if len(word) > 1 else ""


def _too_short(line: str, daemon: Daemon) -> str:
    if re.match(r"\s*\w+\s*=", line):
        if daemon.any_variable:
            return "the quotes of this value are not closed"
        return f"{daemon.title} knows no variable but SHELL, PATH and MAILTO, and passes over this line"
    return "bad command: it needs five fields and a command"


def _percent(command: str) -> tuple[str, str | None]:
    """Return what the shell gets and what it reads: after the first ``%``, more of which are newlines."""
    shell: list[str] = []
    at, escaped = 0, False
    while at < len(command):
        char = command[at]
        at += 1
        if escaped:
            if char == "%":
                shell.pop()
            shell.append(char)
            escaped = False
        elif char == "%":
            return "".join(shell), _input(command[at:])
        else:
            shell.append(char)
            escaped = char == "\\"
    return "".join(shell), None


def _input(text: str) -> str | None:
    found = re.sub(r"\\%|%", lambda sign: "%" if sign[0] == "\\%" else "\n", text)
    return f"{found}\n" if found and not found.endswith("\n") else found or None


def _commented_out(
    number: int, line: str, daemon: Daemon, variables: dict[str, str], *, users: bool
) -> Entry | None:
    """Return the job that a comment was, or None if it is only a comment."""
    inside = line.lstrip("#").strip()
    found = _JOB.fullmatch(inside)
    if found is None or not found[2] or _EXAMPLE.search(inside) or not _like_a_schedule(found[1]):
        return None
    entry = _job(number, inside, daemon, variables, users=users)
    if entry.problem:
        return None
    return replace(entry, text=line, off=True)


def _like_a_schedule(text: str) -> bool:
    if text.startswith("@"):
        return _WORD.fullmatch(text) is not None
    words = text.split()
    return all(_FIELD.fullmatch(word) for word in words) and any(not word.isalpha() for word in words)


def _has_users(text: str, daemon: Daemon, known: frozenset[str]) -> bool:
    """Return whether the sixth word of each job is a user, and not a program of that name."""
    sixth: list[tuple[str, bool]] = []
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line.startswith("#") or variable_of(line, daemon) is not None:
            continue
        found = _JOB.fullmatch(line)
        if found is None or not found[2] or not _like_a_schedule(found[1]):
            continue
        words = found[2].split()
        sixth.append((words[0], len(words) > 1))
    return bool(sixth) and all(more and word in known | _USUAL_USERS for word, more in sixth)
