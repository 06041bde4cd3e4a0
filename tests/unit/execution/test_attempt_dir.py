"""Each row of the table in the protocol, and the races that an order of steps keeps out."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from penstock import process
from penstock.attempts import files
from penstock.attempts.protocol import dump
from penstock.execution.executor import Exited, Lost
from penstock.execution.local import directory
from penstock.execution.local.directory import Stage, probe, revoke
from penstock.execution.local.executor import LocalExecutor, prepare_root
from penstock.model.outcome import OutcomeKind
from penstock.settings import Settings
from penstock.supervisor import directory as supervisor_directory
from penstock.supervisor.directory import AttemptFiles

ID = "0123456789ab-01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory.create(tmp_path, ID, b'{"v":1}\n')
    return tmp_path / ID[:7] / ID


@pytest.fixture
def claim(tmp_path: Path) -> str:
    path = tmp_path / "complete"
    fields = {"kind": "claimed", "pid": 4_000_000, "start_ticks": 1, "boot_id": process.boot_id()}
    path.write_bytes(dump(fields))
    return str(path)


def test_creating_is_private_whole_and_repeatable(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["spec"]
    directory.create(folder.parent.parent, ID, b"another")
    assert (folder / "spec").read_bytes() == b'{"v":1}\n'


def test_a_directory_without_a_spec_gets_one(tmp_path: Path) -> None:
    folder = tmp_path / ID[:7] / ID
    folder.mkdir(parents=True)
    directory.create(tmp_path, ID, b"spec")
    assert (folder / "spec").read_bytes() == b"spec"


def test_absent_and_accepted(folder: Path, tmp_path: Path) -> None:
    assert probe(tmp_path / "nowhere").stage is Stage.ABSENT
    assert probe(folder).stage is Stage.ACCEPTED


def test_the_life_of_an_attempt(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    assert probe(folder).stage is Stage.CLAIMED
    files.reserve_result()
    files.mark_started()
    files.publish({"kind": "exit_code", "exit_code": 3}, durable=True)
    facts = probe(folder)
    assert (facts.stage, facts.result["exit_code"]) == (Stage.ENDED, 3)
    assert not directory.is_locked(str(folder))


def test_a_result_that_finds_no_room_can_be_told_shorter(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.reserve_result()
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, offset: real(handle, data[:4096], offset))
    with pytest.raises(OSError, match="No space"):
        files.publish({"last_line": "x" * 10_000}, durable=False)
    assert probe(folder).stage is Stage.CLAIMED
    files.publish({"last_line": None}, durable=False)
    assert probe(folder).result == {"last_line": None}


def test_a_claim_without_phase_never_started(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.close()
    assert probe(folder).stage is Stage.UNSTARTED


def test_a_claim_with_phase_is_lost(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.mark_started()
    files.close()
    assert probe(folder).stage is Stage.LOST


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"v":2}', b"\0" * 100, b" " * (2 << 20)])
def test_a_damaged_result_is_lost_and_says_so(folder: Path, garbage: bytes) -> None:
    (folder / "result").write_bytes(garbage)
    facts = probe(folder)
    assert facts.stage is Stage.LOST
    assert "its result cannot be read" in str(facts.reason)


def test_a_damaged_claim_never_runs_again(folder: Path, claim: str) -> None:
    (folder / "claim").write_bytes(b"")
    assert probe(folder).stage is Stage.UNSTARTED
    assert revoke(folder) is False
    with pytest.raises(FileExistsError):
        AttemptFiles(str(folder)).take(claim)


def test_a_damaged_child_record_is_no_child(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.read_order()
    files.reserve_result()
    assert probe(folder).child == {}
    files.record_child(b'{"v":1,"pid":12}')
    assert probe(folder).child == {"pid": 12}
    files.record_child(b'{"v":1,"pi')
    assert probe(folder).child == {}
    files.close()


def test_a_revoked_launch_is_never_claimed(folder: Path, claim: str) -> None:
    assert revoke(folder) is True
    with pytest.raises(FileExistsError):
        AttemptFiles(str(folder)).take(claim)
    assert not directory.is_locked(str(folder))
    assert probe(folder).stage is Stage.REVOKED
    assert sorted(path.name for path in folder.iterdir()) == ["claim", "spec"]


def test_a_prober_does_not_take_another_for_the_supervisor(folder: Path) -> None:
    other = os.open(folder / "spec", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_SH)
    assert not directory.is_locked(str(folder))
    os.close(other)


def test_a_probed_lock_makes_the_supervisor_wait_and_claim_nothing(folder: Path, claim: str) -> None:
    prober = os.open(folder / "spec", os.O_RDONLY)
    fcntl.flock(prober, fcntl.LOCK_SH)
    files = AttemptFiles(str(folder))
    with pytest.raises(BlockingIOError):
        files.take(claim)
    assert not (folder / "claim").exists()
    os.close(prober)
    files.take(claim)
    files.close()


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let *act* happen just before the lock is probed."""
    real = directory.is_locked

    def probed(place: str) -> bool:
        act()
        return real(place)

    monkeypatch.setattr(directory, "is_locked", probed)


