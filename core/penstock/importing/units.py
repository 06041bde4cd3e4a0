"""Reads unit files of systemd: sections, settings that repeat, specifiers, and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PREFIXES = "@-:+!|"
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)\}|\$(\w+)")


class UnitError(ValueError):
    """A unit that cannot be read; the message has the line."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a unit: its section, name, value and line."""

    section: str
    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its full name, and its settings in order, those of drop-ins last."""

    name: str
    settings: tuple[Setting, ...]

    def all(self, section: str, name: str) -> list[Setting]:
        """Return every setting of that name; an empty one forgets those before it."""
        found: list[Setting] = []
        for setting in self.settings:
            if (setting.section, setting.name) == (section, name):
                found = [*found, setting] if setting.value else []
        return found

    def last(self, section: str, name: str) -> str | None:
        """Return the value that holds, or None."""
        found = self.all(section, name)
        return found[-1].value if found else None

    @property
    def stem(self) -> str:
        """The name without its type."""
        return self.name.rpartition(".")[0]


def read_unit(name: str, texts: Iterable[str]) -> Unit:
    """Return the unit *name* from its file and its drop-ins; raise `UnitError`."""
    settings: list[Setting] = []
    for text in texts:
        section = ""
        for number, line in _lines(text):
            if line.startswith("[") and line.endswith("]"):
                section = line[1:-1]
                continue
            key, sign, value = line.partition("=")
            if not sign or not section:
                what = "is not a setting" if section else "comes before any [section]"
                raise UnitError(f"{name}: line {number}: {line!r} {what}")
            settings.append(Setting(section, key.strip(), specified(value.strip(), name), number))
    return Unit(name, tuple(settings))


def _lines(text: str) -> Iterable[tuple[int, str]]:
    """Yield the lines that count, with their numbers, joined where one ends in a backslash."""
    joined, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not joined):
            continue
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        if (joined + line).strip():
            yield start, (joined + line).strip()
        joined, start = "", 0
    if joined.strip():
        yield start, joined.strip()


def specified(value: str, name: str) -> str:
    """Return *value* with the specifiers that only need the unit's *name*; others stay."""
    stem = name.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    known = {"%": "%", "n": name, "N": stem, "p": prefix, "i": instance, "I": instance.replace("-", "/")}
    return re.sub(r"%(.)", lambda sign: known.get(sign[1], sign[0]), value)


def open_specifiers(value: str) -> list[str]:
    """Return the specifiers that are left in *value*, such as ``%h``."""
    return re.findall(r"%[A-Za-z]", value)


def shell_command(value: str) -> tuple[str, str]:
    """Return an ``Exec...=`` line as a shell command, and its prefix characters; raise ValueError.

    Nothing but variables is expanded by systemd, so everything else is quoted.
    """
    prefix = value[: len(value) - len(value.lstrip(_PREFIXES))]
    words = _words(value[len(prefix) :])
    if "@" in prefix and len(words) > 1:
        del words[1]  # the name that the program is told it has
    if not words:
        raise ValueError("it has no command")
    return " ".join(word if ":" in prefix else _quoted(word) for word in words), prefix


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, posix=True)
    except ValueError:
        raise ValueError(f"the quotes of {text!r} are not closed") from None


def _quoted(word: str) -> str:
    """Return a word for the shell, with its variables as systemd has them."""
    if not _VARIABLE.search(word):
        return word if word in (";", "&&", "||") else shlex.quote(word)
    if found := re.fullmatch(r"\$(\w+)", word):
        return f"${found[1]}"  # alone, without braces: it becomes as many words as it has
    out, at = "", 0
    for found in _VARIABLE.finditer(word):
        before = word[at : found.start()]
        out += shlex.quote(before) if before else ""
        out += "'$'" if found[0] == "$$" else f'"${{{found[1] or found[2]}}}"'
        at = found.end()
    rest = word[at:]
    return out + (shlex.quote(rest) if rest else "")


def assignments(values: Iterable[str]) -> dict[str, str]:
    """Return what ``Environment=`` lines set; raise ValueError for one that sets nothing."""
    found: dict[str, str] = {}
    for value in values:
        for word in _words(value):
            name, sign, text = word.partition("=")
            if not sign:
                raise ValueError(f"Environment={value!r}: {word!r} is not NAME=value")
            found[name] = text
    return found


def unknown(unit: Unit, section: str, known: Mapping[str, object] | frozenset[str]) -> list[str]:
    """Return the names of settings of *section* that are not *known*, in order."""
    names = dict.fromkeys(setting.name for setting in unit.settings if setting.section == section)
    return [name for name in names if name not in known]
