"""`PauseDialog`: the four pauses, each with why and until."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, Freeze, Hold, PauseSchedule, Release, Unfreeze, UnpauseSchedule
from penstock.model.states import RUN_UNFINISHED
from penstock.model.views.dags import DagRow
from penstock.model.views.pauses import PauseInfo
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.target import DagTarget, RunTarget, TaskTarget, run_of
from penstock_tui.view import durations, moments, zones
from penstock_tui.view.pauses import is_hold, pause_text
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import key_of
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.options import Options

_MEANS = {
    "pause": "no new scheduled runs; everything else goes on",
    "unpause": "scheduled runs begin again",
    "freeze": "nothing of the DAG launches; running attempts finish",
    "unfreeze": "the DAG launches again",
    "hold_run": "nothing of this run launches; running attempts finish",
    "release_run": "the run goes on",
    "hold_task": "this task does not launch; what depends on it waits",
    "release_task": "the task may launch",
}
_IN_FORCE = {"unpause": "paused", "unfreeze": "frozen", "release_run": "held", "release_task": "held"}


class PauseDialog(PlanDialog):
    """Pause or resume a schedule, freeze a DAG, hold a run or a task. *dag* is the target's, as it is now."""

    def __init__(self, target: DagTarget | RunTarget | TaskTarget, dag: DagRow) -> None:
        super().__init__(f"Pauses of {target.dag_id}")
        self._dag = dag
        self._run = run_of(target)
        self._tasks = target.tasks if isinstance(target, TaskTarget) else ()
        self._scope = target.noun.lower()
        """What the cursor was on: its verb is preselected."""

    def times(self) -> str:
        """Return the zone of what is typed as the end: the DAG's."""
        return f"times {zones.name(durations.zone(self._dag.timezone), self.shell.now())}"

    def form(self) -> ComposeResult:
        """Compose the verbs that make sense now, why and until."""
        verbs = self._verbs()
        first = next((verb for verb, _ in verbs if verb.endswith(f"_{self._scope}")), verbs[0][0])
        yield Options("what ", verbs, chosen={first}, needed=True, id="verb")
        yield Field("why  ", hint="shown with the pause", id="why")
        yield Field("until", hint="2h, 1d12h or 2026-08-22T06:00; empty: until lifted", id="until")

    def _verbs(self) -> list[tuple[str, str]]:
        dag, run, verbs = self._dag, self._run, []
        verbs.append(("unpause", "resume schedule") if dag.paused else ("pause", "pause schedule"))
        verbs.append(("unfreeze", "unfreeze DAG") if dag.frozen else ("freeze", "freeze DAG"))
        if run is None or run.state not in RUN_UNFINISHED:
            return verbs  # what has ended cannot be held
        verbs.append(("release_run", "release run") if is_hold(run.held) else ("hold_run", "hold run"))
        if self._tasks:
            name = label(key_of(self._tasks[0]))
            held = is_hold(self._tasks[0].held)
            verbs.append(("release_task", f"release {name}") if held else ("hold_task", f"hold {name}"))
        return verbs

    def summary(self) -> list[Spans]:
        """Say what the verb means and, if such a pause is in force, who made it."""
        verb = self.query_one("#verb", Options).value
        info = self._in_force(verb)
        whose: Spans = [(f"{_IN_FORCE[verb]} {pause_text(info)}", "blue")] if info is not None else []
        return [[(_MEANS[verb], "italic")], whose, *super().summary()]

    def _in_force(self, verb: str) -> PauseInfo | None:
        match verb:
            case "unpause":
                return self._dag.paused
            case "unfreeze":
                return self._dag.frozen
            case "release_run":
                return self._run.held if self._run is not None else None
            case "release_task":
                return self._tasks[0].held
        return None

    def acts(self) -> list[AnyAct]:
        """Return the one act, or one for each chosen task; raise `UsageError` if *until* is not a date."""
        why = self.query_one("#why", Field).text.strip() or None
        until = moments.until(self.query_one("#until", Field).text, self.shell.clock.now())
        dag_id = self._dag.dag_id
        match self.query_one("#verb", Options).value:
            case "pause":
                return [PauseSchedule(dag_id=dag_id, why=why, until=until)]
            case "unpause":
                return [UnpauseSchedule(dag_id=dag_id)]
            case "freeze":
                return [Freeze(dag_id=dag_id, why=why, until=until)]
            case "unfreeze":
                return [Unfreeze(dag_id=dag_id)]
            case verb:
                assert self._run is not None
                run_id = self._run.run_id
                names = [key_of(task) for task in self._tasks] if verb.endswith("_task") else [None]
                if verb.startswith("release_"):
                    return [Release(dag_id=dag_id, run_id=run_id, task_id=name) for name in names]
                return [
                    Hold(dag_id=dag_id, run_id=run_id, task_id=name, why=why, until=until) for name in names
                ]
