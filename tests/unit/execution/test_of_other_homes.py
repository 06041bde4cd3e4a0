"""Whose an attempt is: of a home that was copied, of an engine that was killed while it made something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock import process
from penstock.attempts.protocol import dump
from penstock.execution.local import leftovers
from penstock.execution.local.executor import prepare_root
from penstock.execution.local.leftovers import answers_elsewhere

CLAIM = {"pid": 5, "start_ticks": 7, "boot_id": "this"}


@pytest.mark.parametrize(
    ("claim", "works_in", "elsewhere"),
    [
        (CLAIM, "other", True),
        (CLAIM, "ours", False),
        (CLAIM, "link", False),  # the same folder by another name
        (CLAIM, "gone", False),
        (CLAIM, None, False),
        ({**CLAIM, "pid": 6}, "other", False),  # that process has ended
        *(({**CLAIM, name: None}, "other", False) for name in CLAIM),
        *(({each: CLAIM[each] for each in CLAIM if each != name}, "other", False) for name in CLAIM),
    ],
)
def test_a_supervisor_that_works_for_another_home(
    claim: dict[str, object],
    works_in: str | None,
    elsewhere: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    place = None if works_in is None else str(tmp_path / works_in)
    monkeypatch.setattr(leftovers, "_root_of", lambda pid: place if pid in (5, 6) else None)
    monkeypatch.setattr(process, "is_alive", lambda *who: who == (5, 7, "this"))
    assert answers_elsewhere(claim, str(tmp_path / "ours")) == (place if elsewhere else None)


def test_only_what_nobody_works_on_is_cleared_at_the_start(tmp_path: Path) -> None:
    root = tmp_path / "attempts"
    claims = root / ".claims"
    claims.mkdir(parents=True)
    ours = {"pid": os.getpid(), "start_ticks": process.start_ticks(os.getpid()), "boot_id": process.boot_id()}
    kept = {"alive": dump({"v": 1, **ours})}
    gone = {
        "ended": dump({"v": 1, **ours, "start_ticks": 1}),
        "another boot": dump({"v": 1, **ours, "boot_id": "another"}),
        "not JSON": b"{",
        "nothing": b"",
    }
    for name, data in {**kept, **gone}.items():
        (claims / name).write_bytes(data)
    for name in (".0123456-1", ".0123456-full", "0123456", ".other"):
        (root / name).mkdir()
    (root / ".0123456-1" / "0").mkdir()
    (root / ".0123456-full" / "file").touch()
    prepare_root(root)
    assert [path.name for path in claims.iterdir()] == ["alive"]
    left = sorted(path.name for path in root.iterdir())
    assert left == [".0123456-full", ".claims", ".other", "0123456"]
    assert (tmp_path / "attempts").stat().st_mode & 0o777 == 0o755  # it was there before
    prepare_root(tmp_path / "new" / "attempts")
    assert (tmp_path / "new" / "attempts").stat().st_mode & 0o777 == 0o700
