"""When nothing is launched for want of room, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from penstock.scheduling.disk_room import storage_problem

MIB = 1 << 20
Disks = Callable[..., None]


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> Disks:
    """Say what the disks of ``/h`` and ``/h/attempts`` have: total and free bytes, and which is read-only."""

    def say(home: tuple[int, int], attempts: tuple[int, int] | None = None, *, read_only: str = "") -> None:
        def stat(folder: str) -> object:
            return SimpleNamespace(st_dev=2 if attempts and folder.endswith("attempts") else 1)

        def disk(folder: str) -> object:
            total, free = attempts if attempts and folder.endswith("attempts") else home
            flags = os.ST_RDONLY | 64 if folder == read_only else 64
            return SimpleNamespace(f_flag=flags, f_frsize=1, f_blocks=total, f_bavail=free)

        monkeypatch.setattr(os, "stat", stat)
        monkeypatch.setattr(os, "statvfs", disk)

    return say


@pytest.mark.parametrize(
    ("total", "free", "said"),
    [
        (100 << 30, 512 * MIB, None),
        (100 << 30, 512 * MIB - 1, "only 511 MiB are free on the disk of /h, less than 512 MiB"),
        (1000 * MIB, 20 * MIB, None),
        (1000 * MIB, 20 * MIB - 1, "only 19 MiB are free on the disk of /h, less than 20 MiB"),
        (100 * MIB, 4 * MIB, None),
        (100 * MIB, 4 * MIB - 1, "only 3 MiB are free on the disk of /h, less than 4 MiB"),
        (100 * MIB, MIB - 1, "only 1023 KiB are free on the disk of /h, less than 4 MiB"),
        (100 * MIB, 0, "only 0 MiB are free on the disk of /h, less than 4 MiB"),
    ],
)
def test_a_part_of_the_disk_stays_free(disks: Disks, total: int, free: int, said: str | None) -> None:
    disks((total, free))
    expected = said and f"{said}: nothing is launched, results are still kept"
    assert storage_problem("/h") == expected


@pytest.mark.parametrize(
    ("total", "free", "said"),
    [
        (100 << 30, 512 * MIB, None),
        (100 << 30, 512 * MIB - 1, "only 511 MiB are free on the disk of /h/attempts, less than 512 MiB"),
        (MIB, 64 << 10, None),
        (MIB, (64 << 10) - 1, "only 63 KiB are free on the disk of /h/attempts, less than 64 KiB"),
        (50 * MIB, MIB, None),
        (50 * MIB, MIB - 1, "only 1023 KiB are free on the disk of /h/attempts, less than 1 MiB"),
    ],
)
def test_a_disk_of_attempts_alone_may_be_small(disks: Disks, total: int, free: int, said: str | None) -> None:
    disks((100 << 30, 50 << 30), (total, free))
    expected = said and f"{said}: nothing is launched, results are still kept"
    assert storage_problem("/h") == expected


def test_the_home_is_named_first(disks: Disks) -> None:
    disks((100 << 30, 0), (100 << 30, 0))
    assert (storage_problem("/h") or "").startswith("only 0 MiB are free on the disk of /h,")


@pytest.mark.parametrize("folder", ["/h", "/h/attempts"])
def test_a_disk_that_takes_nothing(disks: Disks, folder: str) -> None:
    disks((100 << 30, 50 << 30), (100 << 30, 50 << 30), read_only=folder)
    assert storage_problem("/h") == f"the disk of {folder} is read-only: nothing is launched, results wait"


def test_a_disk_that_cannot_be_asked(tmp_path: object) -> None:
    home = f"{tmp_path}/nowhere"
    said = storage_problem(home)
    assert said == f"{home} cannot be checked (No such file or directory): nothing is launched"


def test_attempts_that_are_not_there_yet_are_no_problem(
    monkeypatch: pytest.MonkeyPatch, disks: Disks
) -> None:
    disks((100 << 30, 50 << 30), (100 << 30, 0))

    def gone(folder: str) -> object:
        if folder.endswith("attempts"):
            raise FileNotFoundError(folder)
        return SimpleNamespace(st_dev=1)

    monkeypatch.setattr(os, "stat", gone)
    assert storage_problem("/h") is None
