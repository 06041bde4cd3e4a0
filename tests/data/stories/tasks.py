"""Stories about how tasks end, wait and follow each other."""

from __future__ import annotations

from data.builders import dag, task
from drive.loop import BAD, OK
from drive.story import Story
from penstock.execution.executor import Absent, Accepted, Claimed, Exited
from penstock.model.acts import Cancel, Clear, Hold, Mark, Release
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import CommandSpec, ParamSpec, SensorSpec
from penstock.model.trigger_rules import TriggerRule

KILLED = Outcome(kind=OutcomeKind.CANCELLED, signal=15)
FINAL = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, fail_without_retry=True)
SKIPPED = Outcome(kind=OutcomeKind.SKIPPED, exit_code=99)
LATE = Outcome(kind=OutcomeKind.TIMEOUT, reason="ran longer than 5 s", killed_after=3.0)


def poked(at: float | None) -> Outcome:
    """A poke that found nothing yet."""
    return Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=at)


async def retries(story: Story) -> None:
    """Tries, delays, and what is kept of each attempt."""
    story.load(
        dag(
            "d",
            task("constant", retries=2, retry_delay=30.0),
            task("grows", retries=3, retry_delay=10.0, retry_exponential_backoff=2.0, max_retry_delay=25.0),
            task("fragile", retries=2, on_lost="fail", execution_timeout=5.0, stop_grace=2.0),
            task("after", "constant", "fragile", trigger_rule="all_done", pool_slots=2),
        )
    )
    story.trigger("d")
    story.forward(2)
    measured = Outcome(
        kind=OutcomeKind.EXIT_CODE, exit_code=3, duration=2.0, cpu_seconds=1.5, peak_rss=5000, read_bytes=7,
        write_bytes=8, log_bytes=100, log_dropped=3, survivors=1, xcoms={"k": [1, 2], "later": None},
    )  # fmt: skip
    story.sample("constant", 9000)
    story.forward(1)
    story.sample("constant", 7000)
    story.end("constant", measured)
    story.end("grows", BAD)
    story.lose("fragile")
    story.look()
    story.wait()
    story.end("grows", LATE)
    story.wait()
    story.wait()
    story.end("constant", OK)
    story.end("grows", Outcome(kind=OutcomeKind.SIGNAL, signal=9, sent_by="the kernel", reason="killed"))
    story.forward(5)
    story.wait()
    story.lose("grows")
    story.look()
    story.act(Clear(dag_id="d", run_id=story.bench.engine.runs("d")[0].run_id, tasks=("constant",)))
    story.end("constant", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, peak_rss=10, xcoms={"k": 3}))
    story.finish()
    story.look()


async def rules(story: Story) -> None:
    """Every trigger rule over parents that end in every way."""
    parents = ("good", "bad", "none")
    story.load(
        dag(
            "d",
            *(task(name) for name in parents),
            *(task(f"all_{rule.value}", *parents, trigger_rule=rule.value) for rule in TriggerRule),
            max_active_tasks=50,
        )
    )
    story.trigger("d")
    story.end("good")
    story.look()
    story.end("bad", BAD)
    story.end("none", SKIPPED)
    story.finish()
    run = story.trigger("d")
    story.end("none", run=run)
    story.end("bad", run=run)
    story.act(Cancel(dag_id="d", run_id=run, task_id="good"))
    story.end("good", KILLED, run=run)
    story.finish()


async def branches(story: Story) -> None:
    """A branch rules out its children, and what hangs on them alone."""
    story.load(
        dag(
            "d",
            task("choose", launch="python"),
            task("left", "choose"),
            task("right", "choose"),
            task("below", "right"),
            task("join", "left", "right", trigger_rule="none_failed_min_one_success"),
            task("nothing", "left", launch="empty"),
        )
    )
    run = story.trigger("d")
    chosen = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("right",))
    story.end("choose", chosen)
    story.look()
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("choose",), downstream=True))
    story.end("choose", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("left", "right")))
    story.finish()
    story.look()


