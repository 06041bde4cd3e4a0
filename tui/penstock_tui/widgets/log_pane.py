"""`LogPane`: a log with its title and its search line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from penstock_tui import log_reading, log_seek
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.view.durations import size
from penstock_tui.view.log_patterns import ERRORS, Sought, Wanted, wanted
from penstock_tui.view.log_pieces import up
from penstock_tui.view.log_search import BLOCK, Matches
from penstock_tui.view.log_source import Follow, LogSource
from penstock_tui.view.spans import Spans, fit, give_way, width
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.log_view import LogView


class TitleLine(Line):
    """One row whose right end stays when it gets narrow."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._right: Spans = []
        self._yielding: Sequence[int] = ()

    def show_both(self, left: Spans, right: Spans, *, yielding: Sequence[int] = ()) -> None:
        """Show *left* and, at the right edge, *right*; pieces of *left* at *yielding* are cut first."""
        if (left, right) != (self._spans, self._right):
            self._spans, self._right, self._yielding = left, right, yielding
            self.refresh()

    @property
    def shown(self) -> str:
        """The text of both ends."""
        return "".join(text for text, _ in [*self._spans, *self._right])

    def spans(self, cells: int) -> Spans:
        """Return both ends in *cells* cells."""
        right = self._right if width(self._right) <= cells else []
        room = cells - width(right)
        return [*fit(give_way(self._spans, room, self._yielding), room), *right]


