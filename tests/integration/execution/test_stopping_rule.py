"""An ordered end: one SIGTERM for each process, a grace that lasts until nobody is left, then SIGKILL."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, marked, shell
from drive.waiting import eventually
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import Outcome, OutcomeKind, describe

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are seen in /proc")

TOOL = """
import os, signal, sys, time
name, seconds, code = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
open(name + ".ready", "w").close()
while not heard:
    time.sleep(0.01)
end = time.monotonic() + seconds
while time.monotonic() < end:
    time.sleep(0.01)
with open(name + ".tmp", "w") as file:
    file.write(str(len(heard)))
os.rename(name + ".tmp", name + ".clean")
os._exit(code)
"""
"""Cleans up for some seconds after SIGTERM and writes down how often it heard it; no second one ends it."""


class Tools(Attempts):
    def __init__(self, home: Path) -> None:
        super().__init__(LocalExecutor(make_settings(home)), make_settings(home))
        self.place = home
        (home / "tool.py").write_text(TOOL)

    def tool(self, name: str, seconds: float = 0.3, code: int = 9) -> str:
        """Return the command line of a tool that cleans up."""
        return f"{sys.executable} -S -E {self.place}/tool.py {self.place}/{name} {seconds} {code}"

    async def stopped(self, spec: AttemptSpec, *names: str, mode: str = "term") -> Outcome:
        """Run *spec* until all its tools are ready, stop it, and return how it ended."""
        self.executor.submit([spec])
        for name in names:
            await eventually((self.place / f"{name}.ready").exists, f"{name} to be ready")
        if spec.time_limit is None:
            self.executor.stop(spec.attempt_id, mode, "cancelled by ada")  # type: ignore[arg-type]
        outcome = await self.end(spec.attempt_id)
        assert marked(spec.attempt_id) == []
        return outcome

    def heard(self, name: str) -> str | None:
        """Return how often a tool heard SIGTERM; None when it did not come to the end of its clean-up."""
        file = self.place / f"{name}.clean"
        return file.read_text() if file.exists() else None


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    found = Tools(tmp_path)
    await found.start()
    yield found
    await found.executor.close()


WAYS = {
    "the command itself": "exec {a}",
    "behind a shell": "bash -c '{a}; echo done'",
    "in a pipe": "bash -c '{a} | tee log'",
    "in the background": "{a} & wait",
    "in a job of its own": "bash -c 'set -m; {a} & wait'",
    "in a session of its own": "setsid {a} & wait",
    "its shell in a session of its own": "setsid sh -c '{a}; true' & wait",
    "with another environment": "env -i setsid {a} & wait",
    "without a parent": "(setsid sh -c '{a} & sleep 0.1' &) ; sleep 60",
}


TALKS = """
import os, signal, sys, time
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
print("ready", flush=True)
open(sys.argv[1] + ".ready", "w").close()
while not heard:
    time.sleep(0.01)
for number in range(20):
    print("cleaning", number, flush=True)
    time.sleep(0.02)