async def sensors(story: Story) -> None:
    """Pokes, their numbers, and timeouts that stand still while a person holds the run."""
    wait = SensorSpec(mode="reschedule", poke_interval=30.0, timeout=100.0)
    soft = SensorSpec(mode="reschedule", poke_interval=30.0, timeout=60.0, soft_fail=True)
    story.load(
        dag(
            "d",
            task("hard", launch="python", sensor=wait, retries=1),
            task("soft", launch="python", sensor=soft),
        )
    )
    run = story.trigger("d")
    now = story.bench.clock.time.timestamp()
    story.forward(1)
    story.end("hard", poked(now + 31))
    story.end("soft", poked(None))
    story.end("soft", poked(float("inf")))
    story.look()
    story.act(Hold(dag_id="d", run_id=run, task_id="hard", why="the source is down"))
    story.forward(30)
    story.look()
    story.forward(30)
    story.look()
    story.act(Release(dag_id="d", run_id=run, task_id="hard"))
    story.forward(1)
    story.end("hard", poked(now + 1e300))
    story.look()
    story.act(Clear(dag_id="d", run_id=run, tasks=("hard",)))
    story.end("hard", poked(now + 100))
    story.act(Hold(dag_id="d", run_id=run))
    story.forward(500)
    story.look()
    story.act(Release(dag_id="d", run_id=run))
    story.end("hard", poked(now + 640))
    story.forward(60)
    story.look()
    story.forward(60)
    story.finish()
    story.look()


async def stops(story: Story) -> None:
    """Who is stopped, how long that may take, and what wins when both happen at once."""
    story.load(
        dag("d", task("a", stop_grace=5.0), task("b"), task("c", "a", "b"), dagrun_timeout=60.0),
        dag("fast", task("x"), task("y"), task("z", "x"), fail_fast=True),
    )
    run = story.trigger("d")
    story.act(Cancel(dag_id="d", run_id=run))
    story.look()
    story.end("a", OK)
    story.forward(3)
    story.end("b", KILLED)
    story.look()
    run = story.trigger("d")
    story.forward(1)
    story.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    story.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="success"))
    story.look()
    story.end("a", OK)
    story.end("b", OK)
    story.forward(58)
    story.forward(2)
    story.look()
    story.forward(5)
    story.end("a", KILLED)
    story.look()
    run = story.trigger("fast")
    story.end("x", BAD)
    story.look()
    story.end("y", KILLED)
    story.act(Cancel(dag_id="fast", run_id=run))
    run = story.trigger("fast")
    story.act(Cancel(dag_id="fast", run_id=run, task_id="x"))
    story.act(Cancel(dag_id="fast", run_id=run, task_id="z"))
    story.act(Cancel(dag_id="fast", run_id=run, task_id="x"))
    story.end("x", KILLED)
    story.finish()
    story.look()


async def launches(story: Story) -> None:
    """Launches that nobody claims, that are taken back, that are gone; late news of what has ended."""
    command = CommandSpec(argv=("echo", "x"), env={"A": "1"}, cwd="/tmp")
    story.load(
        dag(
            "d",
            task("a", command=command, retries=4, skip_on_exit_code=(99,), push_last_line=True),
            task("b", launch="python", secrets={"PASSWORD": "env:P"}, map_index_template="x"),
            task("c", "b", launch="python", command=command),
            params={"day": ParamSpec(default="today"), "rows": ParamSpec(default=3)},
        )
    )
    executor, clock = story.bench.executor, story.bench.clock
    executor.claim_at_once = False
    story.trigger("d", conf={"day": "monday"})
    story.look()
    story.forward(5)
    story.see("a", Claimed(12, clock.time.timestamp() - 3))
    story.forward(4.9)
    story.forward(0.2)
    story.look()
    story.claim()
    story.see("a", Absent())
    story.see("b", Claimed(13, None))
    first = story.bench.live()
    story.end("b", OK)
    story.see("c", Claimed(None, clock.time.timestamp() + 60))
    story.see("c", Exited(OK, clock.time.timestamp() - 5, None, ("an earlier boot", 3.0)))
    for attempt_id in first.values():
        executor.seen[attempt_id] = Exited(BAD, 1.0, 2.0)
    story.look()
    story.wait()
    story.forward(3)
    await story.open()
    story.look()
    story.claim()
    story.end("a", Outcome(kind=OutcomeKind.REVOKED))
    story.wait()
    story.claim()
    executor.fail_submit = True
    story.end("a", BAD)
    story.act(Clear(dag_id="d", run_id=story.bench.engine.runs("d")[0].run_id, tasks=("a", "b")))
    story.look()
    executor.fail_submit = False
    story.forward(4)
    story.look()
    story.bench.clock.forward(0.5)
    story.look()
    story.forward(6)
    story.claim()
    story.see("a", Accepted())
    story.see("b", Exited(Outcome(kind=OutcomeKind.REVOKED), None, None))
    executor.claim_at_once = True

    story.finish()
    story.look()


STORIES = {each.__name__: each for each in (retries, rules, branches, sensors, stops, launches)}
