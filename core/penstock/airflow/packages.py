"""Provider packages: their names, which versions were tried, and what each needs besides Airflow. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

PREFIX = "apache-airflow-providers-"
_TABLE = Path(__file__).with_name("providers.txt")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(.*)", re.DOTALL)
_CORE = frozenset({"apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"})


@dataclass(frozen=True, slots=True)
class Tried:
    """A package that was tried: its short name, its version, and the libraries that it does not name."""

    name: str
    version: str
    libraries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a package asks for: other provider packages by short name, and libraries as requirements."""

    name: str
    version: str
    providers: tuple[str, ...]
    libraries: tuple[str, ...]


def tried() -> dict[str, Tried]:
    """Return the packages that were tried, by short name."""
    found = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version, *libraries = line.split()
            found[name] = Tried(name, version, tuple(libraries))
    return found


def short_name(word: str) -> tuple[str, str | None]:
    """Return the short name of a package, and its version if *word* names one.

    ``http``, ``common.sql``, ``common-sql==2.4.0`` and ``apache-airflow-providers-http`` are such words.
    Raises ValueError for others.
    """
    name, _, version = word.strip().partition("==")
    plain = re.sub(r"[-_.]+", "-", name).lower().removeprefix(PREFIX)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plain) or plain in _CORE:
        raise ValueError(f"{word!r} does not name a provider package: http, common-sql, postgres==7.1.1 do")
    if "==" in word and not re.fullmatch(r"[0-9][0-9a-z.]*", version):
        raise ValueError(f"{word!r}: a version is written like http==6.3.0")
    return plain, version or None


def needs(metadata: str) -> Needs:
    """Return what the package with this METADATA asks for, without Airflow itself and without extras.

    Raises ValueError if it is not the metadata of a provider package.
    """
    fields = Parser().parsestr(metadata, headersonly=True)
    name, version = str(fields.get("Name", "")), str(fields.get("Version", ""))
    if not name.startswith(PREFIX):
        raise ValueError(f"{name or 'it'} is not a provider package of Airflow")
    providers, libraries = [], []
    for line in fields.get_all("Requires-Dist") or ():
        requirement, _, marker = line.partition(";")
        if "extra" in marker:
            continue
        found = _REQUIREMENT.match(requirement.strip())
        plain = re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""
        if plain in _CORE:
            continue
        if plain.startswith(PREFIX):
            providers.append(plain.removeprefix(PREFIX))
        else:
            libraries.append(line.strip())
    known = tried().get(short_name(name)[0])
    return Needs(
        short_name(name)[0],
        version,
        tuple(providers),
        (*libraries, *(known.libraries if known else ("packaging",))),
    )
