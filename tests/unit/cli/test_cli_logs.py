"""Logs on their way out: which attempt, how far, and how clean."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from drive.commands import Say
from fakes.engine import NOW, FakeEngine
from fakes.world import replace
from penstock.model.states import TaskState

HOSTILE = b"\x1b]0;owned\x07\x1b[31mred\x1b[0m \xff line\n10 %\r20 %\nlast"


@pytest.fixture
def attempt(engine: FakeEngine) -> str:
    """The id of the one attempt of hello's task a, whose log is hostile."""
    [run] = engine.world.runs_of("hello")
    [row] = engine.attempts("hello", run.run_id, "a")
    engine.world.logs[row.attempt_id] = HOSTILE
    return row.attempt_id


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)


def test_a_pipe_gets_the_bytes_as_they_are(
    attempt: str, engine: FakeEngine, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from penstock.cli.main import run
    from penstock.cli.session import Session

    assert run(["logs", "hello", "latest", "a"], Session(engine=engine)) == 0
    assert capfdbinary.readouterr().out == HOSTILE


def test_a_terminal_gets_clean_text(attempt: str, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    assert say("logs", "hello", "latest", "a").out == "red \ufffd line\n20 %\nlast\n"


def test_raw_is_raw_on_a_terminal_too(
    attempt: str,
    engine: FakeEngine,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from penstock.cli.main import run
    from penstock.cli.session import Session

    on_terminal(monkeypatch)
    assert run(["logs", "hello", "latest", "a", "--raw"], Session(engine=engine)) == 0
    assert capfdbinary.readouterr().out == HOSTILE


def test_a_sequence_across_two_chunks_is_still_dropped(
    attempt: str, engine: FakeEngine, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setattr("penstock.cli.logs._CHUNK", 3)
    assert say("logs", "hello", "latest", "a").out == "red \ufffd line\n20 %\nlast\n"


def test_a_large_log_is_read_to_its_end(attempt: str, engine: FakeEngine, say: Say) -> None:
    engine.world.logs[attempt] = b"0123456789abcde\n" * 200_000
    assert len(say("logs", "hello", "latest", "a").out) == 16 * 200_000


@pytest.mark.parametrize("chunk", [1, 3, 4, 5, 1000])
@pytest.mark.parametrize("log", [b"a\nbb\nccc\n", b"a\nbb\nccc", b"\n\n\n", b"x", b""])
@pytest.mark.parametrize("lines", [0, 1, 2, 3, 9])
def test_the_last_lines(
    attempt: str,
    engine: FakeEngine,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    chunk: int,
    log: bytes,
    lines: int,
) -> None:
    monkeypatch.setattr("penstock.cli.logs._CHUNK", chunk)
    engine.world.logs[attempt] = log
    wanted = b"".join(log.splitlines(keepends=True)[-lines:] if lines else [])
    assert say("logs", "hello", "latest", "a", "-n", str(lines)).out == wanted.decode()


def test_an_attempt_is_named_by_its_number(engine: FakeEngine, say: Say) -> None:
    rows = engine.attempts("orders_daily", engine.world.runs_of("orders_daily")[0].run_id, "join")
    for number, row in enumerate(rows, 1):
        engine.world.logs[row.attempt_id] = b"this is number %d\n" % number
    command = ("logs", "orders_daily", "latest", "join")
    assert say(*command).out == "this is number 3\n"
    assert say(*command, "--attempt", "1").out == "this is number 1\n"
    assert say(*command, "--attempt", "-2").out == "this is number 2\n"
    document = say(*command, "--attempt", "2", "--json").document
    assert document["log"] == "this is number 2\n"
    assert document["attempt"]["attempt_id"] == rows[1].attempt_id
    missing = say(*command, "--attempt", "4")
    assert (missing.code, missing.out) == (2, "")
    assert "3 attempts" in missing.err
    nought = say(*command, "--attempt", "0")
    assert (nought.code, nought.out) == (2, "")


def test_a_task_without_an_attempt_points_to_why(say: Say) -> None:
    answer = say("logs", "orders_daily", "latest", "fx")
    assert answer.code == 0
    assert "penstock why orders_daily latest fx" in answer.err


def test_following_goes_through_the_retries_to_the_end_of_the_task(
    engine: FakeEngine, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.cli.logs._POLL", 0.005)
    run_id = engine.world.runs_of("flaky")[0].run_id
    [first] = engine.attempts("flaky", run_id, "b")
    live = replace(first, end=None, outcome=None)
    engine.world.attempts[first.attempt_id] = live
    engine.world.logs[first.attempt_id] = b"one\n"
    second = replace(live, attempt_id="bbbbbbbbbbbb-00000002", try_number=2)

    class Script:
        """Moves the world on each time the log is found at rest."""

        def __init__(self) -> None:
            self.steps = [self.print_more, self.fail, self.try_again, self.succeed]
            self.rest = threading.Event()

        def print_more(self) -> None:
            engine.append_log(first.attempt_id, b"two\n")

        def fail(self) -> None:
            engine.append_log(first.attempt_id, b"three\n")
            engine.world.attempts[first.attempt_id] = replace(first, end=NOW)

        def try_again(self) -> None:
            engine.world.attempts[second.attempt_id] = second
            engine.world.logs[second.attempt_id] = b"four\n"

        def succeed(self) -> None:
            end = NOW + timedelta(seconds=1)
            engine.world.attempts[second.attempt_id] = replace(second, end=end)
            engine.set_task("flaky", run_id, "b", state=TaskState.SUCCESS)

        def __call__(self, _: float) -> None:
            if self.steps:
                self.steps.pop(0)()

    script: Any = Script()
    monkeypatch.setattr("penstock.cli.logs.time.sleep", script)
    answer = say("logs", "flaky", "latest", "b", "-f")
    assert answer.code == 0
    assert answer.out == "one\ntwo\nthree\nfour\n"
    assert "attempt 2, try 2" in answer.err
    assert "up_for_retry" in answer.err
    assert script.steps == []


def test_following_without_an_engine_ends_with_the_attempt(
    engine: FakeEngine, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is there who would write down the end, or begin another try."""
    monkeypatch.setattr("penstock.cli.logs._POLL", 0.005)
    run_id = engine.world.runs_of("flaky")[0].run_id
    [attempt] = engine.attempts("flaky", run_id, "b")
    engine.world.logs[attempt.attempt_id] = b"one\n"
    engine.set_task("flaky", run_id, "b", state=TaskState.RUNNING)
    engine.read_only = True
    answer = say("logs", "flaky", "latest", "b", "-f")
    assert (answer.code, answer.out) == (0, "one\n")
    assert answer.err.endswith("the database says that b is running; start the engine to go on\n")


def test_following_and_one_document_exclude_each_other(say: Say) -> None:
    assert say("logs", "hello", "latest", "a", "-f", "--json").code == 2


@pytest.mark.parametrize(
    ("left", "said", "rest"),
    [(b"", "removed", "later\n"), (b"on", "cut short to 2 bytes", "later\n")],
    ids=["removed", "cut"],
)
def test_following_says_when_the_log_is_taken_away(
    engine: FakeEngine, say: Say, monkeypatch: pytest.MonkeyPatch, left: bytes, said: str, rest: str
) -> None:
    run_id = engine.world.runs_of("flaky")[0].run_id
    [first] = engine.attempts("flaky", run_id, "b")
    engine.world.attempts[first.attempt_id] = replace(first, end=None, outcome=None)
    engine.world.logs[first.attempt_id] = b"one\ntwo\n"

    def take_away() -> None:
        engine.world.logs[first.attempt_id] = left

    def print_more() -> None:
        engine.append_log(first.attempt_id, b"later\n")

    def end() -> None:
        engine.world.attempts[first.attempt_id] = first
        engine.set_task("flaky", run_id, "b", state=TaskState.SUCCESS)

    steps = [take_away, lambda: None, print_more, end]
    monkeypatch.setattr("penstock.cli.logs.time.sleep", lambda _: steps and steps.pop(0)())
    answer = say("logs", "flaky", "latest", "b", "-f")
    assert answer.out == f"one\ntwo\n{rest}"
    assert answer.err.count(said) == 1


def test_a_log_that_somebody_removed_is_said_to_be_gone(attempt: str, engine: FakeEngine, say: Say) -> None:
    row = engine.world.attempts[attempt]
    assert row.outcome is not None
    engine.world.attempts[attempt] = replace(row, outcome=replace(row.outcome, log_bytes=17))
    del engine.world.logs[attempt]
    answer = say("logs", "hello", "latest", "a")
    assert "17 bytes, is gone" in answer.err


def test_a_follower_hears_at_the_end_how_much_was_left_out(
    say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.world.runs_of("fx_rates")[0]
    attempt_id = engine.world.attempt_of("fx_rates", run.run_id, "pull_jpy", 1)
    full = b"[penstock] the log is full: the last 9 bytes follow at the end".ljust(119) + b"\n"
    engine.world.logs[attempt_id] = b"first\n" + full

    def end(_seconds: float) -> None:
        left_out = b"[penstock] 800 bytes left out, 70 lines: ...".ljust(119) + b"\n"
        engine.world.logs[attempt_id] = b"first\n" + left_out + b"last\n"
        engine.world.attempts[attempt_id] = replace(engine.world.attempts[attempt_id], end=engine.now)
        engine.set_task("fx_rates", run.run_id, "pull_jpy", state=TaskState.SUCCESS, end=engine.now)

    monkeypatch.setattr("penstock.cli.logs.time.sleep", end)
    answer = say("logs", "fx_rates", run.run_id, "pull_jpy", "-f")
    assert answer.out.encode() == b"first\n" + full + b"last\n"
    assert "800 bytes left out, 70 lines: ...\n" in answer.err