def test_an_end_between_claim_and_lock_is_not_lost(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.mark_started()
    files.reserve_result()
    between(monkeypatch, lambda: files.publish({"kind": "exit_code", "exit_code": 0}, durable=False))
    assert probe(folder).stage is Stage.ENDED


def test_a_claim_after_the_look_for_one_is_not_lost(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = AttemptFiles(str(folder))
    real = files.read

    def read(path: str) -> dict[str, object]:
        try:
            return real(path)
        finally:
            if path.endswith("/claim"):
                monkeypatch.setattr(files, "read", real)
                attempt.take(claim)

    monkeypatch.setattr(files, "read", read)
    assert probe(folder).stage is Stage.ACCEPTED
    assert probe(folder).stage is Stage.CLAIMED
    attempt.close()


def take(files: AttemptFiles, claim: str, barrier: threading.Barrier, won: list[bool]) -> None:
    barrier.wait()
    try:
        files.take(claim)
    except FileExistsError:
        won.append(False)
    else:
        won.append(True)


def test_revoke_and_claim_never_both_win(tmp_path: Path, claim: str) -> None:
    for number in range(100):
        attempt_id = f"{number:012x}-01234567"
        directory.create(tmp_path, attempt_id, b"spec")
        folder = tmp_path / attempt_id[:7] / attempt_id
        files = AttemptFiles(str(folder))
        barrier = threading.Barrier(2)
        won: list[bool] = []

        rival = threading.Thread(target=take, args=(files, claim, barrier, won))
        rival.start()
        barrier.wait()
        revoked = revoke(folder)
        rival.join()
        assert won == [not revoked]
        assert probe(folder).stage is (Stage.REVOKED if revoked else Stage.CLAIMED)
        files.close()


@pytest.mark.parametrize("moment", ["before_claim_link", "after_claim_link"])
def test_a_revoke_in_the_middle_of_a_claim(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whoever links first wins, and the other hears of it: before the link the revoke, after it the claim."""
    revoked: list[bool] = []
    monkeypatch.setattr(
        supervisor_directory,
        "reach",
        lambda point: revoked.append(revoke(folder)) if point == moment else None,
    )
    files = AttemptFiles(str(folder))
    if moment == "before_claim_link":
        with pytest.raises(FileExistsError):
            files.take(claim)
    else:
        files.take(claim)
    assert revoked == [moment == "before_claim_link"]
    assert probe(folder).stage is (Stage.REVOKED if revoked[0] else Stage.CLAIMED)
    files.close()


def test_a_result_that_comes_between_two_looks_is_seen(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlocked and without a result would be lost: the supervisor may just have written it and let go."""
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.read_order()
    files.mark_started()
    looked = directory.is_locked

    def ends_first(place: str) -> bool:
        files.publish({"kind": "exit_code", "exit_code": 3}, durable=False)
        return looked(place)

    monkeypatch.setattr(directory, "is_locked", ends_first)
    facts = probe(folder)
    assert (facts.stage, facts.result and facts.result["exit_code"]) == (Stage.ENDED, 3)


@pytest.mark.parametrize("before", ["refused", "revoked"])
def test_no_order_is_written_where_the_attempt_is_settled(tmp_path: Path, before: str) -> None:
    """A launch that is asked for again finds who refused or revoked it, and writes nothing."""
    if before == "refused":
        directory.refuse(tmp_path, ID, "no such command")
    else:
        (tmp_path / ID[:7] / ID).mkdir(parents=True)
        assert revoke(tmp_path / ID[:7] / ID) is True
    folder = tmp_path / ID[:7] / ID
    left = {path.name: path.read_bytes() for path in folder.iterdir()}
    directory.create(tmp_path, ID, b"spec")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == left
    assert "spec" not in left


def test_directories_are_the_users_alone(tmp_path: Path) -> None:
    os.umask(0)
    try:
        directory.create(tmp_path, ID, b"spec")
        directory.refuse(tmp_path, f"{ID[:-1]}f", "no such command")
    finally:
        os.umask(0o022)
    folders = [tmp_path / ID[:7], *(tmp_path / ID[:7]).iterdir()]
    assert len(folders) == 3
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_the_port_names_what_it_finds(tmp_path: Path) -> None:
    executor = LocalExecutor(Settings(home=tmp_path, dags_folder=tmp_path))
    root = tmp_path / "attempts"
    directory.create(root, ID, b"spec")
    folder = root / ID[:7] / ID
    (folder / "result").write_bytes(dump({"kind": "no such kind"}))
    assert isinstance(executor.observe([ID])[ID], Lost)
    (folder / "result").unlink()
    seen = executor.revoke(ID)
    assert isinstance(seen, Exited)
    assert seen.outcome.kind is OutcomeKind.REVOKED


def test_a_full_disk_still_takes_the_result(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.read_order()
    files.reserve_result()
    room = (folder / "spec").stat().st_size
    files.publish({"kind": "exit_code", "exit_code": 0}, durable=False)
    assert (folder / "result").stat().st_size == room


def test_a_durable_result_is_on_the_disk_with_its_name(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[str] = []

    def force(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        forced.append(f"{kind}, {'result' if (folder / 'result').exists() else 'no result'}")

    monkeypatch.setattr(supervisor_directory, "_sync", force)
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.read_order()
    files.publish({"kind": "exit_code", "exit_code": 0}, durable=True)
    assert forced == ["file, no result", "folder, result"]


@pytest.mark.parametrize("order", [b"", b"not an order", b"not an order\n", b'{"v":1}'])
def test_an_order_without_sense_still_gets_its_result(tmp_path: Path, claim: str, order: bytes) -> None:
    directory.create(tmp_path, ID, order)
    files = AttemptFiles(str(tmp_path / ID[:7] / ID))
    files.take(claim)
    with suppress(ValueError):
        files.read_order()
    files.publish({"kind": "exit_code", "exit_code": 126}, durable=True)
    facts = probe(files.folder)
    assert (facts.stage, facts.result["exit_code"]) == (Stage.ENDED, 126)


def test_a_result_that_is_there_is_not_written_again(
    folder: Path, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", sync)
    files = AttemptFiles(str(folder))
    files.take(claim)
    files.read_order()
    files.publish({"kind": "exit_code", "exit_code": 0}, durable=True)
    assert probe(folder).stage is Stage.ENDED
    assert not directory.is_locked(str(folder))


def test_whose_process_it_is_as_older_supervisors_wrote_it(folder: Path, claim: str) -> None:
    files = AttemptFiles(str(folder))
    files.take(claim)
    (folder / "result.tmp").write_bytes(b'{"v":1,"pid":12}')
    assert probe(folder).child == {"pid": 12}
    files.close()


def test_a_shard_that_was_never_finished_is_removed(tmp_path: Path) -> None:
    root = tmp_path / "attempts"
    directory.create(root, ID, b"spec")
    (root / ".0123456-01234567").mkdir()
    prepare_root(root)
    assert [path.name for path in root.iterdir()] == [ID[:7]]


def test_a_result_in_a_file_of_its_own_is_read_too(folder: Path) -> None:
    (folder / "result").write_bytes(dump({"kind": "exit_code", "exit_code": 3}) + b"   \n")
    assert probe(folder).result == {"kind": "exit_code", "exit_code": 3}


def test_many_make_the_same_shard(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)

    def make(number: int) -> None:
        barrier.wait()
        directory.create(tmp_path, f"{ID[:-1]}{number}", b"spec")

    makers = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [path.name for path in tmp_path.iterdir()] == [ID[:7]]
    assert sum(1 for _ in tmp_path.glob("*/*/spec")) == 8


def test_a_spec_that_does_not_fit_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", _no_room)
    with pytest.raises(OSError, match="No space"):
        directory.create(tmp_path, ID, b"spec")
    monkeypatch.undo()
    assert probe(tmp_path / ID[:7] / ID).stage is Stage.ACCEPTED
    directory.create(tmp_path, ID, b"spec")
    assert (tmp_path / ID[:7] / ID / "spec").read_bytes() == b"spec"


def _no_room(handle: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("inside", ["nothing", "a folder"])
def test_a_directory_goes_with_all_in_it_and_its_shard_with_the_last_one(tmp_path: Path, inside: str) -> None:
    shard = tmp_path / "0123456"
    first, second = shard / "0123456a", shard / "0123456b"
    for folder in (first, second):
        folder.mkdir(parents=True)
        (folder / files.SPEC).write_bytes(b"{}")
    if inside == "a folder":
        (first / "work").mkdir()
        (first / "work" / "file").touch()
    directory.remove(str(first))
    directory.remove(str(first))
    assert list(shard.iterdir()) == [second]
    directory.remove(str(second))
    assert not shard.exists()
