"""The instance as sections, each with a verdict and one line; rows below say more. Pure.

The console's screen and `penstock system` show the same ones; how a size or a time looks is up to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from penstock.model.system import engine_and_disk, slots, troubles
from penstock.model.system.parts import Item, Section, Words
from penstock.model.views.system import SystemPage

_MADE: dict[str, Callable[[SystemPage, Words], Section]] = {
    "engine": engine_and_disk.engine,
    "disk": engine_and_disk.disk,
    "parallelism": slots.parallelism,
    "pools": slots.pools,
    "executors": slots.executors,
    "import_errors": troubles.import_errors,
    "callbacks": troubles.callbacks,
    "missed": troubles.missed,
    "retention": troubles.retention,
    "quarantine": troubles.quarantine,
}
SECTIONS = tuple(_MADE)
"""Ids of the sections, in their order."""


def sections(page: SystemPage, words: Words) -> tuple[Section, ...]:
    """Return every section, always in the same order."""
    return tuple(make(page, words) for make in _MADE.values())


def named(found: tuple[Section, ...], text: str) -> tuple[Section, ...]:
    """Return the sections, each with only the rows that have *text* in their name or text.

    Sections without one are left out, unless their own title has it; those keep all rows.
    """
    wanted = text.casefold()
    kept = []
    for section in found:
        if wanted in section.title.casefold():
            kept.append(section)
            continue
        items = tuple(filter(None, (_with(item, wanted) for item in section.items)))
        if items:
            kept.append(replace(section, items=items))
    return tuple(kept)


def _with(item: Item, wanted: str) -> Item | None:
    if wanted in f"{item.name} {item.text}".casefold():
        return item
    below = tuple(filter(None, (_with(each, wanted) for each in item.below)))
    return replace(item, below=below) if below else None
