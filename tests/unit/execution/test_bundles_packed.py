"""Bundles: the same code makes the same bytes, and only code that may travel is in them."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from penstock.errors import RefusedError
from penstock.execution.remote import bundles
from penstock.execution.remote.bundles import Bundles


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    (folder / "lib").mkdir(parents=True)
    (folder / "a.py").write_text("new = 1\n")
    (folder / "lib" / "tool.py").write_text("x = 1\n")
    (folder / "query.sql").write_text("select 1\n")
    return folder


def pinned(tmp_path: Path, text: str = "old = 1\n", name: str = "abc") -> Path:
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    return path


def contents(path: str) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        assert all((each.isreg(), each.mtime, each.uid, each.gid) == (True, 0, 0, 0) for each in tar)
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def test_the_pinned_version_lies_where_its_file_is(tmp_path: Path, dags: Path) -> None:
    kept = Bundles(tmp_path, dags)
    digest = kept.of("a.py", pinned(tmp_path))
    path = kept.path(digest)
    assert path is not None
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest
    assert contents(path) == {
        "a.py": b"old = 1\n",
        "lib/tool.py": b"x = 1\n",
        "query.sql": b"select 1\n",
    }


def test_two_executors_of_one_home_pack_at_the_same_time(
    tmp_path: Path, dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets all of its code: neither may write into the other's draft, or take it away."""
    one, other, found = Bundles(tmp_path, dags), Bundles(tmp_path, dags), []
    read = bundles._read

    def between(path: Path) -> bytes | None:
        monkeypatch.setattr(bundles, "_read", read)
        found.append(other.of("a.py", pinned(tmp_path, "other = 1\n", "abd")))
        return read(path)

    monkeypatch.setattr(bundles, "_read", between)
    found.append(one.of("a.py", pinned(tmp_path)))
    assert len(set(found)) == 2
    for digest in found:
        path = one.path(digest)
        assert path is not None
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest
        assert set(contents(path)) == {"a.py", "lib/tool.py", "query.sql"}
    assert not list((tmp_path / "bundles").glob("draft*"))


def test_the_same_code_has_the_same_name_and_other_code_another(tmp_path: Path, dags: Path) -> None:
    first = Bundles(tmp_path, dags).of("a.py", pinned(tmp_path))
    for path in dags.rglob("*.py"):
        os.utime(path, (1, 1))
    kept = Bundles(tmp_path, dags)
    assert kept.of("a.py", pinned(tmp_path)) == first
    assert kept.of("a.py", pinned(tmp_path, "other = 1\n", "abd")) != first
    (dags / "lib" / "tool.py").write_text("x = 2\n")
    assert kept.of("a.py", pinned(tmp_path)) != first


def test_what_is_hidden_compiled_or_no_file_stays(tmp_path: Path, dags: Path) -> None:
    for name in (".env", ".git/config", "__pycache__/a.pyc", "b.pyc"):
        (dags / name).parent.mkdir(exist_ok=True)
        (dags / name).write_text("secret")
    os.mkfifo(dags / "pipe")
    (dags / "nowhere").symlink_to(tmp_path / "missing")
    (dags / "round").symlink_to(dags)
    (dags / "linked.py").symlink_to(dags / "a.py")
    kept = Bundles(tmp_path, dags)
    found = contents(str(kept.path(kept.of("a.py", pinned(tmp_path)))))
    assert set(found) == {"a.py", "lib/tool.py", "query.sql", "linked.py"}


@pytest.mark.parametrize(("most_files", "most_bytes"), [(2, 1 << 20), (100, 10)])
def test_a_folder_that_is_too_large_is_refused_with_what_to_do(
    tmp_path: Path, dags: Path, monkeypatch: pytest.MonkeyPatch, most_files: int, most_bytes: int
) -> None:
    monkeypatch.setattr(bundles, "MOST_FILES", most_files)
    monkeypatch.setattr(bundles, "MOST_BYTES", most_bytes)
    with pytest.raises(RefusedError, match="keep data elsewhere"):
        Bundles(tmp_path, dags).of("a.py", pinned(tmp_path))


def test_one_that_nobody_wants_is_deleted_and_made_again(tmp_path: Path, dags: Path) -> None:
    kept = Bundles(tmp_path, dags)
    digest = kept.of("a.py", pinned(tmp_path))
    path = Path(str(kept.path(digest)))
    os.utime(path, (1, 1))
    (dags / "c.py").write_text("")
    later = Bundles(tmp_path, dags)
    later.of("a.py", pinned(tmp_path))
    assert not path.exists()
    assert later.path(digest) is None
    (dags / "c.py").unlink()
    assert later.of("a.py", pinned(tmp_path)) == digest
    assert path.exists()