print("clean", len(heard), flush=True)
os._exit(9)
"""


@pytest.mark.parametrize(
    "pipe", ["{a} | tee {out}", "{a} 2>&1 | cat | tee {out} | cat", "({a}; true) | tee {out}"]
)
async def test_a_tool_that_talks_into_a_pipe_is_heard_to_the_end(tools: Tools, pipe: str) -> None:
    (tools.place / "talks.py").write_text(TALKS)
    a, out = f"{sys.executable} -S -E {tools.place}/talks.py {tools.place}/a", tools.place / "out"
    spec = shell(f"bash -c '{pipe.format(a=a, out=out)}'", grace=30)
    outcome = await tools.stopped(spec, "a")
    assert out.read_text().endswith("cleaning 19\nclean 1\n")
    assert (outcome.survivors, outcome.killed_after) == (0, None)


async def test_a_reader_that_does_not_end_with_its_writer_hears_it_then(tools: Tools) -> None:
    reader = tools.tool("b", 0.1)  # it never reads, and so does not know that its input has ended
    spec = shell(f"{tools.tool('a', 0.3)} | {reader}", grace=30)
    outcome = await tools.stopped(spec, "a", "b")
    assert (tools.heard("a"), tools.heard("b")) == ("1", "1")
    assert outcome.killed_after is None


async def test_a_reader_hears_it_in_the_grace_even_if_its_writer_goes_on(tools: Tools) -> None:
    spec = shell(f"{tools.tool('a', 99)} | {tools.tool('b', 0.1)}", grace=2)
    outcome = await tools.stopped(spec, "a", "b")
    assert (tools.heard("a"), tools.heard("b")) == (None, "1")
    assert outcome.killed_after is not None


@pytest.mark.parametrize("way", WAYS)
async def test_a_tool_comes_to_the_end_of_its_clean_up(tools: Tools, way: str) -> None:
    spec = shell(WAYS[way].format(a=tools.tool("a")), grace=30)
    outcome = await tools.stopped(spec, "a")
    assert tools.heard("a") == "1"
    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.killed_after is None
    assert outcome.duration is not None
    assert outcome.duration >= 0.3


async def test_several_tools_hear_it_once_each_and_the_slowest_counts(tools: Tools) -> None:
    a, b, c = tools.tool("a", 0.1), tools.tool("b", 0.6), tools.tool("c", 0.3)
    outcome = await tools.stopped(shell(f"{a} & setsid {b} & {c}", grace=30), "a", "b", "c")
    assert [tools.heard(name) for name in "abc"] == ["1", "1", "1"]
    assert (outcome.signal, outcome.survivors) == (15, 0)


async def test_who_is_started_in_the_grace_is_part_of_it(tools: Tools) -> None:
    late = tools.place / "late"
    script = f"trap 'sleep 0.3; echo >{late}; exit 4' TERM; {tools.tool('a', 0)} & while :; do wait; done"
    outcome = await tools.stopped(shell(script, grace=30), "a")
    assert late.exists()
    assert describe(outcome) == "cancelled by ada, ended itself with 4"


async def test_out_of_time_and_ended_itself(tools: Tools) -> None:
    spec = shell(f"exec {tools.tool('a')}", time_limit=0.5, grace=30)
    outcome = await tools.stopped(spec, "a")
    assert describe(outcome) == "out of time, ended itself with 9: ran longer than 0.5 s"


async def test_out_of_time_and_killed_after_the_grace(tools: Tools) -> None:
    spec = shell(f"exec {tools.tool('a', 99)}", time_limit=0.5, grace=1)
    outcome = await tools.stopped(spec, "a")
    assert describe(outcome) == "out of time, killed after 1 s: ran longer than 0.5 s"
    assert tools.heard("a") is None


async def test_what_is_left_after_the_grace_is_killed_and_told(tools: Tools) -> None:
    spec = shell(f"setsid {tools.tool('a', 99)} & exec {tools.tool('b', 0.1, 0)}", grace=1)
    outcome = await tools.stopped(spec, "a", "b")
    assert describe(outcome) == "cancelled by ada, ended itself with 0, what it left killed after 1 s"
    assert (tools.heard("a"), tools.heard("b")) == (None, "1")


async def test_a_kill_shortens_the_grace_of_what_is_left(tools: Tools) -> None:
    spec = shell(f"echo $$ >{tools.place}/shell; {tools.tool('a', 99)} & wait", grace=60)
    tools.executor.submit([spec])
    await eventually((tools.place / "a.ready").exists, "the tool")
    first = Path("/proc", (tools.place / "shell").read_text().strip())
    tools.executor.stop(spec.attempt_id, "term", "cancelled by ada")
    # Until its supervisor has seen its end, a shell that has ended is still in /proc.
    await eventually(lambda: not first.exists(), "the supervisor to have seen the shell's end")
    tools.executor.stop(spec.attempt_id, "kill", "cancelled by bob")
    outcome = await tools.end(spec.attempt_id)
    assert (outcome.reason, outcome.survivors) == ("cancelled by ada", 1)
    assert marked(spec.attempt_id) == []


async def test_killed_at_once(tools: Tools) -> None:
    spec = shell(f"setsid {tools.tool('a', 99)} & wait", grace=60)
    outcome = await tools.stopped(spec, "a", mode="kill")
    assert describe(outcome) == "cancelled by ada, killed at once"


async def test_leftovers_of_a_success_are_killed_and_told(tools: Tools) -> None:
    spec = shell(f"setsid {tools.tool('a')} & until [ -e {tools.place}/a.ready ]; do sleep 0.01; done")
    outcome = await tools.run(spec)
    assert describe(outcome) == "exit 0, 1 process left behind was killed"
    assert outcome.ok
    assert tools.heard("a") is None
    assert marked(spec.attempt_id) == []


async def test_other_attempts_of_the_supervisor_hear_nothing(tools: Tools) -> None:
    other = shell(f"exec {tools.tool('b', 0)}")
    tools.executor.submit([other])
    await eventually((tools.place / "b.ready").exists, "the other one")
    await tools.stopped(shell(f"setsid {tools.tool('a', 0.1)} & wait", grace=30), "a")
    assert tools.heard("b") is None
    await tools.stopped(other, "b")
    assert tools.heard("b") == "1"
