"""Which files of a DAGs folder are DAG files, and what runs are pinned to."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from penstock.loading import discover
from penstock.loading.discover import MAX_SOURCE_BYTES, Discovery, source_hash
from penstock.loading.keep import keep_source, kept_source
from penstock.loading.reading import read_source
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
    read = read_source

    def counted(path: Path, most: int = MAX_SOURCE_BYTES) -> bytes:
        if path.suffix == ".py":
            reads.append(path.name)
        return read(path, most)

    monkeypatch.setattr(discover, "read_source", counted)
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


def test_a_file_is_found_once_by_its_own_name(folder: Path, tmp_path: Path) -> None:
    put(folder, "team/real.py")
    put(folder, "z.py")
    (folder / "a.py").symlink_to(folder / "z.py")
    (folder / "all").symlink_to(folder / "team")
    (folder / "team" / "up").symlink_to("..")
    (folder / "y.py").hardlink_to(folder / "z.py")
    outside = put(tmp_path, "elsewhere/deep/b.py")
    (outside.parent / "back").symlink_to(folder)
    (folder / "link1").symlink_to(tmp_path / "elsewhere")
    (folder / "link2").symlink_to(tmp_path / "elsewhere" / "deep")
    found = Discovery().scan(folder)
    assert names(folder) == ["y.py", "team/real.py", "link1/deep/b.py"]
    assert found.problems == ()
    assert found.files == Discovery().scan(folder).files


def bad_names(folder: Path) -> dict[bytes, str]:
    """Put files with names that cannot be used into *folder*; return how each is shown."""
    shown = {"bad\udcff.py": "bad\\xff.py", "two\nlines.py": "two\\nlines.py", "bell\a.py": "bell\\x07.py"}
    shown["dir\udcfe/x.py"] = "dir\\xfe/x.py"
    for name in shown:
        put(folder, name)
    return {bytes(folder / name): text for name, text in shown.items()}


def test_a_name_that_cannot_be_shown_is_refused_by_a_clean_one(folder: Path) -> None:
    good = put(folder, "good é.py")
    shown = bad_names(folder)
    (folder / "plain\udcff").mkdir()  # nothing in it: nobody's business
    found = Discovery().scan(folder)
    assert list(found.files) == [good]
    assert {problem.file for problem in found.problems} == {f"{folder}/{name}" for name in shown.values()}
    assert all(problem.message.endswith("rename it") for problem in found.problems)
    assert all(problem.file.isprintable() for problem in found.problems)


def test_what_is_no_file_is_told_and_nothing_waits_for_it(folder: Path) -> None:
    good = put(folder, "folder.py/good.py")
    os.mkfifo(folder / "pipe.py")
    os.mkfifo(folder / ".penstockignore")
    (folder / "dangling.py").symlink_to(folder / "nothing.py")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    (folder / "null.py").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket.py"))
    found = Discovery().scan(folder)
    assert list(found.files) == [good]
    told = {Path(problem.file).name: problem.message for problem in found.problems}
    assert told == {
        "pipe.py": "is not a regular file",
        "socket.py": "is not a regular file",
        "null.py": "is not a regular file",
        "dangling.py": "is a link to something that does not exist",
        "loop.py": "cannot be read: Too many levels of symbolic links",
    }


def test_a_file_that_becomes_a_pipe_or_grows_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(OSError, match="is not a regular file"):
        read_source(folder / "pipe")
    with pytest.raises(OSError, match="is not a regular file"):
        read_source(Path("/dev/zero"))
    big = put(folder, "big.py", "x" * 11)
    with pytest.raises(OSError, match="has more than 10 bytes"):
        read_source(big, 10)


def test_a_folder_that_cannot_be_listed_is_told_and_hides_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, _ = put(folder, "a.py"), put(folder, "shut/b.py")
    listed = os.scandir

    def scandir(path: Path) -> object:
        if path.name == "shut":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = Discovery().scan(folder)
    assert list(found.files) == [good]
    assert found.unseen == {f"{folder}/shut"}
    (problem,) = found.problems
    assert problem.message == "this folder cannot be read: Permission denied"


def test_a_date_in_the_future_changes_nothing(folder: Path) -> None:
    path = put(folder, "a.py")
    os.utime(path, (2**33, 2**33))
    discovery = Discovery()
    before = discovery.scan(folder).files
    put(folder, "a.py", "x = 3\n")
    os.utime(path, (2**33, 2**33))
    assert discovery.scan(folder).files != before


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
