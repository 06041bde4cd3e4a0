"""Where an instance is, for a console that shows another host's, or those of several hosts. Pure.

With several hosts, what names a thing begins with its host: ``prod/load_orders``. No host's name has a slash,
so the host is all before the first one.
"""

from __future__ import annotations

from dataclasses import dataclass

SLASH = "/"


@dataclass(frozen=True, slots=True)
class Place:
    """A host as people see it. ``word`` and ``colour`` say where you are."""

    name: str
    production: bool = False
    word: str = ""
    colour: str = "blue"


def on(place: str, name: str) -> str:
    """Return the name of something on a host."""
    return f"{place}{SLASH}{name}"


def place_of(name: str) -> str:
    """Return the host in a name; empty without one."""
    place, slash, _ = name.partition(SLASH)
    return place if slash else ""


def bare(name: str) -> str:
    """Return a name without its host."""
    return name.partition(SLASH)[2] or name
