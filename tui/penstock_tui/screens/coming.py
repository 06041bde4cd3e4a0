"""Coming: what the schedules of all DAGs will do, in order of time, and where runs meet."""

from __future__ import annotations

from functools import partial

from msgspec import structs

from penstock.model.queries import ForecastQuery, WhatIf
from penstock.model.views.coming import ComingPage, Meeting, Untimed
from penstock.model.views.events import Change
from penstock_tui.actions import BY_ID, Action
from penstock_tui.background import in_background
from penstock_tui.dialogs.what_if import WhatIfDialog
from penstock_tui.screens.listing import Listing
from penstock_tui.screens.what_if import WhatIfScreen
from penstock_tui.target import DagTarget, Target
from penstock_tui.view import coming_rows, filters
from penstock_tui.view.coming_rows import Item
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import LineTable, Row

_PAGE = 300
_MOST = 2000
_SETTLE = 0.25
"""Seconds between the beginning and the question for the rest."""
_AGAIN = 10.0
"""Seconds between two forecasts while things change: one costs more than a list."""


class ComingScreen(Listing):
    """Points to come. It is worked out again at most every ten seconds."""

    view = "coming"
    dates_of_all = True
    fields = coming_rows.FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.asking = ForecastQuery(limit=_PAGE)
        self.page: ComingPage | None = None
        self._items: dict[str, Item | None] = {}
        self._changed = False
        self._window: tuple[float, bool] | None = None
        """How far the rows look that are shown, and whether they count with the p95."""
        self.working = False
        """Whether only the beginning is worked out yet."""

    def make_table(self) -> LineTable:
        """Return the table of what comes."""
        return LineTable(coming_rows.COLUMNS, empty="working it out ...")

    def on_mount(self) -> None:
        """Look again from time to time."""
        super().on_mount()
        self.set_interval(_AGAIN, self._look_again)

    def changed(self, change: Change | None) -> None:
        """Work it out again: at once for a DAG or a pool, after a while for runs, which move all the time."""
        if change is None or not change.runs:
            super().changed(change)
        elif not self.in_front:
            self._stale = True
        else:
            self._changed = True

    def _look_again(self) -> None:
        first = self.page.fires[0].at if self.page is not None and self.page.fires else None
        passed = first is not None and first <= self.shell.clock.now()
        if self.in_front and (self._changed or passed):
            self.reload()

    async def load(self) -> None:
        """Ask what comes; an outdated answer is not shown.

        Of another window first the beginning, which is there at once, and then the rest.
        """
        self._changed = False
        query = self._asked()
        if (query.hours, query.slow) != self._window:
            await self._ask(structs.replace(query, quick=True), query)
            if self.working:  # keys come first: the engine works on the rest for a while
                self.set_timer(_SETTLE, self._ask_rest)
        else:
            await self._ask(query, query)

    def _ask_rest(self) -> None:
        """Ask for what is not worked out yet."""
        query = self._asked()
        if self.working and (query.hours, query.slow) == self._window:
            in_background(self, partial(self._ask, query, query), name="rest", group="load")

    async def _ask(self, query: ForecastQuery, whole: ForecastQuery) -> None:
        """Ask *query*, and show the answer if *whole* is still what is to be shown."""
        page = await self.shell.feed.ask(lambda engine: engine.forecast(query), key=("forecast", query))
        if page is not None and whole == self._asked():
            self.working = query.quick and page.reached < page.until
            self._window = (whole.hours, whole.slow)
            self.page = page
            self.table.empty = "no schedule is due in this time: + looks further"
            self.show()

    def _asked(self) -> ForecastQuery:
        first, *others = coming_rows.terms(self.wanted)
        return structs.replace(self.asking, terms=first, others=tuple(others))

    def show(self) -> None:
        """Fill the table."""
        if self.page is None:
            return
        shell = self.shell
        found = coming_rows.lines(self.page, self.wanted, shell.clock.now(), shell.zone, shell.looks)
        self._items = {line.key: line.item for line in found}
        rows = [Row(line.key, line.cells, failed=isinstance(line.item, Meeting)) for line in found]
        self.table.set_rows(rows)
        self.refresh_top()

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Ask again when the filter is about DAGs; show at once what can be judged here."""
        before = self._asked()
        self.wanted = filters.parse(event.text, self.fields)
        self.show()
        if self._asked() != before:
            self.reload()

    # -- the frame -------------------------------------------------------------------------------

    def crumbs(self) -> Spans:
        """Say how far it looks and how much there is."""
        page = self.page
        spans: Spans = [("> ", "bright_black"), ("coming", "bold")]
        spans.append((f"  {coming_rows.window(self.asking.hours)}", "bright_black"))
        if page is None:
            return spans
        spans.append((f", {page.total:,} point{'' if page.total == 1 else 's'}", "bright_black"))
        if self.asking.slow:
            spans.append((", as slow as p95", "yellow"))
        if page.meetings:
            times = page.meetings_total
            spans.append((f", full {times:,} time{'' if times == 1 else 's'}", "yellow"))
        if self.working:
            spans.append((", working out the rest ...", "yellow"))
        elif page.reached < page.until:
            until = coming_rows.when(page.reached, self.shell.clock.now(), self.shell.zone)
            spans.append((f", who waits known until {until}", "yellow"))
        timeless = sum(each.kind not in {"later", "manual", "over"} for each in page.untimed)
        if timeless:
            spans.append((f", {timeless} without a time (G)", "bright_black"))
        return spans

    # -- what keys apply to ----------------------------------------------------------------------

    def _chosen_items(self) -> list[Item]:
        found = (self._items.get(key) for key in self.table.chosen_keys())
        return [item for item in found if item is not None]

    def _dag_ids(self) -> list[str]:
        return list(
            dict.fromkeys(name for item in self._chosen_items() for name in coming_rows.dags_of(item))
        )

    def chosen(self) -> tuple[Target, ...]:
        """Return the DAGs of the chosen rows."""
        marked = bool(self.table.marks)
        return tuple(DagTarget(dag_id=each, dag=None, marked=marked) for each in self._dag_ids())

    def copied(self) -> str:
        """Return the DAGs of the chosen rows, one a line."""
        return "\n".join(self._dag_ids())

    def why_not(self, action: Action) -> str | None:
        """Return why *action* cannot be done now; the row of what is left out can be opened."""
        if action.id == "open" and self.chosen_key == coming_rows.MORE:
            return None
        return super().why_not(action)

    def do_open(self) -> None:
        """Show the runs of the DAG; on the row of what is left out, more of it."""
        if self.chosen_key == coming_rows.MORE:
            self._more()
            return
        for dag_id in self._dag_ids()[:1]:
            self.shell.open_runs(dag_id)

    def _more(self) -> None:
        if self.asking.limit >= _MOST:
            self.shell.say(f"at most {_MOST:,} points are listed: narrow it with / or -", "warning")
            return
        self.asking = structs.replace(self.asking, limit=min(_MOST, self.asking.limit + _PAGE))
        self.reload()

    def do_pause(self) -> None:
        """Pause or resume the schedules of the chosen DAGs."""
        in_background(self, self._pause, group="look", exclusive=True)

    async def _pause(self) -> None:
        names, marked = self._dag_ids(), bool(self.table.marks)
        found = [await self.shell.feed.dag(each) for each in names]
        dags = [detail.dag for detail in found if detail is not None]
        if dags:
            targets = [DagTarget(dag_id=dag.dag_id, dag=dag, marked=marked) for dag in dags]
            self.shell.act(BY_ID["pause"], targets)

    # -- further, slower, what if ----------------------------------------------------------------

    def do_coming_further(self) -> None:
        """Look further."""
        self._look(coming_rows.step(self.asking.hours, 1))

    def do_coming_nearer(self) -> None:
        """Look less far."""
        self._look(coming_rows.step(self.asking.hours, -1))

    def _look(self, hours: float) -> None:
        if hours == self.asking.hours:
            self.shell.say(f"{coming_rows.window(hours)}: that is as far as it goes")
            return
        self.asking = structs.replace(self.asking, hours=hours, limit=_PAGE)
        self.refresh_top()
        self.reload()

    def do_coming_slow(self) -> None:
        """Count with the p95 of durations, or with the median again."""
        self.asking = structs.replace(self.asking, slow=not self.asking.slow)
        self.shell.say("as if all were as slow as its p95" if self.asking.slow else "as long as usual (p50)")
        self.refresh_top()
        self.reload()

    def do_coming_what_if(self) -> None:
        """Change something on paper, beginning with what is chosen."""
        in_background(self, self._what_if, group="what_if", exclusive=True)

    async def _what_if(self) -> None:
        paper, first = self._suggested()
        dialog = WhatIfDialog(paper, self.asking.hours, slow=self.asking.slow, first=first)
        answer = await self.shell.push_screen_wait(dialog)
        if answer is not None:
            query = structs.replace(self.asking, what_if=answer.paper)
            await self.shell.push_screen(WhatIfScreen(query, answer.page))

    def _suggested(self) -> tuple[WhatIf, str]:
        """Return the change that the chosen rows suggest, and the field that it begins in."""
        items = self._chosen_items()
        paused = [each.dag_id for each in items if isinstance(each, Untimed) and each.kind == "paused"]
        full = {
            each.place.removeprefix("pool "): each.slots
            for each in items
            if isinstance(each, Meeting) and each.place.startswith("pool ")
        }
        if full:
            return WhatIf(pools=full), "pools"
        if any(isinstance(each, Meeting) for each in items):
            return WhatIf(parallelism=self.page.parallelism if self.page else None), "parallelism"
        if paused:
            return WhatIf(resume=tuple(dict.fromkeys(paused))), "resume"
        return WhatIf(pause=tuple(self._dag_ids())), "pause"
