"""Pages of one DAG and one task: grid, graph, timeline, history, and a task from inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from functools import partial
from typing import Any

from data.pages.shown import BERLIN, LOOKS, row, shown
from fakes.engine import FakeEngine
from fakes.world import NOW, replace
from penstock.model.drawing.order import Node
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState
from penstock.model.views.events import EventRow
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.one_task import SourceText, TaskHistory
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunDetail, TaskRow
from penstock.model.views.xcoms import XComRow
from penstock_tui.view import graph_detail, grid, grid_detail, history, inside, timeline
from penstock_tui.view.graph import Graph

MINUTE = timedelta(minutes=1)
BAD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=2)


def _node(task_id: str, operator: str = "BashOperator", **more: Any) -> TaskNode:
    given: dict[str, Any] = {
        "upstream": (),
        "downstream": (),
        "group": None,
        "trigger_rule": "all_success",
        "retries": 0,
        "pool": "default_pool",
    }
    return TaskNode(task_id=task_id, operator=operator, **(given | more))


PAUSE = PauseInfo(by="ann", since=NOW, why="the disk", until=NOW + timedelta(hours=1))


def _largest(engine: FakeEngine) -> RunDetail:
    return max(engine.world.runs.values(), key=lambda each: len(each.tasks))


def _tasks(detail: RunDetail) -> list[TaskRow]:
    first = next(each for each in detail.tasks if each.attempts)
    return [
        *detail.tasks[:4],
        replace(first, state=TaskState.FAILED, outcome=BAD, reason="exit 2", try_number=3),
        replace(
            first,
            state=TaskState.FAILED,
            outcome=BAD,
            reason="the task exited with code 2",
            p95=1.0,
            p50=None,
        ),
        replace(first, state=TaskState.RUNNING, end=None, held=PAUSE, trigger_rule="all_done", pool="p"),
        replace(
            first, state=TaskState.SUCCESS, p50=None, p95=None, cpu_seconds=None, peak_rss=None, upstream=()
        ),
        replace(first, state=TaskState.UPSTREAM_FAILED, start=None, end=None, attempts=0, map_index=2),
    ]


def cells() -> Iterator[str]:
    """The grid: rows, names, bars, dates, and what stands beside it."""
    engine = FakeEngine()
    detail = _largest(engine)
    nodes = [
        _node(task_id, upstream=up, group=group, mapped=mapped)
        for task_id, up, group, mapped in (
            ("a", (), None, False),
            ("g.b", ("a",), "g", False),
            ("g.h.c", ("g.b",), "g.h", True),
            ("g.d", ("g.h.c",), "g", False),
            ("e", ("g.d",), None, True),
        )
    ]
    groups = [GroupNode(group_id="g"), GroupNode(group_id="g.h", parent="g")]
    gone = [
        nodes[0],
        _node("old", "X", mapped=True),
        _node("was", "X"),
    ]
    rows = grid.GridRows(nodes, groups, gone)
    for folded in ((), ("g",), ("g.h",), ("g", "g.h")):
        for opened in ({}, {"e": 2, "g.h.c": 1}, {"e": 5000}):
            found = rows.rows(folded, opened)
            yield f"{folded} {opened}: {len(found)} rows"
            for each in found[:12]:
                names = [shown(grid.name_spans(each, 14, ascii=plain)) for plain in (False, True)]
                yield f"  {each.key} {each.kind} {each.opens} {names}"
    yield from (
        f"{wide} {longest}: {grid.frame(wide, longest)}"
        for wide in (20, 49, 50, 120)
        for longest in (3, 30, 90)
    )
    for seconds in (None, 0.0, 0.1, 1.0, 59.0, 60.0, 61.0, 200.0):
        for longest_s in (0.0, 60.0):
            drawn = [shown(grid.bar(seconds, longest_s, ascii=plain)) for plain in (False, True)]
            yield f"{seconds} of {longest_s}: {drawn}"
    runs = [each.run for each in engine.world.runs.values()][:9]
    for some in ([], runs, runs[:2], [replace(runs[0], logical_date=None), *runs[:1] * 6]):
        drawn = [shown(grid.run_bars(some, NOW, ascii=plain)) for plain in (False, True)]
        yield f"{shown(grid.dates(some, BERLIN))} {drawn}"
    keys = [each.task_id for each in detail.tasks]
    found_cells = [
        each
        for cells_of in engine.grid_cells(detail.run.dag_id, [detail.run.run_id], keys).values()
        for each in cells_of
        if each is not None
    ]
    first = found_cells[0]
    more = [
        None,
        *found_cells[:4],
        replace(first, count=5, done=3, failed=1, try_number=2),
        replace(first, count=2, done=2, failed=0, end=None),
        replace(first, start=None, end=None),
    ]
    places: list[grid.GridRow | None] = [None, *rows.rows((), {"e": 1})]
    for place in places:
        for run in (None, detail.run, replace(detail.run, logical_date=None, by="ann", reason="it was late")):
            for cell in more if place is None or place.kind == "mapped" else more[:2]:
                lines = grid_detail.cell_lines(place, run, cell, NOW, BERLIN, LOOKS[0])
                yield f"{None if place is None else place.key}: {[shown(line) for line in lines]}"
    yield str([grid.cell_span(cell, looks) for cell in more for looks in LOOKS])
    for task in _tasks(detail):
        for wide in (24, 60):
            part = replace(detail, tasks=(task,))
            yield str([shown(line) for line in grid_detail.task_lines(part, rows.rows((), {})[0], NOW, wide)])


def bars() -> Iterator[str]:
    """The timeline: stretches of each kind of task, the scale, the bars."""
    engine = FakeEngine()
    detail = _largest(engine)
    by_key = timeline.by_key(
        engine.run_attempts(detail.run.dag_id, detail.run.run_id, [each.task_id for each in detail.tasks])
    )
    attempts = [each for found in by_key.values() for each in found]
    start = NOW - timedelta(hours=1)
    one = replace(attempts[0], queued=start, start=start + MINUTE, end=start + 3 * MINUTE, outcome=BAD)
    later = replace(one, queued=start + 5 * MINUTE, start=start + 6 * MINUTE, end=None, outcome=None)
    good = replace(later, end=start + 9 * MINUTE, outcome=Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0))
    never = replace(one, start=None)
    waiting = replace(later, start=None)
    for wide in (17, 40):
        scale = timeline.Scale(start - MINUTE, start + 10 * MINUTE, wide)
        yield f"{shown(scale.axis(UTC))} {shown(scale.axis(BERLIN))}"
        for task in _tasks(detail):
            for some in ([], [one], [one, later], [one, good], [never], [one, waiting]):
                for ready in (None, start - MINUTE, start + MINUTE):
                    found = timeline.stretches(task, some, ready, start + 8 * MINUTE)
                    drawn = [
                        shown(timeline.bar(found, scale, looks, critical=critical))
                        for looks in LOOKS
                        for critical in (False, True)
                    ]
                    yield f"{task.task_id} {task.state} {len(some)} {ready and f'{ready:%H:%M}'}: {drawn}"
    yield from (shown(timeline.legend(looks)) for looks in LOOKS)
    unstarted = replace(detail, tasks=(), run=replace(detail.run, start=None, end=None, turn=None))
    for each in (detail, unstarted, replace(detail, run=replace(detail.run, turn=start, end=start + MINUTE))):
        scale = timeline.scale_of(each, NOW, 60)
        yield f"{scale} {scale.at(scale.start)} {scale.at(scale.end)}"
    yield f"{timeline.Scale(NOW, NOW, 9).at(NOW + MINUTE)}"


def plots() -> Iterator[str]:
    """How a task went in its last runs."""
    engine = FakeEngine()
    detail = _largest(engine)
    task_id = next(each.task_id for each in detail.tasks if each.attempts)
    found = engine.history(detail.run.dag_id, task_id)
    first = found.runs[0]
    odd = replace(
        found,
        p95=20.0,
        runs=(
            replace(first, seconds=None, peak_rss=None, cpu_seconds=None, end=None, state=TaskState.RUNNING),
            replace(first, seconds=1.0, state=TaskState.FAILED, outcome=BAD, try_number=2),
            replace(first, seconds=500.0, slow=True, instances=3, state=TaskState.SUCCESS),
            replace(first, start=None, end=None, seconds=None, state=TaskState.UPSTREAM_FAILED),
            replace(first, end=None, seconds=None, state=TaskState.CANCELLED),
        ),
    )
    empty = TaskHistory(dag_id="d", task_id="t")
    for each in (found, odd, replace(found, p50=None, p95=None), replace(odd, map_index=4), empty):
        yield shown(history.summary(each))
        for wide, high in ((30, 3), (60, 8), (90, 12)):
            for looks in LOOKS:
                yield from map(shown, history.plot_lines(each, NOW, looks, (wide, high), first.run_id))
            yield f"{len(history.shown(each, wide))} of {len(each.runs)}"
        for run in each.runs[:5]:
            drawn = row(history.cells_of(run, NOW, BERLIN, BERLIN, LOOKS[0]))
            yield f"{history.seconds_of(run, NOW)}: {drawn}"


_WALK = "end up left left fold right down down2 more fewer fewer center first reveal fold more more"


def _walk(graph: Graph, step: str, middle: str) -> object:
    """Take one step, and return what the graph answers."""
    steps: dict[str, Callable[[], object]] = {
        "end": partial(graph.go_to_end, -1),
        "first": partial(graph.go_to_end, 0),
        "up": partial(graph.go_upright, -1),
        "down": partial(graph.go_upright, 1),
        "down2": partial(graph.go_upright, 1, 2),
        "left": partial(graph.go_sideways, -1),
        "right": partial(graph.go_sideways, 1),
        "reveal": partial(graph.reveal, middle),
        "fold": graph.toggle_fold,
        "more": graph.more,
        "fewer": graph.fewer,
        "center": graph.center,
    }
    return steps[step]()


def _stands(graph: Graph) -> str:
    """Return where the cursor is, what is open, and how much is drawn."""
    opened = f"{sorted(graph.folded)} {sorted(graph.apart)} {len(graph.scope.nodes)} {graph.said()!r}"
    return f"{graph.cursor} {opened} {graph.tasks_at(graph.cursor)[:3]}"


def nodes() -> Iterator[str]:
    """The graph: folding, narrowing, walking, and the lines below it."""
    engine = FakeEngine()
    detail = _largest(engine)
    wide = [
        Node("start", (), None),
        *(Node(f"g.t{at}", ("start",), "g") for at in range(5)),
        Node("end", tuple(f"g.t{at}" for at in range(5)), None),
    ]
    alike = [
        Node("root", (), None),
        *(Node(f"leaf_{at}", ("root",), None) for at in range(9)),
        Node("other", ("leaf_1",), None),
    ]
    chain = [Node(f"c{at}", (f"c{at - 1}",) if at else (), None) for at in range(420)]
    for name, found, groups in (("group", wide, {"g": None}), ("alike", alike, {}), ("long", chain, {})):
        graph = Graph()
        graph.set_nodes(found, groups, {})
        yield f"{name}: {_stands(graph)}"
        for step in _WALK.split():
            yield f"  {step} {_walk(graph, step, found[len(found) // 2].key)}: {_stands(graph)}"
        graph.reveal("nowhere")
        yield f"  {_stands(graph)}"
        graph.set_nodes(found, {**groups, "new": None}, {})
        yield f"  again {_stands(graph)}"
        graph.set_nodes(
            [*found, *(Node(f"new.t{at}", (), "new") for at in range(4))], {**groups, "new": None}, {}
        )
        yield f"  with a new group {_stands(graph)}"
    tasks = _tasks(detail)
    for looks in LOOKS:
        yield from (shown(graph_detail.task_line(each, NOW, looks)) for each in tasks)
        for some in ([], tasks[:1], tasks, [replace(each, state=TaskState.SUCCESS) for each in tasks]):
            yield shown(graph_detail.several_line("g", some, 7, looks))
        states = {each.task_id: each.state.value for each in tasks}
        for keys in ([], list(states), ["unknown"]):
            for more in (0, 3):
                for cells_ in (20, 40, 120):
                    said = graph_detail.beside("after", keys, more, states, looks, cells_)
                    yield f"{cells_}: {shown(said)}"
        for cells_ in range(12, 60):
            yield f"{cells_}: {shown(graph_detail.beside('before', list(states), 1, states, looks, cells_))}"
    for node in (
        _node("a"),
        _node(
            "b",
            "X",
            retries=2,
            doc="\n First line.\nSecond.",
            trigger_rule="all_done",
            pool="p",
        ),
    ):
        yield shown(graph_detail.node_line(node))


def tabs() -> Iterator[str]:
    """A task from inside, tab by tab."""
    engine = FakeEngine()
    detail = _largest(engine)
    task = next(each for each in detail.tasks if each.attempts)
    dag_id, run_id = detail.run.dag_id, detail.run.run_id
    found = engine.task(dag_id, run_id, task.task_id)
    odd = replace(
        found,
        task=replace(
            task, max_tries=3, try_number=2, outcome=BAD, reason="it ended", held=PAUSE, p95=0.1, group="g"
        ),
        newest=False,
        retries=2,
        retry_delay=90.0,
        execution_timeout=3600.0,
        line=None,
        doc="What it *does*.",
        dag_doc="What the DAG does.",
        description="Short.",
        command=("bash", "-c", "echo 'a b'"),
        cwd="/tmp/x",
        env={"A": "1"},
        secrets={"B": "env:B"},
        rendered={"bash_command": "echo 1\necho 2", "n": 3, "d": {"x": [1]}},
        params={"size": 1, "from": "conf", "long": " ".join(f"word{at}" for at in range(30))},
        conf={"from": "conf"},
        run=replace(found.run, by="ann", rerun_of="other"),
    )
    plain = replace(
        found,
        retries=0,
        params={},
        conf={},
        rendered={},
        command=(),
        doc=None,
        dag_doc=None,
        description=None,
        task=replace(task, p50=None, p95=None, max_tries=1),
    )
    for argv in (("bash", "-c", "a b", "c d"), ("sh", "-c", "a b"), ("bash", "x", "a b"), ("bash",)):
        yield from (
            f"  {shown(one.line)}" for one in inside.fields_tab(replace(plain, command=argv), (1, 1), 60)
        )
    for wide in (9, 20, 40, 80):
        yield from (f"{wide} {shown(inside.tab_bar(name, wide))}" for name in inside.TABS)
    attempts = engine.attempts(dag_id, run_id, task.task_id)
    live = replace(attempts[0], end=None, outcome=None, pid=77, log_bytes=None)
    used = Outcome(
        kind=OutcomeKind.EXIT_CODE,
        exit_code=0,
        cpu_seconds=1.5,
        peak_rss=1 << 20,
        read_bytes=5,
        write_bytes=7,
    )
    happened = EventRow(seq=1, at=NOW, actor="engine", kind="launch")
    events = [
        happened,
        replace(
            happened, seq=2, actor="ann", kind="task_fail", before="running", after="failed", reason="exit 2"
        ),
        replace(happened, seq=3, kind="task_add", after="pending"),
        replace(happened, seq=4, kind="task_gone", before="removed", at=NOW - timedelta(days=3)),
    ]
    pushed = XComRow(task_id="t", map_index=-1, key="rows", value=3, bytes=2048)
    values = [
        pushed,
        replace(pushed, key="a\nb", value="two words, and more of them than fit beside it", bytes=None),
        replace(pushed, key="lines", value=["one", "two", "three", "four"]),
        replace(pushed, key="more", value=["one", "two", "three", "four", "five"]),
        *(replace(pushed, left_out=True, path=path) for path in ("x/y.json", "", None)),
        replace(pushed, key="", value={str(at): at for at in range(9)}),
    ]
    for each in (found, odd, plain):
        yield shown(inside.head(each, NOW, LOOKS[0]))
        for wide in (30, 90):
            for why in (None, engine.why(dag_id, run_id, task.task_id)):
                yield from (
                    f"  {one.of} {shown(one.line)}"
                    for one in inside.why_tab(each, why, NOW, BERLIN, LOOKS[0], wide)
                )
            for place in ((0, 0), (1, 1), (2, 3)):
                yield from (f"  {one.of} {shown(one.line)}" for one in inside.fields_tab(each, place, wide))
            yield from (f"  {one.of} {shown(one.line)}" for one in inside.params_tab(each, wide))
            yield from (f"  {one.of} {shown(one.line)}" for one in inside.docs_tab(each, wide))
    for wide in (30, 90):
        for rows_ in ([], values):
            yield from (f"  {one.of} {shown(one.line)}" for one in inside.xcoms_tab(rows_, wide))
        yield from (str([shown(line) for line in inside.whole_xcom(value, wide)]) for value in values)
        for some in (
            [],
            [
                *attempts,
                live,
                replace(live, start=None),
                replace(attempts[0], outcome=BAD),
                replace(attempts[0], outcome=used),
                replace(
                    attempts[0], outcome=replace(BAD, reason="no such table: it was dropped in the night")
                ),
            ],
        ):
            yield from (
                f"  {one.of} {shown(one.line)}" for one in inside.attempts_tab(some, NOW, BERLIN, wide)
            )
        yield from (
            str([shown(line) for line in inside.whole_event(event, BERLIN, wide)]) for event in events
        )
    for listed in ([], events):
        yield from (
            f"  {one.of} {shown(one.line)}" for one in inside.events_tab(listed, NOW, BERLIN, LOOKS[0])
        )
    source = SourceText(file="d.py", version="v1", text="\n".join(f"line {at}" for at in range(1, 12)))
    for kept in (None, source, replace(source, text=None)):
        yield from (f"  {one.of} {shown(one.line)}" for one in inside.source_tab(kept, 4))
    deep = replace(source, text="def f():\n" + " " * 24 + "call(" + "word, " * 20 + ")\n" + "\tx = 1")
    for wide in (12, 40, 90):
        yield from (f"  {one.of} {shown(one.line)}" for one in inside.source_tab(deep, 2, wide))


PAGES = {"grid": cells, "timeline": bars, "history": plots, "graph": nodes, "inside": tabs}
