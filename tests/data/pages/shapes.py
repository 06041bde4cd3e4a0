"""Pages of plans, calendars and graphs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from data.pages.shown import BERLIN, LOOKS, row, shown, tried
from fakes.believable import believable
from fakes.world import NOW, replace
from penstock.model import acts
from penstock.model.drawing.order import Node, Order
from penstock.model.plan_change import PlanChange
from penstock.model.states import RunState, TaskState
from penstock.model.views import points as point_views
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock_tui.view import (
    calendar,
    done_text,
    plan_rows,
    point_rows,
    rails,
    rails_text,
)


def plans() -> Iterator[str]:
    """What an act would touch, and the dates of a backfill."""

    def item(task: str | None, run: str | None = "r", day: int | None = 1, **more: object) -> PlanItem:
        moment = None if day is None else NOW + timedelta(days=day)
        values = {"dag_id": "d", "before": "failed", "after": "pending", "logical_date": moment, **more}
        return PlanItem(run_id=run, task_id=task, **values)  # type: ignore[arg-type]

    many = [
        item("a"),
        item("b", day=1, note="it is skipped"),
        item("a", "s", 2),
        item("c", "t", None, map_index=3),
    ]
    kinds = {
        "one": [item("a")],
        "run": [item(None)],
        "dag": [item(None, None, None)],
        "many": many,
        "two DAGs": [*many, item("z", dag_id="other_dag_with_a_long_name")],
        "same day": [item("a", "r", 1), item("a", "s", 1)],
    }
    for name, items in kinds.items():
        for cells in (20, 40, 80):
            yield f"{name} {cells}"
            yield from (f"  {shown(line)}" for line in plan_rows.item_lines(items, cells, LOOKS[0], BERLIN))
        plan = Plan(act="clear", title=f"Clear {len(items)} tasks", items=tuple(items), fingerprint="f")
        yield f"{plan_rows.verb([plan])} {plan_rows.verb([plan, plan])} {plan_rows.verb([])}"
    yield plan_rows.verb([replace(plan, title="Trigger"), plan])
    came, was, moved, gone, rest = (item(name) for name in ("came", "was", "was", "gone", "rest"))
    moved = replace(moved, before="success")
    change = PlanChange(came=(came,), moved=((was, moved),), went=(gone,))
    for changes in ([change], [PlanChange(went=(gone,))], [change, PlanChange(came=(rest,))]):
        for cells in (20, 60):
            lines = plan_rows.item_lines([rest, moved, came], cells, LOOKS[0], BERLIN, changes)
            yield from (f"  {shown(line)}" for line in lines)
    states = ("", "failed", "success", "running", "queued")
    slots = [
        item(None, None, day, before=before, after=after)
        for day, (before, after) in enumerate(
            (b, a) for b in states for a in ("queued", "success", "running")
        )
    ]
    yield from (f"{each.before} {each.after}: {plan_rows.choice_of(each)}" for each in slots)
    hours = [replace(each, logical_date=NOW + timedelta(hours=at)) for at, each in enumerate(slots[:5])]
    for some in (slots, hours, [replace(slots[0], logical_date=None)]):
        for looks in LOOKS:
            yield from (shown(line) for line in plan_rows.date_lines(some, 40, looks, BERLIN))
    for counts in ({}, {"create": 3}, {"create": 1, "rerun": 2, "kept": 3, "in_flight": 4}):
        yield shown(plan_rows.backfill_summary(counts, LOOKS[0]))


def done() -> Iterator[str]:
    """What was done, in words: one act, and several of one kind or of many."""

    def answer(touched: int = 1, message: str = "done") -> Done:
        return Done(act="x", message=message, touched=touched)

    hold, cancel = acts.Hold(dag_id="d", run_id="r"), acts.Cancel(dag_id="d", run_id="r")
    kinds: dict[str, list[acts.AnyAct]] = {
        "DAGs": [acts.PauseSchedule(dag_id=name) for name in "de"],
        "runs": [replace(hold, run_id=name) for name in "rs"],
        "runs of DAGs": [hold, replace(hold, dag_id="e")],
        "tasks": [replace(cancel, task_id=name) for name in "ab"],
        "tasks of runs": [replace(cancel, task_id="a"), replace(cancel, run_id="s", task_id="a")],
        "cleared": [acts.Clear(dag_id=name, run_id="r") for name in "de"],
        "marked": [acts.Mark(dag_id="d", run_id=name, tasks=("a",), state="skipped") for name in "rs"],
        "triggered": [acts.Trigger(dag_id=name) for name in "de"],
        "backfills": [acts.CancelBackfill(backfill_id=number) for number in (1, 2)],
        "causes": [acts.ReopenFailures(fingerprint=name) for name in "fg"],
        "mixed": [hold, cancel, acts.PauseSchedule(dag_id="d")],
    }
    for name, some in kinds.items():
        yield f"{name}: {done_text.done_text([(some[0], answer())])}"
        for touched in ((1, 1), (1200, 0), (0, 0)):
            answers = [(act, answer(count)) for act, count in zip(some, (*touched, 1), strict=False)]
            yield from done_text.done_text(answers).split("\n")
    yield done_text.done_text([(hold, answer(message="run r of d is held"))])


def days() -> Iterator[str]:
    """The calendar of a schedule's points, and a day's points."""
    day = NOW.date()
    states = ("ran", "ran_late", "skipped", "backfilled", "waiting", "upcoming")
    rows = {}
    for at, state in enumerate(states):
        for back, counts in (
            (at, {state: 1}),
            (at + 8, {state: 2, "ran": 1}),
            (at + 16, {state: 1, "upcoming": 3}),
        ):
            when = day - timedelta(days=back)
            more = {"runs": {"failed": 1}, "reasons": {"overlap": 2}} if at % 2 else {"moved_by_dst": True}
            rows[when] = point_views.DayRow(day=when, counts=counts, **more)
    marked = (day - timedelta(days=4), day - timedelta(days=2))
    for page in (
        calendar.Page(rows, day, day - timedelta(days=3)),
        calendar.Page(rows, day, day, marked, lit=False),
        calendar.Page({}, day - timedelta(days=60), day, marked),
    ):
        for month in (calendar.first_of(day), calendar.first_of(day, -1), date(2026, 2, 1)):
            yield from (shown(line) for line in page.lines(month))
    for when, each in sorted(rows.items()):
        yield f"{when}: {calendar.kind_of(each)} {calendar.letter_of(each)} {calendar.bad(each)}"
        yield f"  {shown(calendar.summary(when, each))}"
    both = point_views.DayRow(day=day, counts={"skipped": 3}, reasons={"overlap": 1, "paused": 2})
    yield shown(calendar.summary(day, both))
    yield shown(calendar.summary(day, None))
    yield shown(calendar.legend())
    for when in (date(2026, 1, 31), date(2026, 2, 28), date(2024, 2, 29), date(2026, 12, 1)):
        told = [(calendar.first_of(when, by), calendar.same_day(when, by)) for by in (-13, -1, 0, 1, 12)]
        yield f"{when}: {calendar.last_of(when)} {calendar.line_of(when)} {told}"
        month = calendar.first_of(when)
        for line in range(9):
            cells = range(0, 30, 4)
            yield f"  {[tried(calendar.day_at, month, line, cell) for cell in cells]}"
    for state in states:
        for said in (
            {},
            {"run_id": "r", "run_state": RunState.FAILED},
            {"reason": "overlap", "span_first": NOW},
        ):
            point = point_views.LedgerPoint(logical_date=NOW, state=state, **said)  # type: ignore[arg-type]
            yield row(point_rows.cells(point, BERLIN, LOOKS[0]))


def graphs() -> Iterator[str]:
    """Rails: the order of tasks, lanes, groups that are folded, names that are cut."""
    node = Node
    leaves = tuple(f"f{at}" for at in range(6))
    shapes = {
        "chain": [node("a"), node("b", ("a",)), node("c", ("b",))],
        "diamond": [node("a"), node("b", ("a",)), node("c", ("a",)), node("d", ("b", "c"))],
        "fan": [node("z"), *(node(each, ("z",)) for each in leaves), node("end", leaves)],
        "groups": [
            node("a"), node("g.x", ("a",), "g"), node("g.y", ("g.x",), "g"), node("g.in.p", ("g.y",), "g.in"),
            node("g.in.q", ("g.in.p",), "g.in"), node("b", ("g.in.q", "a")), node("alone"),
        ],
        "torn": [
            node("g.x", (), "g"), node("m", ("g.x",)), node("g.y", ("m",), "g"), node("w", ("nowhere", "w")),
        ],
        "wide": [
            *(node(f"s{at}") for at in range(5)),
            *(node(f"t{at}", (f"s{4 - at}", "s0")) for at in range(5)),
        ],
    }  # fmt: skip
    parents = {"g": None, "g.in": "g"}
    plain = next(iter(believable().runs.values())).tasks[0]
    for name, nodes in shapes.items():
        for folded, lanes in (((), 16), (("g.in",), 16), (("g",), 16), ((), 3), ((), 2)):
            order = Order(nodes, parents)
            drawn = rails.lay_out(nodes, parents, folded=folded, max_lanes=lanes)
            yield f"{name} folded {folded} lanes {lanes}: {drawn.width} {drawn.elided} {dict(drawn.members)}"
            rows = {
                each.key: replace(plain, task_id=each.key, group=each.group, state=TaskState.FAILED)
                for each in nodes
            }
            for cells, looks in ((24, LOOKS[0]), (50, LOOKS[1]), (110, LOOKS[0])):
                text = rails_text.RowText(drawn, order, rows, looks, cells)
                yield f"  {shown(text.titles())}"
                for each in drawn.rows:
                    told = f"{each.kind.name} {each.cells!r} {each.column} {each.key} {each.depth}"
                    yield f"  {told} {shown(text.row(each, NOW))}"
    yield f"{tried(lambda: Order([node('a', ('b',)), node('b', ('a',))], {}).keys)}"


PAGES = {page.__name__: page for page in (plans, done, days, graphs)}
