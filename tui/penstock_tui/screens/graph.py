"""The graph of a run, or of a DAG without one: what depends on what, and how far each task is."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical

from penstock.model.drawing.nodes import dag_groups, dag_nodes, run_groups, run_nodes
from penstock.model.drawing.picture import label as node_label
from penstock.model.states import OCCUPIES_SLOT
from penstock.model.views.dags import DagDetail
from penstock.model.views.events import Change
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.actions import Action
from penstock_tui.clean import label
from penstock_tui.screens.one_run import OneRun
from penstock_tui.screens.run_word import run_word
from penstock_tui.screens.view import marks_chip
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget
from penstock_tui.view import durations, filters, graph_detail
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import FIELDS, counts_down, is_failed, key_of, passing, run_line
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.log_pane import TitleLine
from penstock_tui.widgets.task_graph import TaskGraph

_FRESH = 3.0
"""Seconds between two requests for the figures of running tasks."""
_LOW = 18
"""Rows below which only the node itself is described, so that the graph keeps its place."""
_ONE_TASK = frozenset({"log", "inside", "task_history", "why"})
_SEVERAL = "several tasks in one node: enter opens it"


class GraphScreen(OneRun):
    """The run *run_id* of *dag_id* as a graph; without a run the DAG as it is now."""

    view = "graph"
    CSS = """
    GraphScreen #detail { height: 4; border-top: solid ansi_bright_black; }
    GraphScreen.low #detail { height: 2; }
    GraphScreen.low #up, GraphScreen.low #down { display: none; }
    """

    def __init__(self, dag_id: str, run_id: str | None, task: str | None = None) -> None:
        super().__init__()
        self.dag_id, self.run_id = dag_id, run_id or ""
        self.detail: RunDetail | None = None
        self.dag: DagDetail | None = None
        self.tasks: dict[str, TaskRow] = {}
        """The task instances of the run, by key."""
        self.wanted = ""
        """What is searched."""
        self._begin = task
        """The task to begin at."""
        self._from = ""
        """Where the cursor stood when the search began."""

    def body(self) -> ComposeResult:
        """Compose the run's line, the graph, and what is known of the node under the cursor."""
        self.graph = TaskGraph(self.shell.looks)
        yield TitleLine(id="run-line")
        yield self.graph
        yield FilterBar(filters.hint(FIELDS))
        with Vertical(id="detail"):
            yield Line(id="node")
            yield Line(id="up")
            yield Line(id="down")

    def on_mount(self) -> None:
        """Give the graph the keys, and count seconds."""
        super().on_mount()
        self.graph.focus()
        self.set_interval(1.0, self._tick)
        self.set_interval(_FRESH, self._look_again)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the DAG and the run; a DAG without one may have got its first."""
        dag_id, feed = self.dag_id, self.shell.feed
        dag = await feed.ask(lambda engine: engine.dag(dag_id), key=("dag", dag_id))
        if not self.run_id and dag is not None and dag.dag.last_run is not None:
            self.run_id = dag.dag.last_run.run_id
        run_id = self.run_id
        if run_id:
            detail = await feed.ask(lambda engine: engine.run(dag_id, run_id), key=("run", dag_id, run_id))
            if detail is None or run_id != self.run_id:
                return
            self._show_run(detail)
        elif dag is not None:
            self.graph.show(dag_nodes(dag.nodes), dag_groups(dag.groups), {})
        self.dag = dag or self.dag
        if self._begin is not None:
            self.graph.go_to(self._begin)
            self._begin = None
        self._search(jump=False)
        self._show_line()
        self._show_node()
        self.refresh_top()

    def _show_run(self, detail: RunDetail) -> None:
        first = self.detail is None
        self.detail = detail
        self.tasks = {key_of(task): task for task in detail.tasks}
        states = {key: task.state for key, task in self.tasks.items()}
        self.graph.show(run_nodes(detail), run_groups(detail), states)
        failed = next((key for key, task in self.tasks.items() if is_failed(task)), None)
        if first and self._begin is None and failed is not None:
            self.graph.go_to(failed)

    def concerns(self, change: Change) -> bool:
        """Return whether our run moved, or the DAG without one."""
        moved = (self.dag_id, self.run_id) in change.runs
        return change.all or moved or (not self.run_id and self.dag_id in change.dags)

    def _tick(self) -> None:
        if self.is_current and self.detail is not None and self.detail.run.end is None:
            self._show_line()
            if any(counts_down(self.tasks[key]) for key in self._under() if key in self.tasks):
                self._show_node()

    def _look_again(self) -> None:
        """Request the figures of a running task under the cursor, for which there are no notices."""
        under = [self.tasks[key] for key in self._under() if key in self.tasks]
        if self.is_current and any(task.state in OCCUPIES_SLOT for task in under):
            self.reload()

    def _show_line(self) -> None:
        """Show the state of the run, and how much of the graph is drawn."""
        shell, said = self.shell, self.graph.graph.said()
        right: Spans = [(f" {label(said)} ", "yellow")] if said else []
        left: Spans = [(f" {label(self.dag_id)} ", "bold")]
        if self.detail is not None:
            zone = durations.zone(self.dag.dag.timezone) if self.dag is not None else shell.zone
            left = run_line(
                self.detail, shell.clock.now(), zone, shell.looks, self.size.width - len(said) - 2
            )
        elif not self.run_id:
            left.append(("no run yet: the tasks as the file has them", "dim"))
        self.query_one("#run-line", TitleLine).show_both(left, right)

    def _under(self) -> tuple[str, ...]:
        """Return the tasks of the node under the cursor."""
        return self.graph.graph.tasks_at(self.graph.graph.cursor)

    def _show_node(self) -> None:
        graph, shell = self.graph.graph, self.shell
        key, cells = graph.cursor, self.size.width
        node: Spans = []
        up: Spans = []
        down: Spans = []
        if key:
            node = self._node_line(key)
            states = {
                each.key: node_label(graph.scope, each.key, graph.states).state for each in graph.scope.nodes
            }
            for_all = (states, shell.looks, cells)
            up = graph_detail.beside("after", graph.walk.up[key], graph.scope.above.get(key, 0), *for_all)
            down = graph_detail.beside("then ", graph.walk.down[key], graph.scope.below.get(key, 0), *for_all)
        self.query_one("#node", Line).show(node)
        self.query_one("#up", Line).show(up)
        self.query_one("#down", Line).show(down)

    def _node_line(self, key: str) -> Spans:
        under, looks = self._under(), self.shell.looks
        if key in self.tasks:
            return graph_detail.task_line(self.tasks[key], self.shell.clock.now(), looks)
        of_dag = {node.task_id: node for node in self.dag.nodes} if self.dag is not None else {}
        if key in of_dag and not self.run_id:
            return graph_detail.node_line(of_dag[key])
        tasks = [self.tasks[task] for task in under if task in self.tasks]
        return graph_detail.several_line(key, tasks, len(under), looks)

    def on_task_graph_moved(self) -> None:
        """Describe the node."""
        self._show_node()
        self._show_line()
        if self.graph.marks:
            self.refresh_top()

    def on_task_graph_entered(self) -> None:
        """Open the node, as enter does."""
        self.action_do("open")

    def on_resize(self) -> None:
        """Share the screen out again."""
        self.set_class(self.size.height < _LOW, "low")
        self._show_line()
        self._show_node()

    # -- search ----------------------------------------------------------------------------------

    def do_search(self) -> None:
        """Find nodes by name and state."""
        self._from = self.graph.graph.cursor
        self.query_one(FilterBar).open()

    def do_find_task(self) -> None:
        """Find nodes by name and state."""
        self.do_search()

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Go to the first hit while it is typed."""
        self.wanted = event.text.strip()
        self._search(jump=bool(self.wanted))
        self.refresh_top()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Keep the hits, or drop them."""
        bar = self.query_one(FilterBar)
        if not event.kept:
            bar.set_text("")
        bar.shut()
        self.graph.focus()
        if event.kept and self.wanted and not self.graph.hits:
            self.shell.say("nothing is found")

    def _search(self, *, jump: bool) -> None:
        """Find the tasks that pass what is searched."""
        hits: set[str] = set()
        if self.wanted:
            hits = passing(self.tasks, self.wanted) if self.run_id else self._named(self.wanted)
        self.graph.found(hits)
        under = set(self._under())
        if jump and hits and not under & hits:
            self.graph.cycle(hits, 1)

    def _named(self, wanted: str) -> set[str]:
        """Return the tasks of the DAG, without a run, that pass."""
        parsed = filters.parse(wanted, FIELDS)
        nodes = self.dag.nodes if self.dag is not None else ()
        return {
            node.task_id
            for node in nodes
            if parsed.passes(
                {
                    "state": [],
                    "operator": [node.operator],
                    "pool": [node.pool],
                    "group": [node.group or ""],
                    "text": [node.task_id],
                }
            )
        }

    def do_match_next(self) -> None:
        """Go to the next hit."""
        self._to_hit(1)

    def do_match_previous(self) -> None:
        """Go to the hit before."""
        self._to_hit(-1)

    def _to_hit(self, direction: Literal[1, -1]) -> None:
        if not self.graph.cycle(self.graph.hits, direction):
            self.shell.say("nothing is found" if self.wanted else "search for something first: /")

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked tasks, else those of the node under the cursor."""
        tasks = tuple(self.tasks[key] for key in self.graph.chosen() if key in self.tasks)
        if self.detail is None or not tasks:
            return ()
        marked = bool(self.graph.marks)
        dag = self.dag.dag if self.dag is not None else None
        return (TaskTarget(run=self.detail.run, tasks=tasks, dag=dag, marked=marked),)

    def around(self) -> Target:
        """Return the run, or the DAG without one."""
        dag = self.dag.dag if self.dag is not None else None
        if self.detail is None:
            return DagTarget(dag_id=self.dag_id, dag=dag)
        return RunTarget(run=self.detail.run, dag=dag)

    def why_not(self, action: Action) -> str | None:
        """Say that a node may be several tasks; it can always be opened."""
        graph = self.graph
        several = graph.graph.cursor in graph.graph.scope.members
        if several and not graph.marks:
            if action.id == "open":
                return None
            if action.id in _ONE_TASK:
                return _SEVERAL
        return super().why_not(action)

    def crumbs(self) -> Spans:
        """Return DAG and run for the top line."""
        run = (
            f" > {run_word(self.shell, self.dag_id, self.run_id, self.detail)}"
            if self.detail is not None
            else ""
        )
        return [(f"{label(self.dag_id)}{run} graph", "dim")]

    def chip(self) -> Spans:
        """Return what is searched, and how much is marked."""
        spans: Spans = []
        if self.wanted:
            spans.append((f" {label(self.wanted)}: {len(self.graph.hits)} found ", "reverse"))
        return [*spans, *marks_chip(len(self.graph.marks), self.graph.hidden_marks)]

    def copied(self) -> str:
        """Return the marked tasks, or the node under the cursor."""
        return "\n".join(self.graph.chosen()) if self.graph.marks else self.graph.graph.cursor

    def close_layer(self) -> bool:
        """Close the search, or unmark."""
        if self.wanted:
            self.query_one(FilterBar).set_text("")
            return True
        cleared = self.graph.clear_marks()
        self.refresh_top()
        return cleared

    def do_open(self) -> None:
        """Open a node that is several tasks, or show the task from inside."""
        if self.graph.graph.cursor in self.graph.graph.scope.members:
            self.do_fold()
        else:
            self.action_do("inside")

    def do_fold(self) -> None:
        """Open the node under the cursor, or fold the group around it."""
        if self.graph.graph.toggle_fold():
            self.graph.drawn()
        else:
            self.shell.say("there is no group here")

    def do_graph_more(self) -> None:
        """Draw one step more around the cursor."""
        graph = self.graph.graph
        if graph.scope.steps is None:
            self.shell.say("all of the graph is drawn")
            return
        more = graph.more()
        self.graph.drawn()
        if not more:
            self.shell.say("no more can be drawn from here: go on along an edge")

    def do_graph_fewer(self) -> None:
        """Draw one step less around the cursor."""
        if self.graph.graph.fewer():
            self.graph.drawn()
        else:
            self.shell.say("only what is next to the cursor is drawn already")

    def do_failure_next(self) -> None:
        """Go to the next failed task."""
        self._to_failed(1)

    def do_failure_previous(self) -> None:
        """Go to the failed task before."""
        self._to_failed(-1)

    def _to_failed(self, direction: Literal[1, -1]) -> None:
        failed = {key for key, task in self.tasks.items() if is_failed(task)}
        if not self.graph.cycle(failed, direction):
            self.shell.say("no task here has failed")

    def do_mark(self) -> None:
        """Mark or unmark."""
        self.say_marked(self.graph.toggle_mark())

    def do_mark_range(self) -> None:
        """Begin or end marking what the cursor passes."""
        self.say_marked(self.graph.toggle_range())

    def do_mark_all(self) -> None:
        """Mark all that is drawn, or none."""
        self.say_marked(self.graph.mark_all())

    def turn_to(self, run_id: str) -> None:
        """Forget the marks: they were made in another run."""
        self.run_id = run_id
        self.graph.clear_marks()
