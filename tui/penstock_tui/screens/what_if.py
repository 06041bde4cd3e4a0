"""What a change on paper would do: runs that go, come or move, and pools that free up or fill."""

from __future__ import annotations

from functools import partial

from msgspec import structs

from penstock.model.queries import ForecastQuery, WhatIf
from penstock.model.views.coming import ComingPage, Difference, Moved, PlaceLoad
from penstock_tui.background import in_background
from penstock_tui.dialogs.confirm import Ask
from penstock_tui.dialogs.what_if import WhatIfDialog
from penstock_tui.screens.listing import Listing
from penstock_tui.target import DagTarget, Target
from penstock_tui.view import coming_rows, what_if_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line_table import LineTable, Row


class WhatIfScreen(Listing):
    """The difference between what comes and what would come. Nothing of it is done."""

    view = "what_if"
    fields = what_if_rows.FIELDS

    def __init__(self, query: ForecastQuery, page: ComingPage) -> None:
        super().__init__()
        self.asking = query
        self.page = page

    def make_table(self) -> LineTable:
        """Return the table of what is different."""
        return LineTable(what_if_rows.COLUMNS, empty="nothing would be different in this time")

    @property
    def paper(self) -> WhatIf:
        """What is changed on paper."""
        return self.asking.what_if or WhatIf()

    @property
    def difference(self) -> Difference:
        """What that would do."""
        return self.page.difference or Difference(reached=self.page.reached, counts={})

    def on_mount(self) -> None:
        """Show what came with the question."""
        super().on_mount()
        self.show()

    async def load(self) -> None:
        """Work it out again."""
        query = structs.replace(self.asking, limit=0)
        page = await self.shell.feed.ask(lambda engine: engine.forecast(query), key=("forecast", str(query)))
        if page is not None and query == structs.replace(self.asking, limit=0):
            self.page = page
            self.show()

    def show(self) -> None:
        """Fill the table: places first, then runs in order of time."""
        shell, now = self.shell, self.shell.clock.now()
        rows: list[Moved | PlaceLoad] = [*self.difference.places, *self.difference.moved]
        self.table.set_rows(
            [
                Row(what_if_rows.key_of(row), partial(what_if_rows.cells, row, now, shell.zone, shell.looks))
                for row in rows
                if self.wanted.passes(what_if_rows.seen(row))
            ],
            hidden={what_if_rows.key_of(row) for row in rows},
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Say what is changed, and how much would be different."""
        found = self.difference
        spans: Spans = [
            ("> ", "bright_black"),
            ("what if", "bold"),
            (f"  {what_if_rows.paper_words(self.paper)}", "bold cyan"),
            (f": {what_if_rows.counts(found)}", ""),
        ]
        left = sum(found.counts.values()) - len(found.moved)
        if left > 0:
            spans.append((f" ({left:,} not listed)", "yellow"))
        for dag_id, count in found.at_once.items():
            spans.append((f"; {dag_id} starts {count:,} at once", "yellow"))
        if found.reached < self.page.until:
            until = coming_rows.when(found.reached, self.shell.clock.now(), self.shell.zone)
            spans.append((f"; known until {until}", "yellow"))
        return spans

    # -- keys ------------------------------------------------------------------------------------

    def _dag_ids(self) -> list[str]:
        known = {what_if_rows.key_of(row): row.dag_id for row in self.difference.moved}
        return list(dict.fromkeys(known[key] for key in self.table.chosen_keys() if key in known))

    def chosen(self) -> tuple[Target, ...]:
        """Return the DAGs of the chosen rows."""
        marked = bool(self.table.marks)
        return tuple(DagTarget(dag_id=each, dag=None, marked=marked) for each in self._dag_ids())

    def copied(self) -> str:
        """Return the DAGs of the chosen rows, one a line."""
        return "\n".join(self._dag_ids())

    def do_open(self) -> None:
        """Show the runs of the DAG."""
        for dag_id in self._dag_ids()[:1]:
            self.shell.open_runs(dag_id)

    def do_coming_what_if(self) -> None:
        """Change more or something else on paper."""
        in_background(self, self._what_if, group="what_if", exclusive=True)

    async def _what_if(self) -> None:
        answer = await self.shell.push_screen_wait(
            WhatIfDialog(self.paper, self.asking.hours, slow=self.asking.slow)
        )
        if answer is not None:
            self.asking = structs.replace(self.asking, what_if=answer.paper)
            self.page = answer.page
            self.show()

    def do_coming_apply(self) -> None:
        """Do it for real: the usual plan, and the usual question."""
        in_background(self, self._apply, group="what_if", exclusive=True)

    async def _apply(self) -> None:
        wanted = what_if_rows.acts_of(self.paper)
        if self.paper.parallelism is not None:
            text = f"parallelism = {self.paper.parallelism} goes into penstock.toml; then restart the engine"
            self.shell.say(f"the parallelism is a setting: {text}", "warning")
        if not wanted:
            return
        done = await self.shell.push_screen_wait(Ask("Do it for real", wanted))
        if done:
            self.app.pop_screen()
