"""`StatusBar`: the top line: the engine, where we are, what counts; red when the engine is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Protocol, cast

from rich.cells import cell_len
from textual import events

from penstock.model.places import Place
from penstock_tui import actions
from penstock_tui.clean import label
from penstock_tui.shell import Shell, shell_of
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, fit, width
from penstock_tui.view.zones import zone_words
from penstock_tui.widgets.line import Line

_WIDE = 100
"""Cells from which on words stand beside signs."""


class _Titled(Protocol):
    """What the line asks of the screen that it is on."""

    def crumbs(self) -> Spans:
        """Return where we are and what counts here."""

    def chip(self) -> Spans:
        """Return the right end of the line, before the time zone."""

    def date_zones(self) -> Collection[str]:
        """Return the names of the time zones of the logical dates that are shown."""


class StatusBar(Line):
    """Drawn from the console's state and the screen's crumbs; `refresh_line` after either moved."""

    _failed_from = _failed_end = 0
    """The cells where the number of failures stands."""

    def on_click(self, event: events.Click) -> None:
        """Show the failures, where their number is clicked."""
        if self._failed_from <= event.x < self._failed_end:
            shell_of(self).act(actions.BY_ID["view.failures"], ())

    def refresh_line(self) -> None:
        """Draw again if the line says something else."""
        self.show(self.line(self.size.width))

    def spans(self, cells: int) -> Spans:
        """Return the line, made now: the first drawing is as good as any later one."""
        self._spans = self.line(cells)
        return self._spans

    def line(self, cells: int) -> Spans:
        """Return the line for *cells* cells: the crumbs give way first, the engine's state never."""
        view = cast("_Titled", self.screen)
        shell = shell_of(self)
        zone = zone_words(shell.zone, view.date_zones(), shell.clock.now(), narrow=cells < _WIDE)
        right = [*view.chip(), (f" {zone} ", "dim")]
        room, crumbs = max(0, cells - width(right)), view.crumbs()
        here = place_chip(shell.places, shell.only_host, wide=cells >= _WIDE)
        if shell.gone is not None:
            left: Spans = [(f" {label(gone_text(shell))} ", "bold bright_white on red"), ("  ", "")]
        else:
            left = self._engine(shell, cells, spare=True)
            if width([*here, *left, *crumbs]) > room:
                left = self._engine(shell, cells, spare=False)
            self._failed_from += width(here)
            self._failed_end += width(here)
        return [*fit([*here, *left, *crumbs], room), *right]

    def _engine(self, shell: Shell, cells: int, *, spare: bool) -> Spans:
        """Return the engine's state; *spare*: also what one can do without, since when it runs and keys."""
        status, looks = shell.engine_status, shell.looks
        if status is None:
            return [(" connecting ", "dim"), (" ", "")]
        name = label(PurePath(status.home).name or "penstock")
        spans: Spans = [(f" {name} ", "bold")]
        if spare and cells >= _WIDE and status.since is not None:
            spans.append(
                (f" up {durations.brief((shell.clock.now() - status.since).total_seconds())} ", "dim")
            )
        for state, count, word in (
            ("running", status.running, "run"),
            ("queued", status.queued, "queued"),
            ("failed", status.failures, "failed"),
        ):
            style = looks.style(state) if count else "dim"
            text = f"{looks.glyph(state)}{count}" + (f" {word}" if cells >= _WIDE else "")
            spans += [(" ", ""), (text, style)]
            if spare and state == "running" and count and cells >= _WIDE:
                spans.append((self._key_of("view.now"), "dim"))
        self._failed_end = width(spans)
        self._failed_from = self._failed_end - cell_len(text)
        if status.failures:
            spans.append((self._key_of("view.failures"), "dim"))
        if status.quarantined:
            text = f"{looks.glyph('quarantined')}{status.quarantined}"
            text += " in quarantine" if cells >= _WIDE else ""
            spans += [(" ", ""), (text, looks.style("quarantined"))]
            if spare and cells >= _WIDE:
                spans.append((self._key_of("view.system"), "dim"))
        if status.questions:
            text = f"{looks.glyph('asks')}{status.questions}"
            text += (" asks" if status.questions == 1 else " ask") if cells >= _WIDE else ""
            spans += [(" ", ""), (text, looks.style("asks")), (self._key_of("questions"), "dim")]
        if cells >= _WIDE and status.parallelism:
            spans.append((f"  slots {status.running}/{status.parallelism}", "dim"))
        if shell.recording is not None:
            spans.append((f"  REC {label(shell.recording)}", "bold red"))
        if shell.read_only:
            spans.append(("  read-only", "yellow"))
        return [*spans, ("   ", "")]

    def _key_of(self, action: str) -> str:
        """Return the key that leads to what a number counts."""
        return f" ({actions.key_names(actions.BY_ID[action], shell_of(self).keys)})"


def place_chip(places: Sequence[Place], only: str | None, *, wide: bool) -> Spans:
    """Return the word and the colour that say on which host this is; nothing at home and for several."""
    here = [place for place in places if only is None or place.name == only]
    if len(here) != 1:
        return []
    place = here[0]
    word = f"{label(place.word)} " if place.word and (wide or place.production) else ""
    return [(f" {word}{label(place.name)} ", f"bold reverse {place.colour}"), (" ", "")]


def gone_text(shell: Shell) -> str:
    """Return what the red line says: since when nobody answers, and how old the data is."""
    heard, now = shell.feed.heard, shell.clock.now()
    start = actions.BY_ID["start_engine"]
    offer = f" · {actions.key_names(start, shell.keys)} starts one" if shell.offers(start) else ""
    what = f"no connection to {shell.places[0].name}" if shell.gone and shell.gone.cut else "no engine"
    if heard is None:
        return f"{what} · nothing known yet{offer}"
    age = durations.brief((now - heard).total_seconds())
    return f"{what} for {age} · data from {durations.past(heard, now, shell.zone)}{offer}"
