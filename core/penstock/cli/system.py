"""`penstock system`: how engine, disk, pools and executors are, and what needs a hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session
from penstock.cli.status import NO_ENGINE
from penstock.model.system.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.model.system.parts import Item, Section


@click.command
@click.argument("section", nargs=-1, type=click.Choice(SECTIONS))
@click.option("--all", "everything", is_flag=True, help="Open every section.")
@json_option
@pass_session
def system(session: Session, *, section: tuple[str, ...], everything: bool, as_json: bool) -> int:
    """Show how engine, disk, pools and executors are, and what needs a hand.

    Each section is one line; those that need a hand, and those that are named, are opened. Without an engine
    it shows what is stored, and the exit code is 3.

    Examples:
      penstock system
      penstock system pools retention
      penstock system --json | jq .disk.lasts
    """
    from msgspec.structs import asdict

    from penstock.model.system.sections import sections

    page = session.reader().system()
    found = sections(page, CommandWords())
    if as_json:
        told = [{"id": each.id, "verdict": each.verdict, "line": each.line} for each in found]
        print_json({"sections": told, **asdict(page)})
    else:
        opened = set(SECTIONS) if everything else set(section)
        wide = max(len(each.title) for each in found)
        for each in found:
            if not section or each.id in section:
                tell("\n".join(_lines(each, wide, opened=each.id in opened or each.verdict != "ok")))
    return 0 if page.engine.pid is not None else NO_ENGINE


class CommandWords:
    """Writes amounts and times as the other commands do; see `penstock.model.system.parts.Words`."""

    def size(self, amount: int | None) -> str:
        """Return bytes."""
        from penstock.cli import text

        return text.size(amount)

    def span(self, seconds: float | None) -> str:
        """Return a duration."""
        from penstock.cli import text

        return text.duration(seconds)

    def past(self, moment: datetime) -> str:
        """Return when something was."""
        from penstock.cli import text

        return text.moment(moment)

    def coming(self, moment: datetime) -> str:
        """Return how long it is until then."""
        from penstock.cli import text

        return f"in {text.duration(max(0.0, (moment - datetime.now(UTC)).total_seconds()))}"


def _lines(section: Section, wide: int, *, opened: bool) -> Iterator[str]:
    from penstock.cli.text import one_line, state

    pad = " " * (6 - len(section.verdict))
    yield f"{state(section.verdict)}{pad}{section.title:<{wide}}  {one_line(section.line)}"
    if opened:
        yield from _items(section.items, 8)


def _items(items: Iterable[Item], indent: int) -> Iterator[str]:
    from penstock.cli.text import one_line, width

    items = tuple(items)
    wide = max((width(one_line(item.name)) for item in items), default=0)
    for item in items:
        name = one_line(item.name)
        gap = " " * (wide - width(name))
        yield f"{' ' * indent}{name}{gap}  {one_line(item.text)}".rstrip()
        yield from _items(item.below, indent + 4)
