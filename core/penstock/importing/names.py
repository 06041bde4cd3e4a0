"""Ids for DAGs, from the commands that they run."""

from __future__ import annotations

import re

_PASSED_OVER = frozenset(
    {
        "sudo", "nice", "ionice", "env", "time", "exec", "nohup", "setsid", "stdbuf", "chrt", "command",
        "flock", "timeout", "chronic", "cronic", "systemd-cat", "runuser", "then", "if", "do", "fi", "done",
        "(", "{",
    }
)  # fmt: skip
_READERS = frozenset({"sh", "bash", "dash", "zsh", "perl", "php", "ruby", "node", "java", "Rscript"})
_SHELLS = frozenset({"sh", "bash", "dash", "zsh"})
_PYTHON = re.compile(r"python[\d.]*")
_ENDINGS = re.compile(r"\.(?:sh|bash|py|pl|php|rb|js|jar|R|exe|sql)$")
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s;&|<>()]+|[;&|]+")
_BORING = frozenset(
    {"cd", "echo", "test", "[", "sleep", "source", ".", "export", "set", "umask", "true", "for", "while"}
)
_LONGEST = 60


def name_for(command: str, taken: set[str]) -> str:
    """Return an id for the DAG that runs *command*, and add it to those that are *taken*."""
    base = _base(command)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _base(command: str) -> str:
    names = [_of_part(part) for part in re.split(r"\s*(?:&&|\|\||;|\n|&|\|)\s*", command)]
    telling = [name for name in names if name and name not in _BORING]
    return next(iter(telling), next(filter(None, names), "job"))


def _of_part(part: str) -> str:
    words = [word.strip("'\"") for word in _WORD.findall(part)]
    place = 0
    while place < len(words):
        word = words[place].rpartition("/")[2] or words[place]
        if "=" in word or word.startswith("-") or word.isdecimal() or word in _PASSED_OVER:
            place += 2 if word in ("-n", "-u", "-c", "-g") and place else 1
            continue
        if word in _SHELLS and words[place + 1 : place + 2] == ["-c"] and place + 2 < len(words):
            return _base(words[place + 2])
        if word in _READERS or _PYTHON.fullmatch(word):
            return _clean(_script(words[place + 1 :])) or _clean(word)
        if word == "run-parts":
            folders = [word for word in words[place + 1 :] if word.startswith("/")]
            return _clean(folders[-1].rstrip("/").rpartition("/")[2]) if folders else "run-parts"
        return _clean(word)
    return ""


def _script(words: list[str]) -> str:
    """Return the file or module that an interpreter runs."""
    for place, word in enumerate(words):
        if word == "-m" and place + 1 < len(words):
            return words[place + 1]
        if word in ("-c", "-e", "-r"):
            return ""
        if not word.startswith("-"):
            return word.rpartition("/")[2]
    return ""


def _clean(word: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", _ENDINGS.sub("", word))
    return re.sub(r"\.{2,}", ".", plain).strip("._-")[:_LONGEST]
