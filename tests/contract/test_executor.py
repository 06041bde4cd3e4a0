"""What every executor must do with attempts. `FACTORIES` in `conftest.py` names the executors."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from drive.attempts import Attempts, marked, shell
from drive.far import STAYS_HERE
from drive.waiting import eventually
from penstock.attempts.protocol import AttemptSpec, attempt_path
from penstock.execution.executor import (
    Absent,
    Accepted,
    Claimed,
    Exited,
    Worker,
)
from penstock.ids import new_attempt_id
from penstock.model.outcome import OutcomeKind


@pytest.mark.parametrize("code", [0, 1, 3, 99, 126, 137, 255])
async def test_exit_codes_are_exact(attempts: Attempts, code: int) -> None:
    outcome = await attempts.run(shell(f"exit {code}"))
    assert (outcome.kind, outcome.exit_code, outcome.signal) == (OutcomeKind.EXIT_CODE, code, None)
    assert outcome.ok == (code == 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_a_signal_is_told_from_its_exit_code(attempts: Attempts, number: signal.Signals) -> None:
    outcome = await attempts.run(shell(f"kill -{int(number)} $$"))
    assert (outcome.kind, outcome.signal, outcome.exit_code) == (OutcomeKind.SIGNAL, number, None)
    assert outcome.sent_by is None


async def test_an_attempt_that_was_never_submitted_is_absent(attempts: Attempts) -> None:
    unknown = new_attempt_id()
    assert attempts.observe(unknown) == Absent()
    assert attempts.executor.revoke(unknown) == Absent()
    assert attempts.printed(unknown) == b""
    attempts.executor.stop(unknown, "term", "there is nothing to stop")


async def test_submitting_again_does_not_run_again(attempts: Attempts, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}")
    attempts.executor.submit([spec])
    attempts.executor.submit([spec])
    assert (await attempts.end(spec.attempt_id)).ok
    attempts.executor.submit([spec])
    assert (await attempts.run(shell("true"))).ok
    assert ledger.read_text() == "ran\n"


async def test_a_running_attempt_is_claimed_with_its_pid(attempts: Attempts) -> None:
    spec = shell("sleep 60")
    attempts.executor.submit([spec])

    def shown() -> Claimed | None:
        seen = attempts.observe(spec.attempt_id)
        return seen if isinstance(seen, Claimed) and seen.pid in marked(spec.attempt_id) else None

    # Between the fork and the exec the process has the number already, and not yet the mark.
    seen = await eventually(shown, "the number of the process that has the mark")
    assert seen.at is not None
    attempts.executor.stop(spec.attempt_id, "kill", "enough")
    await attempts.end(spec.attempt_id)


async def test_workers_are_named_with_what_they_run(attempts: Attempts) -> None:
    spec = shell("sleep 60")
    attempts.executor.submit([spec])
    await eventually(lambda: isinstance(attempts.observe(spec.attempt_id), Claimed), "a claim")

    def busy_one() -> Worker | None:
        workers = attempts.executor.workers()
        found = next((each for each in workers if each.attempts), None)
        return found if sum(worker.attempts for worker in workers) == 1 else None

    busy = await eventually(busy_one, "one that is busy")
    assert (busy.attempts, busy.state) == (1, "working" if busy.name is None else "ready")
    assert busy.executor
    if busy.name is not None:
        assert (busy.slots, busy.runs) == (4, (spec.attempt_id,))
        assert busy.host
    assert busy.pid is None or busy.pid > 1
    attempts.executor.stop(spec.attempt_id, "kill", "enough")
    await attempts.end(spec.attempt_id)


async def test_start_and_end_frame_the_duration(attempts: Attempts) -> None:
    spec = shell("sleep 0.05")
    attempts.executor.submit([spec])
    seen = await attempts.until(spec.attempt_id, Exited)
    assert isinstance(seen, Exited)
    assert seen.start is not None
    assert seen.end is not None
    assert seen.start <= seen.end
    assert seen.outcome.duration is not None
    assert seen.outcome.duration >= 0.05


async def test_hints_name_attempts_that_ended(attempts: Attempts) -> None:
    specs = [shell("true") for _ in range(5)]
    attempts.executor.submit(specs)
    await eventually(lambda: attempts.hinted >= {spec.attempt_id for spec in specs}, "a hint for each")


async def test_a_stop_ends_the_attempt_as_cancelled(attempts: Attempts) -> None:
    spec = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    attempts.executor.submit([spec])
    await eventually(lambda: b"ready" in attempts.printed(spec.attempt_id), "readiness")
    attempts.executor.stop(spec.attempt_id, "term", "operator said so")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.exit_code, outcome.reason) == (OutcomeKind.CANCELLED, 7, "operator said so")
    assert b"bye" in attempts.printed(spec.attempt_id)


async def test_who_ignores_term_is_killed_after_the_grace(attempts: Attempts) -> None:
    spec = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=0.2)
    attempts.executor.submit([spec])
    await eventually(lambda: b"ready" in attempts.printed(spec.attempt_id), "readiness")
    attempts.executor.stop(spec.attempt_id, "term", "now")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal, outcome.sent_by) == (OutcomeKind.CANCELLED, 9, "penstock")


async def test_a_kill_overtakes_a_grace(attempts: Attempts) -> None:
    spec = shell("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=3600)
    attempts.executor.submit([spec])
    await eventually(lambda: b"ready" in attempts.printed(spec.attempt_id), "readiness")
    attempts.executor.stop(spec.attempt_id, "term", "please")
    attempts.executor.stop(spec.attempt_id, "kill", "now")
    assert (await attempts.end(spec.attempt_id)).kind is OutcomeKind.CANCELLED


async def test_a_stop_after_the_end_changes_nothing(attempts: Attempts) -> None:
    spec = shell("exit 3")
    before = await attempts.run(spec)
    attempts.executor.stop(spec.attempt_id, "kill", "too late")
    assert await attempts.end(spec.attempt_id) == before


async def test_time_is_up(attempts: Attempts) -> None:
    outcome = await attempts.run(shell("sleep 60", time_limit=0.1, grace=5))
    assert (outcome.kind, outcome.signal) == (OutcomeKind.TIMEOUT, signal.SIGTERM)
    assert outcome.reason == "ran longer than 0.1 s"


async def test_revoking_what_ran_changes_nothing(attempts: Attempts) -> None:
    spec = shell("exit 4")
    await attempts.run(spec)
    seen = attempts.executor.revoke(spec.attempt_id)
    assert isinstance(seen, Exited)
    assert seen.outcome.exit_code == 4


async def test_what_a_live_attempt_uses_is_sampled(attempts: Attempts, tmp_path: Path) -> None:
    """Its descendants count; who has ended, waits, or was never there is left out."""
    gate = tmp_path / "gate"
    code = "blob = b'x' * 40_000_000\nprint('full', flush=True)\nwhile True: pass"
    busy = shell(f'{sys.executable} -I -S -c "{code}" & while [ ! -e {gate} ]; do sleep 0.02; done; kill $!')
    brief, unknown = shell("true"), new_attempt_id()
    attempts.executor.submit([busy])
    await attempts.run(brief)
    await eventually(lambda: attempts.printed(busy.attempt_id), "its memory to fill")
    ids = [busy.attempt_id, brief.attempt_id, unknown]
    assert isinstance(attempts.observe(busy.attempt_id), Claimed)
    first = await attempts.executor.sample(ids)
    assert set(first) == {busy.attempt_id}
    assert first[busy.attempt_id].rss > 40_000_000
    assert first[busy.attempt_id].processes >= 2

    more = first
    async with asyncio.timeout(20):
        while more[busy.attempt_id].cpu_seconds <= first[busy.attempt_id].cpu_seconds:
            more = await attempts.executor.sample(ids)
    assert more[busy.attempt_id].cpu_percent > 0
    assert await attempts.executor.sample([]) == {}
    gate.touch()
    await attempts.end(busy.attempt_id)
    assert await attempts.executor.sample(ids) == {}


async def test_the_last_line_is_pushed(attempts: Attempts) -> None:
    outcome = await attempts.run(shell("echo one; echo '  two  '", push_last_line=True))
    assert outcome.xcoms == {"return_value": "  two"}
    assert (await attempts.run(shell("true", push_last_line=True))).xcoms == {"return_value": ""}
    assert (await attempts.run(shell("echo a; echo", push_last_line=True))).xcoms == {"return_value": ""}
    assert (await attempts.run(shell("echo no; exit 1", push_last_line=True))).xcoms is None
    assert (await attempts.run(shell("echo no"))).xcoms is None


async def test_an_exit_code_may_mean_skip(attempts: Attempts) -> None:
    outcome = await attempts.run(shell("exit 99", skip_on_exit_code=(99,)))
    assert outcome.kind is OutcomeKind.SKIPPED
    assert (await attempts.run(shell("exit 98", skip_on_exit_code=(99,)))).kind is OutcomeKind.EXIT_CODE


async def test_the_environment_is_exactly_the_one_given(attempts: Attempts) -> None:
    spec = AttemptSpec(attempt_id=new_attempt_id(), argv=("/usr/bin/env",), env={"A": "1", "B": "x y"})
    lines = set((await attempts.log(spec)).decode().splitlines())
    assert lines == {"A=1", "B=x y", f"PENSTOCK_ATTEMPT={spec.attempt_id}"}


async def test_the_working_directory_is_the_one_given(attempts: Attempts, tmp_path: Path) -> None:
    spec = shell("pwd", cwd=str(tmp_path))
    assert (await attempts.log(spec)).decode().strip() == str(tmp_path)
    assert (await attempts.log(shell("pwd"))).decode().strip() == "/"


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
    attempts: Attempts, argv: tuple[str, ...], cwd: str | None, code: int, word: str
) -> None:
    spec = AttemptSpec(attempt_id=new_attempt_id(), argv=argv, env={"PATH": "/usr/bin:/bin"}, cwd=cwd)
    outcome = await attempts.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, code)
    assert outcome.reason is not None
    assert word in outcome.reason
    assert word.encode() in attempts.printed(spec.attempt_id)


async def test_scripts_that_are_no_programs(attempts: Attempts, tmp_path: Path) -> None:
    plain, broken = tmp_path / "plain", tmp_path / "broken"
    plain.write_text("echo no first line\n")
    broken.write_text("#!/nowhere/interpreter\n")
    for path in (plain, broken):
        path.chmod(0o755)
    first = await attempts.run(AttemptSpec(attempt_id=new_attempt_id(), argv=(str(plain),)))
    second = await attempts.run(AttemptSpec(attempt_id=new_attempt_id(), argv=(str(broken),)))
    assert (first.exit_code, second.exit_code) == (126, 127)
    assert "without a #! line" in str(first.reason)
    assert "interpreter" in str(second.reason)


async def test_a_spec_beyond_all_measure_fails_and_is_not_tried_for_ever(attempts: Attempts) -> None:
    spec = shell("true", env={"HUGE": "x" * (1 << 20)})
    outcome = await attempts.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, 126)
    assert "too large" in str(outcome.reason)
    await eventually(lambda: spec.attempt_id in attempts.hinted, "a hint")


async def test_forgetting_leaves_nothing(attempts: Attempts) -> None:
    spec = shell("echo x")
    await attempts.run(spec)
    attempts.executor.forget(spec.attempt_id)
    assert attempts.observe(spec.attempt_id) == Absent()
    assert attempts.printed(spec.attempt_id) == b""
    attempts.executor.forget(spec.attempt_id)


async def test_a_verdict_says_more_than_an_exit_code(attempts: Attempts) -> None:
    def child(verdict: dict[str, object], code: int = 0) -> AttemptSpec:
        attempt_id = new_attempt_id()
        target = attempts.folder(attempt_id) / "verdict"
        line = json.dumps({"v": 1, **verdict})
        return shell(f"printf '%s' '{line}' > '{target}'; exit {code}", attempt_id=attempt_id)

    skipped = await attempts.run(child({"kind": "skipped", "reason": "nothing to do", "skips": ["a", "b"]}))
    assert (skipped.kind, skipped.reason, skipped.skips) == (
        OutcomeKind.SKIPPED,
        "nothing to do",
        ("a", "b"),
    )
    again = await attempts.run(child({"kind": "rescheduled", "next_poke_at": 123.5}))
    assert (again.kind, again.next_poke_at) == (OutcomeKind.RESCHEDULED, 123.5)
    said = {"kind": "deferred", "trigger": "FileTrigger", "resume_by": 9.5}
    later = await attempts.run(child(said))
    assert (later.kind, later.trigger, later.resume_by) == (OutcomeKind.DEFERRED, "FileTrigger", 9.5)
    for_ever = await attempts.run(child({**said, "resume_by": None}))
    assert (for_ever.kind, for_ever.resume_by) == (OutcomeKind.DEFERRED, None)
    final = await attempts.run(child({"kind": "fail_without_retry", "reason": "no use"}, 1))
    assert (final.kind, final.exit_code, final.fail_without_retry) == (OutcomeKind.EXIT_CODE, 1, True)
    lying = await attempts.run(child({"kind": "success"}, 5))
    assert (lying.exit_code, lying.ok) == (5, False)


async def test_a_deferral_waits_until_its_trigger_has_fired(attempts: Attempts) -> None:
    def defers() -> AttemptSpec:
        attempt_id = new_attempt_id()
        return shell(f"echo '{{}}' > '{attempts.folder(attempt_id) / 'deferral'}'", attempt_id=attempt_id)

    waits, fired, lost = defers(), defers(), shell("true")
    for spec in (waits, fired, lost):
        await attempts.run(spec)
    # Triggers run on the engine's machine, whichever ran the task.
    (attempt_path(attempts.settings.attempts, fired.attempt_id) / "fired").write_text("{}")
    ids = [spec.attempt_id for spec in (waits, fired, lost)]
    assert attempts.executor.fired(ids) == ids[1:], "one without a deferral cannot fire any more"
    assert attempts.executor.fired([]) == []
    assert attempts.executor.fired([new_attempt_id()]) != []


async def test_a_triggerer_is_told_what_to_run(attempts: Attempts) -> None:
    spec = shell("sleep 30", env=STAYS_HERE)
    attempts.executor.submit([spec])
    attempts.executor.run_triggers(spec.attempt_id, ["a", "b"])
    attempts.executor.run_triggers(spec.attempt_id, ["b"])
    wanted = attempt_path(attempts.settings.attempts, spec.attempt_id) / "wanted"
    assert json.loads(wanted.read_bytes()) == {"v": 1, "ids": ["b"]}
    attempts.executor.stop(spec.attempt_id, "kill", "the test is over")
    await attempts.end(spec.attempt_id)
    with pytest.raises(OSError, match="No such file"):
        attempts.executor.run_triggers(new_attempt_id(), [])


async def test_many_at_once_all_end(attempts: Attempts) -> None:
    specs = [shell(f"exit {number % 7}") for number in range(60)]
    attempts.executor.submit(specs)
    for number, spec in enumerate(specs):
        assert (await attempts.end(spec.attempt_id)).exit_code == number % 7


async def test_what_waits_can_be_told(attempts: Attempts) -> None:
    await attempts.executor.close()  # nobody is there to claim
    spec = shell("true")
    attempts.executor.submit([spec])
    assert attempts.observe(spec.attempt_id) == Accepted()
    revoked = attempts.executor.revoke(spec.attempt_id)
    assert isinstance(revoked, Exited)
    assert revoked.outcome.kind is OutcomeKind.REVOKED
    assert attempts.observe(spec.attempt_id) == revoked
