"""What is read of a folder of attempt directories, whatever lies in it."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from penstock.attempts import files
from penstock.errors import BadIdError
from penstock.execution.executor import LogPiece
from penstock.execution.local.archive import LocalArchive

FIRST, SECOND, THIRD = "0199aa000001-00000001", "0199aa000001-00000002", "0199ab000001-00000001"
TIMES = [(0, 10), (4, 20), (8, 30)]


@pytest.fixture
def archive(tmp_path: Path) -> LocalArchive:
    for number, attempt_id in enumerate((FIRST, SECOND, THIRD)):
        folder = files.attempt_path(tmp_path, attempt_id)
        folder.mkdir(parents=True)
        os.utime(folder, (1000.0 + number, 1000.0 + number))
    return LocalArchive(tmp_path)


def write(archive: LocalArchive, name: str, body: bytes | dict[str, Any]) -> Path:
    path = Path(archive.folder(FIRST)) / name
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return path


def test_directories_are_named_from_an_id_on_or_as_old_as_is_asked(
    archive: LocalArchive, tmp_path: Path
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "0199aa00").mkdir()
    (tmp_path / "0199aa0" / "not-an-id").mkdir()
    (tmp_path / "0199aa0" / "0199aa000001-00000003").write_text("a file")
    (tmp_path / "0199ac0").symlink_to(tmp_path / "0199aa0")
    assert sorted(archive.kept()) == [FIRST, SECOND, THIRD]
    assert sorted(archive.kept(since=SECOND)) == [SECOND, THIRD]
    assert sorted(archive.kept(since=THIRD)) == [THIRD]
    assert sorted(archive.kept(since="0199ab000001-00000002")) == []
    for moment, expected in (
        (1000.0, []),
        (1000.5, [FIRST]),
        (1001.0, [FIRST]),
        (9e9, [FIRST, SECOND, THIRD]),
    ):
        assert sorted(archive.kept(untouched_since=moment)) == expected
    assert sorted(archive.kept(among=[FIRST, THIRD, "0199aa000009-00000009"])) == [FIRST, THIRD]
    assert sorted(archive.kept(among=[FIRST, THIRD], untouched_since=1001.0)) == [FIRST]
    for name, moved in (("0199aa0", 2000.0), ("0199ab0", 3000.0)):
        os.utime(tmp_path / name, (moved, moved))
    assert sorted(archive.kept(moved_since=2000.0)) == [FIRST, SECOND, THIRD]
    assert sorted(archive.kept(moved_since=2000.5)) == [THIRD]
    assert list(LocalArchive(tmp_path / "nowhere").kept()) == []


def test_a_log_is_read_with_its_time_and_whether_it_may_grow(archive: LocalArchive) -> None:
    log = write(archive, files.LOG, b"one\ntwo\nthree\n")
    write(archive, files.LOG_INDEX, b"".join(struct.pack("<QQ", *each) for each in TIMES))
    piece = archive.read_log(FIRST, 4, 4)
    assert piece == LogPiece(b"two\n", 4, 14, 20, may_grow=True)
    end = archive.read_log(FIRST, 14, 4)
    assert (end.data, end.offset, end.written_us) == (b"", 14, None)
    write(archive, files.RESULT, {"v": 1})
    assert not archive.read_log(FIRST, 0, 4).may_grow
    assert archive.log_file(FIRST) == str(log)
    assert archive.log_times(FIRST, 4, 8) == TIMES[1:]
    assert archive.log_times(FIRST, 5, 7) == TIMES[1:2]
    extent = archive.log_extent(FIRST, grows=True, most=2, since=30)
    assert extent == (14, False, TIMES[1:])
    assert archive.log_extent(FIRST, grows=False, most=2).times == TIMES[::2]
    assert archive.line_starts(FIRST, [2, 4, 9]) == [4, 4, 14]
    assert archive.log_times(SECOND, 0, 9) == []


def test_the_environment_of_an_order(archive: LocalArchive) -> None:
    assert archive.order_of(FIRST) == {}
    for order, expected in (
        ({"v": 1, "env": {"A": 1, "B": "x"}}, {"A": "1", "B": "x"}),
        ({"v": 1, "env": ["A"]}, {}),
        ({"v": 1}, {}),
        ({"v": 2, "env": {"A": "1"}}, {}),
        (b"not JSON", {}),
    ):
        write(archive, files.SPEC, order)
        assert archive.order_of(FIRST) == expected


def test_what_a_task_rendered(archive: LocalArchive) -> None:
    assert archive.rendered(FIRST) == {}
    for record, expected in (
        ({"v": 1, "fields": {"sql": "SELECT 1"}}, {"sql": "SELECT 1"}),
        ({"v": 1}, {}),
        (b"not JSON", {}),
    ):
        write(archive, files.RENDERED, record)
        assert archive.rendered(FIRST) == expected


def test_what_a_task_pushed_of_any_size(archive: LocalArchive) -> None:
    assert archive.pushed(FIRST) == {}
    assert archive.pushed_file(FIRST) is None
    large = "x" * (2 * files.MAX_RECORD_BYTES)
    for record, expected in (
        ({"values": {"k": large}}, {"k": large}),
        ({"values": {"k": 1, "p": "x"}, "covered": {"p": "***"}}, {"k": 1, "p": "***"}),
        ({"covered": {}}, {}),
        ({"values": [1]}, {}),
        ([1], {}),
        (b"not JSON", {}),
    ):
        path = write(archive, files.XCOM, record)  # type: ignore[arg-type]
        assert archive.pushed(FIRST) == expected
        found = archive.pushed_file(FIRST)
        assert found is not None
        assert (found.size, found.path) == (path.stat().st_size, str(path))


def test_an_id_that_is_none_leads_nowhere(archive: LocalArchive) -> None:
    for wrong in ("", "..", "../0199aa000001-00000001", "0199aa0"):
        with pytest.raises(BadIdError):
            archive.folder(wrong)
