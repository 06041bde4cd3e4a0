"""What screens of one run share: ``<`` and ``>`` go to the run before and after it."""

from __future__ import annotations

from penstock_tui.background import in_background
from penstock_tui.screens.view import View

_TURNED = 500
"""How many of the newest runs ``<`` and ``>`` go through."""


class OneRun(View):
    """Shows the run ``run_id`` of ``dag_id``."""

    dag_id: str
    run_id: str

    def turn_to(self, run_id: str) -> None:
        """Forget what is shown of the old run: *run_id* is loaded next."""
        raise NotImplementedError

    def do_previous_run(self) -> None:
        """Show the run before this one."""
        self._turn_run(1, "this is the oldest run on record")

    def do_next_run(self) -> None:
        """Show the run after this one."""
        self._turn_run(-1, "this is the newest run")

    def _turn_run(self, step: int, otherwise: str) -> None:
        async def turn() -> None:
            runs = await self.shell.feed.ask(lambda engine: engine.runs(self.dag_id, limit=_TURNED))
            if runs is None:
                return  # the feed has shown why
            ids = [run.run_id for run in runs]
            if self.run_id not in ids:
                self.shell.say(f"this run is not among the newest {_TURNED}")
                return
            place = ids.index(self.run_id) + step
            if not 0 <= place < len(ids):
                self.shell.say(otherwise)
                return
            self.turn_to(ids[place])
            await self.load()

        in_background(self.app, turn, name="run", group="turn-run", exclusive=True)
