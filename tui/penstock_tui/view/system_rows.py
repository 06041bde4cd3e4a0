"""The sections of the instance as rows of a table: those that are open with what is below. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from penstock.model.system.parts import Item, Section, Verdict
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

_NAME = (17, 34)
"""Least and most cells of the names."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a section, or a row below one. ``id`` names it; ``open`` is None for what does not open."""

    id: str
    depth: int
    thing: Section | Item
    open: bool | None

    @property
    def is_bad(self) -> bool:
        """Whether it needs a hand."""
        return self.thing.verdict != "ok"


class ConsoleWords:
    """Writes amounts and times as the other screens do; see `penstock.model.system.parts.Words`."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._now, self._zone = now, zone

    def size(self, amount: int | None) -> str:
        """Return bytes."""
        return durations.size(amount)

    def span(self, seconds: float | None) -> str:
        """Return a duration in its largest unit: a line must not change every second."""
        return durations.brief(seconds)

    def past(self, moment: datetime) -> str:
        """Return when something was."""
        return durations.past(moment, self._now, self._zone)

    def coming(self, moment: datetime) -> str:
        """Return when something will be."""
        return durations.coming(moment, self._now, self._zone)


def lines(sections: Iterable[Section], opened: Collection[str], *, everything: bool = False) -> list[Line]:
    """Return the rows that are shown: those below a section or row if it is *opened*, or *everything*."""
    found: list[Line] = []
    for section in sections:
        shut = None if not section.items else everything or section.id in opened
        found.append(Line(section.id, 0, section, shut))
        if shut:
            found += _below(section.items, 1, opened, everything=everything)
    return found


def _below(items: Iterable[Item], depth: int, opened: Collection[str], *, everything: bool) -> Iterator[Line]:
    for item in items:
        shut = None if not item.below else everything or item.id in opened
        yield Line(item.id, depth, item, shut)
        if shut:
            yield from _below(item.below, depth + 1, opened, everything=everything)


def columns(shown: Iterable[Line], cells: int) -> tuple[Column, ...]:
    """Return the columns with room for the names of what is *shown*, on a screen of so many cells."""
    least, most = _NAME
    longest = max((2 * line.depth + 2 + len(_name_and_text(line)[0]) for line in shown), default=0)
    name = max(least, min(longest, most, cells // 3))
    return (Column("name", "", name), Column("verdict", "", 6), Column("text", "", 24, most=600))


def bad_sections(sections: Iterable[Section]) -> set[str]:
    """Return what is open at first: the sections that need a hand."""
    return {section.id for section in sections if section.verdict != "ok"}


def cells(line: Line, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one row, in the order of `columns`."""
    thing = line.thing
    name, text = _name_and_text(line)
    sign = {None: "  ", False: "+ ", True: "- "}[line.open]
    shown = line.depth == 0 or line.is_bad
    verdict: Spans = [_verdict(thing.verdict, looks)] if shown else []
    return (
        [(f"{'  ' * line.depth}{sign}", "bright_black"), (label(name), "bold" if line.depth == 0 else "")],
        verdict,
        [(label(text), _text_style(line, looks))],
    )


def _verdict(verdict: Verdict, looks: Looks) -> tuple[str, str]:
    """Return a verdict with its word, which stands where colours and glyphs do not show."""
    match verdict:
        case "ok":
            return f"{looks.glyph('success')} ok", looks.style("success")
        case "warn":
            return "! look", "bold yellow"
        case _:
            return f"{looks.glyph('failed')} fail", looks.style("failed")


def _text_style(line: Line, looks: Looks) -> str:
    if line.is_bad:
        return _verdict(line.thing.verdict, looks)[1].replace("bold ", "")
    return "bright_black" if line.depth > 1 else ""


def text_of(line: Line) -> str:
    """Return what is copied: name and text."""
    name, text = _name_and_text(line)
    return f"{name}  {text}".strip()


def _name_and_text(line: Line) -> tuple[str, str]:
    thing = line.thing
    return (thing.title, thing.line) if isinstance(thing, Section) else (thing.name, thing.text)
