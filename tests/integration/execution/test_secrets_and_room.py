"""Secrets are resolved at the last moment and written nowhere; a machine without room costs no try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, shell
from drive.waiting import eventually
from penstock.execution.local import supervisors
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import OutcomeKind

CANARY = "canary-3f9c0d17"


@pytest.fixture
async def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Attempts]:
    monkeypatch.setenv("TEST_SECRET_SOURCE", CANARY)
    settings = make_settings(tmp_path / "home")
    found = Attempts(LocalExecutor(settings), settings)
    await found.start()
    yield found
    await found.executor.close()


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def used(attempts: Attempts, reference: str, tmp_path: Path) -> bytes:
    """Run a command that prints its secret and keeps a copy outside; return its log."""
    copy = tmp_path / "copy"
    spec = shell(f'echo "have $TOKEN"; printf %s "$TOKEN" > {copy}', secrets={"TOKEN": reference})
    log = await attempts.log(spec)
    assert copy.read_text() == CANARY
    assert CANARY.encode() not in everything_written(attempts.settings.home)
    return log


async def test_from_the_environment(attempts: Attempts, tmp_path: Path) -> None:
    assert await used(attempts, "env:TEST_SECRET_SOURCE", tmp_path) == b"have ***\n"


async def test_from_a_file_without_its_line_end(attempts: Attempts, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(CANARY + "\n")
    assert await used(attempts, f"file:{tmp_path / 'secret'}", tmp_path) == b"have ***\n"


async def test_from_a_command(attempts: Attempts, tmp_path: Path) -> None:
    assert (
        await used(attempts, f"cmd:echo {CANARY.replace('-', '$(printf -)', 1)}", tmp_path) == b"have ***\n"
    )


async def test_what_the_command_complains_of_is_masked_too(attempts: Attempts) -> None:
    spec = shell("echo done", secrets={"TOKEN": f"cmd:echo the token is {CANARY} >&2; echo {CANARY}"})
    assert await attempts.log(spec) == b"the token is ***\ndone\n"
    failing = shell("echo done", secrets={"TOKEN": "cmd:echo no such vault >&2; exit 3"})
    assert (await attempts.log(failing)).startswith(b"no such vault\n")


async def test_several_are_resolved_in_turn(attempts: Attempts, tmp_path: Path) -> None:
    sources = {"A": "cmd:echo first-value", "B": "env:TEST_SECRET_SOURCE", "C": "cmd:echo third-value"}
    spec = shell('echo "$A $B $C"; exit 3', secrets=sources)
    assert await attempts.log(spec) == b"*** *** ***\n"
    assert (await attempts.end(spec.attempt_id)).exit_code == 3


async def test_a_slow_secret_holds_nobody_else_up(attempts: Attempts) -> None:
    slow = shell("true", secrets={"TOKEN": "cmd:sleep 600"})
    attempts.executor.submit([slow])
    await eventually((attempts.folder(slow.attempt_id) / "claim").exists, "the slow one's turn")
    assert (await attempts.run(shell("exit 4"))).exit_code == 4
    assert not (attempts.folder(slow.attempt_id) / "phase").exists()
    attempts.executor.stop(slow.attempt_id, "term", "too slow")
    outcome = await attempts.end(slow.attempt_id)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "too slow")


@pytest.mark.parametrize(
    ("reference", "word"),
    [
        ("env:NO_SUCH_VARIABLE_HERE", "no such environment variable"),
        ("file:/nowhere/secret", "No such file"),
        ("file:/", "Is a directory"),
        ("cmd:echo sorry >&2; exit 3", "ended with exit code 3"),
        ("vault:thing", "env:NAME, file:PATH or cmd:COMMAND"),
    ],
)
async def test_a_secret_that_cannot_be_had_fails_the_attempt(
    attempts: Attempts, reference: str, word: str
) -> None:
    spec = shell("echo started", secrets={"TOKEN": reference})
    outcome = await attempts.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, 126)
    assert word in str(outcome.reason)
    assert "secret TOKEN" in str(outcome.reason)
    assert b"started" not in attempts.printed(spec.attempt_id)


async def test_masks_hide_values_over_many_writes(attempts: Attempts) -> None:
    spec = shell("for c in c a n a r y x; do printf $c; sleep 0.01; done", masks=("canaryx",))
    assert await attempts.log(spec) == b"***"


async def test_a_machine_without_room_gives_the_launch_back(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        supervisors,
        "_CODE",
        # So few files may be open that the attempt's own fit, and the command's pipe does not.
        "import resource,sys;sys.path.append(sys.argv.pop(1));"
        "from penstock.supervisor import main,start;start.BUSY_SECONDS=0.5;"
        "import penstock.process;penstock.process.adopt_orphans=lambda:None;"
        "resource.setrlimit(resource.RLIMIT_NOFILE,(8,8));main.main()",
    )
    settings = make_settings(attempts.settings.home.parent / "narrow")
    narrow = Attempts(LocalExecutor(settings), settings)
    await narrow.start()
    spec = shell("true")
    outcome = await narrow.run(spec)
    assert outcome.kind is OutcomeKind.REVOKED
    assert "Too many open files" in str(outcome.reason)
    await narrow.executor.close()
