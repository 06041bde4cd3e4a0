"""What every executor must do. Add a factory to run the suite over another one."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from attempts import Bench, eventually, make_settings, marked, shell
from penstock.execution.executor import Absent, Accepted, Claimed, Executor, Exited
from penstock.execution.local import LocalExecutor
from penstock.execution.protocol import AttemptSpec
from penstock.ids import new_attempt_id
from penstock.model.outcome import OutcomeKind
from penstock.settings import Settings

FACTORIES: dict[str, Callable[[Settings], Executor]] = {"local": LocalExecutor}


@pytest.fixture(params=sorted(FACTORIES))
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    settings = make_settings(tmp_path)
    found = Bench(FACTORIES[request.param](settings), settings)
    await found.start()
    yield found
    await found.executor.close()


@pytest.mark.parametrize("code", [0, 1, 3, 99, 126, 137, 255])
async def test_exit_codes_are_exact(bench: Bench, code: int) -> None:
    outcome = await bench.run(shell(f"exit {code}"))
    assert (outcome.kind, outcome.exit_code, outcome.signal) == (OutcomeKind.EXIT_CODE, code, None)
    assert outcome.ok == (code == 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_a_signal_is_told_from_its_exit_code(bench: Bench, number: signal.Signals) -> None:
    outcome = await bench.run(shell(f"kill -{int(number)} $$"))
    assert (outcome.kind, outcome.signal, outcome.exit_code) == (OutcomeKind.SIGNAL, number, None)
    assert outcome.sent_by is None


async def test_an_attempt_that_was_never_submitted_is_absent(bench: Bench) -> None:
    unknown = new_attempt_id()
    assert bench.observe(unknown) == Absent()
    assert bench.executor.revoke(unknown) == Absent()
    assert bench.executor.read_log(unknown, 0, 100) == b""
    bench.executor.stop(unknown, "term", "there is nothing to stop")


async def test_submitting_again_does_not_run_again(bench: Bench, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}")
    bench.executor.submit([spec])
    bench.executor.submit([spec])
    assert (await bench.end(spec.attempt_id)).ok
    bench.executor.submit([spec])
    assert (await bench.run(shell("true"))).ok
    assert ledger.read_text() == "ran\n"


async def test_a_running_attempt_is_claimed_with_its_pid(bench: Bench) -> None:
    spec = shell("sleep 60")
    bench.executor.submit([spec])
    await eventually(
        lambda: isinstance(seen := bench.observe(spec.attempt_id), Claimed) and seen.pid, "a pid to show"
    )
    seen = bench.observe(spec.attempt_id)
    assert isinstance(seen, Claimed)
    assert seen.pid in marked(spec.attempt_id)
    assert seen.at is not None
    assert bench.executor.capacity()[0].used == 1
    bench.executor.stop(spec.attempt_id, "kill", "enough")
    await bench.end(spec.attempt_id)


async def test_start_and_end_frame_the_duration(bench: Bench) -> None:
    spec = shell("sleep 0.05")
    bench.executor.submit([spec])
    seen = await bench.until(spec.attempt_id, Exited)
    assert isinstance(seen, Exited)
    assert seen.start is not None
    assert seen.end is not None
    assert seen.start <= seen.end
    assert seen.outcome.duration is not None
    assert seen.outcome.duration >= 0.05


async def test_hints_name_attempts_that_ended(bench: Bench) -> None:
    specs = [shell("true") for _ in range(5)]
    bench.executor.submit(specs)
    await eventually(lambda: bench.hinted >= {spec.attempt_id for spec in specs}, "a hint for each")


async def test_a_stop_ends_the_attempt_as_cancelled(bench: Bench) -> None:
    spec = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    bench.executor.submit([spec])
    await eventually(lambda: b"ready" in bench.executor.read_log(spec.attempt_id, 0, 100), "readiness")
    bench.executor.stop(spec.attempt_id, "term", "operator said so")
    outcome = await bench.end(spec.attempt_id)
    assert (outcome.kind, outcome.exit_code, outcome.reason) == (OutcomeKind.CANCELLED, 7, "operator said so")
    assert b"bye" in bench.executor.read_log(spec.attempt_id, 0, 100)


async def test_who_ignores_term_is_killed_after_the_grace(bench: Bench) -> None:
    spec = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=0.2)
    bench.executor.submit([spec])
    await eventually(lambda: b"ready" in bench.executor.read_log(spec.attempt_id, 0, 100), "readiness")
    bench.executor.stop(spec.attempt_id, "term", "now")
    outcome = await bench.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal, outcome.sent_by) == (OutcomeKind.CANCELLED, 9, "penstock")


async def test_a_kill_overtakes_a_grace(bench: Bench) -> None:
    spec = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=3600)
    bench.executor.submit([spec])
    await eventually(lambda: b"ready" in bench.executor.read_log(spec.attempt_id, 0, 100), "readiness")
    bench.executor.stop(spec.attempt_id, "term", "please")
    bench.executor.stop(spec.attempt_id, "kill", "now")
    assert (await bench.end(spec.attempt_id)).kind is OutcomeKind.CANCELLED


async def test_a_stop_after_the_end_changes_nothing(bench: Bench) -> None:
    spec = shell("exit 3")
    before = await bench.run(spec)
    bench.executor.stop(spec.attempt_id, "kill", "too late")
    assert await bench.end(spec.attempt_id) == before


async def test_time_is_up(bench: Bench) -> None:
    outcome = await bench.run(shell("sleep 60", time_limit=0.1, grace=5))
    assert (outcome.kind, outcome.signal) == (OutcomeKind.TIMEOUT, signal.SIGTERM)
    assert outcome.reason == "ran longer than 0.1 s"


async def test_revoking_what_ran_changes_nothing(bench: Bench) -> None:
    spec = shell("exit 4")
    await bench.run(spec)
    seen = bench.executor.revoke(spec.attempt_id)
    assert isinstance(seen, Exited)
    assert seen.outcome.exit_code == 4


async def test_logs_are_read_by_offset_from_both_ends(bench: Bench) -> None:
    spec = shell("printf 0123456789; printf abc >&2")
    assert await bench.log(spec) == b"0123456789abc"
    read = bench.executor.read_log
    assert read(spec.attempt_id, 4, 3) == b"456"
    assert read(spec.attempt_id, -3, 100) == b"abc"
    assert read(spec.attempt_id, -100, 2) == b"01"
    assert read(spec.attempt_id, 100, 5) == b""


async def test_any_bytes_arrive_as_they_are(bench: Bench, tmp_path: Path) -> None:
    blob = bytes(range(256)) * 300
    (tmp_path / "blob").write_bytes(blob)
    spec = shell(f"cat {tmp_path / 'blob'}")
    outcome = await bench.run(spec)
    assert bench.executor.read_log(spec.attempt_id, 0, 1 << 20) == blob
    assert outcome.log_bytes == len(blob)


async def test_the_log_is_capped_and_what_is_dropped_is_counted(bench: Bench) -> None:
    spec = shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo last", log_max_bytes=10_000)
    outcome = await bench.run(spec)
    log = bench.executor.read_log(spec.attempt_id, 0, 1 << 20)
    assert log.startswith(b"x" * 7_500 + b"\n[penstock] 290006 bytes left out: ")
    assert log.endswith(b"x" * 2_000 + b"\nlast\n")
    assert outcome.ok
    assert outcome.log_dropped == 300_006 - 10_000


async def test_the_last_line_is_pushed(bench: Bench) -> None:
    outcome = await bench.run(shell("echo one; echo '  two  '", push_last_line=True))
    assert outcome.xcoms == {"return_value": "  two"}
    assert (await bench.run(shell("true", push_last_line=True))).xcoms == {"return_value": ""}
    assert (await bench.run(shell("echo a; echo", push_last_line=True))).xcoms == {"return_value": ""}
    assert (await bench.run(shell("echo no; exit 1", push_last_line=True))).xcoms is None
    assert (await bench.run(shell("echo no"))).xcoms is None


async def test_an_exit_code_may_mean_skip(bench: Bench) -> None:
    outcome = await bench.run(shell("exit 99", skip_on_exit_code=(99,)))
    assert outcome.kind is OutcomeKind.SKIPPED
    assert (await bench.run(shell("exit 98", skip_on_exit_code=(99,)))).kind is OutcomeKind.EXIT_CODE


async def test_the_environment_is_exactly_the_one_given(bench: Bench) -> None:
    spec = AttemptSpec(attempt_id=new_attempt_id(), argv=("/usr/bin/env",), env={"A": "1", "B": "x y"})
    lines = set((await bench.log(spec)).decode().splitlines())
    assert lines == {"A=1", "B=x y", f"PENSTOCK_ATTEMPT={spec.attempt_id}"}


async def test_the_working_directory_is_the_one_given(bench: Bench, tmp_path: Path) -> None:
    spec = shell("pwd", cwd=str(tmp_path))
    assert (await bench.log(spec)).decode().strip() == str(tmp_path)
    assert (await bench.log(shell("pwd"))).decode().strip() == "/"


@pytest.mark.parametrize(
    ("argv", "cwd", "code", "word"),
    [
        (("/nowhere/program",), None, 127, "no such file"),
        (("no-such-program-anywhere",), None, 127, "not found in PATH"),
        (("/etc/passwd",), None, 126, "Permission denied"),
        (("/etc",), None, 126, "Permission denied"),
        (("true",), "/nowhere", 126, "working directory /nowhere"),
        (("true", "x" * 200_000), None, 126, "E2BIG"),
        (("true", "nul\0"), None, 126, "null"),
        ((), None, 126, "no command"),
    ],
    ids=["missing", "not-in-path", "not-executable", "directory", "cwd", "too-big", "nul", "empty"],
)
async def test_what_cannot_be_started_fails_with_the_cause(
    bench: Bench, argv: tuple[str, ...], cwd: str | None, code: int, word: str
) -> None:
    spec = AttemptSpec(attempt_id=new_attempt_id(), argv=argv, env={"PATH": "/usr/bin:/bin"}, cwd=cwd)
    outcome = await bench.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, code)
    assert outcome.reason is not None
    assert word in outcome.reason
    assert word.encode() in bench.executor.read_log(spec.attempt_id, 0, 1 << 20)


async def test_scripts_that_are_no_programs(bench: Bench, tmp_path: Path) -> None:
    plain, broken = tmp_path / "plain", tmp_path / "broken"
    plain.write_text("echo no first line\n")
    broken.write_text("#!/nowhere/interpreter\n")
    for path in (plain, broken):
        path.chmod(0o755)
    first = await bench.run(AttemptSpec(attempt_id=new_attempt_id(), argv=(str(plain),)))
    second = await bench.run(AttemptSpec(attempt_id=new_attempt_id(), argv=(str(broken),)))
    assert (first.exit_code, second.exit_code) == (126, 127)
    assert "without a #! line" in str(first.reason)
    assert "interpreter" in str(second.reason)


async def test_a_spec_beyond_all_measure_fails_and_is_not_tried_for_ever(bench: Bench) -> None:
    spec = shell("true", env={"HUGE": "x" * (1 << 20)})
    outcome = await bench.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, 126)
    assert "too large" in str(outcome.reason)
    await eventually(lambda: spec.attempt_id in bench.hinted, "a hint")


async def test_forgetting_leaves_nothing(bench: Bench) -> None:
    spec = shell("echo x")
    await bench.run(spec)
    bench.executor.forget(spec.attempt_id)
    assert bench.observe(spec.attempt_id) == Absent()
    assert bench.executor.read_log(spec.attempt_id, 0, 10) == b""
    bench.executor.forget(spec.attempt_id)


async def test_a_verdict_says_more_than_an_exit_code(bench: Bench) -> None:
    def child(verdict: dict[str, object], code: int = 0) -> AttemptSpec:
        attempt_id = new_attempt_id()
        target = bench.folder(attempt_id) / "verdict"
        line = json.dumps({"v": 1, **verdict})
        return shell(f"printf '%s' '{line}' > '{target}'; exit {code}", attempt_id=attempt_id)

    skipped = await bench.run(child({"kind": "skipped", "reason": "nothing to do", "skips": ["a", "b"]}))
    assert (skipped.kind, skipped.reason, skipped.skips) == (
        OutcomeKind.SKIPPED,
        "nothing to do",
        ("a", "b"),
    )
    again = await bench.run(child({"kind": "rescheduled", "next_poke_at": 123.5}))
    assert (again.kind, again.next_poke_at) == (OutcomeKind.RESCHEDULED, 123.5)
    final = await bench.run(child({"kind": "fail_without_retry", "reason": "no use"}, 1))
    assert (final.kind, final.exit_code, final.fail_without_retry) == (OutcomeKind.EXIT_CODE, 1, True)
    lying = await bench.run(child({"kind": "success"}, 5))
    assert (lying.exit_code, lying.ok) == (5, False)


async def test_many_at_once_all_end(bench: Bench) -> None:
    specs = [shell(f"exit {number % 7}") for number in range(60)]
    bench.executor.submit(specs)
    for number, spec in enumerate(specs):
        assert (await bench.end(spec.attempt_id)).exit_code == number % 7
    await eventually(lambda: bench.executor.capacity()[0].used == 0, "all places free")


async def test_what_waits_can_be_told(bench: Bench) -> None:
    await bench.executor.close()  # nobody is there to claim
    spec = shell("true")
    bench.executor.submit([spec])
    assert bench.observe(spec.attempt_id) == Accepted()
    revoked = bench.executor.revoke(spec.attempt_id)
    assert isinstance(revoked, Exited)
    assert revoked.outcome.kind is OutcomeKind.REVOKED
    assert bench.observe(spec.attempt_id) == revoked