class LogPane(Vertical):
    """A title, the log, and below it the search while there is one."""

    DEFAULT_CSS = """
    LogPane > #search { height: 1; display: none; }
    LogPane.searching > #search { display: block; }
    LogPane FilterBar { width: 1fr; }
    LogPane #hits { width: 34; }
    """

    def __init__(self, *, zone: tzinfo, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        # Kept here: answers may arrive while the screen closes, when a query no longer finds them.
        self.log_view = LogView(zone=zone)
        self._line = TitleLine(id="log-title")
        self._bar = FilterBar("text, or ~regular expression")
        self._hits = Line(id="hits")
        self._title: Spans = []
        self._source: LogSource | None = None
        self._from: Widget | None = None
        """The widget that had the keys when a search began."""
        self.bytes_to_search: int | None = None
        """Bytes that a search for the next error line or hit still has to read; None when none is running."""
        self._looking_for = ""
        self._search = 0
        """Counts searches, so that an old one can tell that a newer one has begun."""

    def compose(self) -> ComposeResult:
        """Compose title, log and search line."""
        yield self._line
        yield self.log_view
        with Horizontal(id="search"):
            yield self._bar
            yield self._hits

    # -- what is shown ---------------------------------------------------------------------------

    def open(self, source: LogSource | None, title: Spans, *, live: bool, empty: str = "") -> None:
        """Show the end of a log under *title*."""
        self._source = source
        self.end_search()
        self.log_view.open(source, live=live, empty=empty)
        self.retitle(title)

    def retitle(self, title: Spans) -> None:
        """Change the title before the log's own state."""
        self._title = title
        self._show_title()

    def on_growing_log_moved(self) -> None:
        """Show the log's position."""
        self._show_title()
        self._show_hits()

    def _show_title(self) -> None:
        if self.is_mounted:
            name = (0,) if self._title else ()
            self._line.show_both(self._title, self.badge(), yielding=name)

    def badge(self) -> Spans:
        """Return size, and whether the log is followed or how much came since."""
        view = self.log_view
        if self._source is None:
            return []
        spans: Spans = [(f" {size(view.window.size)} ", "dim")] if view.window.size else []
        if self.bytes_to_search is not None:
            spans.append(
                (
                    f" looking for {self._looking_for}, {size(self.bytes_to_search)} to go, esc stops ",
                    "yellow",
                )
            )
        if view.note:
            spans.append((f" {view.note} ", "yellow"))
        if view.readable:
            spans.append((" JSON ", "reverse"))
        if view.choosing:
            spans.append((" RANGE " if view.picks.anchor is not None else " MARKING ", "bold reverse"))
        if view.only:
            spans.append((" ONLY MATCHES ", "reverse"))
        elif view.mode is Follow.FOLLOWING:
            spans.append((" FOLLOW " if view.live else " END ", "bold reverse" if view.live else "dim"))
        elif view.new_lines:
            spans.append((f" +{view.new_lines:,} new ", "bold yellow"))
        else:
            spans.append((f" {view.share():.0%} ", "dim"))
        return spans

    @property
    def source(self) -> LogSource | None:
        """The log that is shown; None if a message is shown instead."""
        return self._source

    @property
    def showing_log(self) -> bool:
        """Whether a log is shown, not a message instead of it."""
        return self._source is not None

    # -- searching -------------------------------------------------------------------------------

    @property
    def searching(self) -> bool:
        """Whether the search line is open."""
        return self.has_class("searching")

    def begin_search(self) -> None:
        """Ask what to search for."""
        self.add_class("searching")
        self._from = self.screen.focused
        bar = self._bar
        bar.set_text("")
        bar.open()

    def end_search(self) -> bool:
        """Close the search and forget its hits; return whether it was open."""
        was = self.searching
        self._search += 1
        if was:
            self.remove_class("searching")
            self._bar.shut()
            self.log_view.show_search(None, None)
            self._hits.show([])
            self.log_view.focus()
        return was

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Wait for enter: a search of a large log is not begun at every letter."""
        event.stop()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Search, or give it up."""
        event.stop()
        if not event.kept:
            self.end_search()
            (self._from or self.log_view).focus()
            return
        self.log_view.focus()
        what = wanted(self._bar.text)
        if isinstance(what, str):
            self._hits.show([(f" {what}", "yellow")])
            return
        in_background(self.app, partial(self._find_all, what), group="search", exclusive=True)

    def search_again(self, what: Wanted) -> None:
        """Search for the same in another log, with the search line as it was."""
        self.add_class("searching")
        self._bar.set_text(what.text)
        in_background(self.app, partial(self._find_all, what, lead=False), group="search", exclusive=True)

    async def _find_all(self, what: Wanted, *, lead: bool = True) -> None:
        """Collect every match from the end backwards, showing them as they come; *lead* to one of them."""
        self._search += 1
        number, source, view = self._search, self._source, self.log_view
        if source is None:
            return
        window = view.window
        matches = Matches(
            *((window.size, b"") if window.ended or not window.at_end else window.whole_lines())
        )
        view.show_search(what, matches, only=view.only)
        here = None if view.mode is Follow.FOLLOWING else (view.here() or view.span()[0])
        led = not lead
        while matches.covered:
            first = max(0, up(matches.covered - BLOCK))
            found = await source.scan(first, matches.covered, what.in_bytes, count=matches.full)
            if found is None or number != self._search:
                return
            matches.add_before(found)
            matches.covered = first
            led = led or await self._lead(matches, here)
            view.matches_grew()
            self._show_hits()
        matches.finished = True
        if not led:
            await self._lead(matches, None)
        self._show_hits()

    async def _lead(self, matches: Matches, here: int | None) -> bool:
        """Go to the first hit from *here* on, or the last one; return whether it is known yet."""
        if here is None:
            hit = matches.previous(self.log_view.window.size)
        else:
            hit = matches.next(here - 1) if matches.covered <= here else None
        if hit is not None:
            await self._go_to_match(hit)
        return hit is not None

    async def _go_to_match(self, offset: int) -> None:
        what = self.log_view.wanted
        await self.log_view.go_to(offset, hit=what.in_bytes if what is not None else None)

    def _show_hits(self) -> None:
        view = self.log_view
        matches = view.matches
        if matches is None or not self.searching:
            return
        more = "" if matches.finished else f"… {size(matches.covered)} to go"
        if matches.behind:
            more = " so far; enter again for what came since"
        number = matches.number(view.current) if view.current is not None else None
        if not matches.total:
            text = "no match" if matches.finished else f"searching{more}"
        elif number is None:
            text = f"{matches.total:,} hit{'s' if matches.total > 1 else ''}{more}"
        else:
            text = f"hit {number:,} of {matches.total:,}{more}"
        self._hits.show([(f" {text}", ""), ("  n N  & only", "dim")])

    async def next_match(self, direction: Literal[1, -1]) -> bool:
        """Go to the next (or previous) match; return whether there is one."""
        view = self.log_view
        if view.matches is None:
            return False
        first, last = view.span()
        here = view.here()
        if here is None:
            here = last + 1 if direction < 0 else first - 1
        matches, what = view.matches, view.wanted
        offset = matches.next(here) if direction > 0 else matches.previous(here)
        unknown = offset is None if direction < 0 else here < matches.first_kept
        if what is not None and matches.full and unknown:
            # Older ones were only counted.
            try:
                offset = await self._seek(here, direction, what.in_bytes)
            finally:
                self._say_bytes_to_search(None)
        if offset is None:
            return False
        await self._go_to_match(offset)
        self._show_hits()
        return True

    def toggle_only(self) -> bool:
        """Show only the lines that match, or all; return False if nothing was searched for."""
        view = self.log_view
        if view.matches is None:
            return False
        view.show_search(view.wanted, view.matches, only=not view.only)
        return True

    # -- errors ----------------------------------------------------------------------------------

    async def next_error(self, direction: Literal[1, -1]) -> bool:
        """Go to the next (or previous) line that reports an error; return whether there is one.

        Without a marked line in view the first step goes to one in view, or to the last above it.
        """
        view, source = self.log_view, self._source
        if source is None or not view.window.size:
            return False
        (first, last), here = view.span(), view.here()
        try:
            if here is not None:
                offset = await self._seek(here, direction, ERRORS)
            else:
                offset = await self._seek(first - 1, 1, ERRORS) if direction > 0 else None
                if offset is None:
                    offset = await self._seek(last + 1, -1, ERRORS)
        finally:
            self._say_bytes_to_search(None)
        if offset is None:
            return False
        await view.go_to(offset, hit=ERRORS)
        return True

    async def _seek(self, here: int, direction: Literal[1, -1], pattern: Sought) -> int | None:
        """Return the nearest line after (or before) *here* that matches, saying how far the search is."""
        if self._source is None:
            return None
        self._looking_for = "an error" if pattern is ERRORS else "a hit"
        if direction < 0:
            return await log_seek.before(self._source, here, pattern, self._say_bytes_to_search)
        size = self.log_view.window.size
        return await log_seek.after(self._source, here, size, pattern, self._say_bytes_to_search)

    def _say_bytes_to_search(self, left: int | None) -> None:
        """Show how many bytes a search for an error line still has to read; None when it is over."""
        if left != self.bytes_to_search:
            self.bytes_to_search = left
            self._show_title()

    # -- copying ---------------------------------------------------------------------------------

    async def to_copy(self) -> tuple[str, str]:
        """Return the marked lines, or else the cursor's or lowest line, and a note about it."""
        view, source = self.log_view, self._source
        here = view.line_offset()
        if here is None or source is None:
            return "", ""
        spans = view.picks.spans(view.current)
        if not spans:
            text, whole = await log_reading.whole_line(source, here)
            return text, "" if whole else "the beginning of a longer line"
        lines, complete = await log_reading.picked_lines(source, spans, view.matches if view.only else None)
        count = f"{len(lines):,} line{'' if len(lines) == 1 else 's'}"
        return "\n".join(lines), count if complete else f"{count}, the first {size(log_reading.COPIED)}"

    # -- times -----------------------------------------------------------------------------------

    async def go_to_time(self, moment: Callable[[datetime, datetime], datetime]) -> str | None:
        """Go to the first line of a time; *moment* makes it of when the log begins and ends.

        Return what is to be said about it.
        """
        source, view = self._source, self.log_view
        if source is None or not view.window.size:
            return "there is no log here"
        last = view.window.size - 1
        known = await source.times((0, last))
        if 0 not in known or last not in known:
            return "it is not known when this log was written"
        wanted = moment(known[0], known[last])
        offset = await source.since(wanted)
        if offset is None:
            return None
        zone = view.zone
        if offset >= view.window.size:
            view.follow()
            return f"the log ends at {known[last].astimezone(zone):%Y-%m-%d %H:%M:%S}"
        await view.go_to(offset)
        if wanted < known[0]:
            return f"the log begins at {known[0].astimezone(zone):%Y-%m-%d %H:%M:%S}"
        return f"{wanted.astimezone(zone):%Y-%m-%d %H:%M:%S}"

    def copied(self) -> str:
        """Return the part in memory of the line that `whole_line` reads."""
        return label(self.log_view.line_text())
