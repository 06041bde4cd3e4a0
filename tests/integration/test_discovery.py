"""Which files of a DAGs folder are DAG files, and what runs are pinned to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.loading.discover import MAX_SOURCE_BYTES, Discovery, source_hash
from penstock.loading.keep import keep_source, kept_source
from penstock.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, text: str = "x = 1\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o644)
    return path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in Discovery().scan(folder).files]


def test_python_files_at_any_depth_except_hidden_and_underscored_ones(folder: Path) -> None:
    for name in ("b.py", "a.py", "team/deep/c.py", "_lib.py", ".x.py", "notes.txt", "__pycache__/a.py"):
        put(folder, name)
    put(folder, "_shared/d.py")
    put(folder, ".git/e.py")
    assert names(folder) == ["a.py", "b.py", "team/deep/c.py"]


def test_hashes_are_of_the_content(folder: Path) -> None:
    path = put(folder, "a.py", "x = 1\n")
    assert Discovery().scan(folder).files == {path: source_hash(b"x = 1\n")}


def test_a_change_is_seen_and_an_unchanged_file_is_not_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, same = put(folder, "a.py"), put(folder, "b.py")
    discovery = Discovery()
    before = discovery.scan(folder).files
    reads: list[str] = []
    read = Path.read_bytes

    def counted(path: Path) -> bytes:
        reads.append(path.name)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    put(folder, "a.py", "x = 22\n")
    after = discovery.scan(folder).files
    assert reads == ["a.py"]
    assert after[changed] != before[changed]
    assert after[same] == before[same]
    changed.unlink()
    assert list(discovery.scan(folder).files) == [same]


def test_ignore_files_speak_of_names_and_of_paths_below_them(folder: Path) -> None:
    for name in ("a.py", "draft_a.py", "old/b.py", "team/old/c.py", "team/d.py", "team/e.py", "lib/f/g.py"):
        put(folder, name)
    put(folder, ".penstockignore", "# not yet\ndraft_*\nold/\n\n/lib/f\n")
    put(folder, "team/.penstockignore", "e.py\n")
    put(folder, "e.py")
    assert names(folder) == ["a.py", "e.py", "team/d.py"]


def test_a_file_that_everybody_can_change_is_refused(folder: Path) -> None:
    path = put(folder, "open.py")
    path.chmod(0o666)
    good = put(folder, "good.py")
    found = Discovery().scan(folder)
    assert list(found.files) == [good]
    (problem,) = found.problems
    assert problem.file == str(path)
    assert f"chmod go-w {path}" in problem.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_strangers_file_is_refused(folder: Path) -> None:
    path = put(folder, "theirs.py")
    os.chown(path, 4242, -1)
    (problem,) = Discovery().scan(folder).problems
    assert "belongs to user 4242" in problem.message
    os.chown(folder, 4242, -1)  # who owns the folder could swap the files anyway
    assert list(Discovery().scan(folder).files) == [path]


def test_what_is_not_a_file_or_too_large_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    with (folder / "huge.py").open("wb") as stream:
        stream.truncate(MAX_SOURCE_BYTES + 1)
    found = Discovery().scan(folder)
    assert found.files == {}
    assert [problem.message.split()[0] for problem in found.problems] == ["has", "is"]


def test_links_are_followed_but_not_in_circles(folder: Path, tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/a.py")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    (folder / "broken.py").symlink_to(folder / "nothing.py")
    assert names(folder) == ["linked/a.py"]


def test_a_missing_folder_has_no_files(tmp_path: Path) -> None:
    found = Discovery().scan(tmp_path / "none")
    assert (found.files, found.problems) == ({}, ())


def test_a_version_is_kept_once_and_privately(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, dags_folder=tmp_path / "dags")
    digest = keep_source(settings, b"x = 1\n")
    path = kept_source(settings, digest)
    assert path == tmp_path / "versions" / f"{source_hash(b'x = 1' + bytes([10]))}.py"
    assert path.read_bytes() == b"x = 1\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    before = path.stat().st_ino
    assert keep_source(settings, b"x = 1\n") == digest
    assert path.stat().st_ino == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
