"""Code that arrives on a worker: checked, unpacked once, and never outside of its folder."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.execution.host.bundles import BadBundleError, Bundles


def packed(files: Mapping[str, bytes | tarfile.TarInfo]) -> tuple[str, bytes]:
    """Return a bundle and its name; a file may be given as any member of a tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content, io.BytesIO(b"x" * content.size))
            else:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    data = stream.getvalue()
    return hashlib.sha256(data).hexdigest(), data


def brought(bundles: Bundles, digest: str, data: bytes) -> Path:
    half = len(data) // 2
    bundles.add(digest, 0, data[:half])
    bundles.add(digest, half, data[half:])
    return bundles.finish(digest)


def test_it_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    bundles = Bundles(tmp_path / "bundles")
    tool = tarfile.TarInfo("bin/tool")
    tool.mode, tool.size = 0o755, 3
    digest, data = packed({"etl.py": b"print(1)", "lib/part.py": b"", "tool": tool})
    assert bundles.place(digest) is None
    place = brought(bundles, digest, data)
    assert bundles.place(digest) == place
    assert (place / "etl.py").read_bytes() == b"print(1)"
    assert (place / "lib/part.py").read_bytes() == b""
    assert os.access(place / "bin/tool", os.X_OK)
    assert not os.access(place / "etl.py", os.X_OK)
    assert [each.name for each in (tmp_path / "bundles").iterdir()] == [digest]
    assert brought(bundles, digest, data) == place, "a second time does no harm"


def test_what_is_not_what_was_ordered_is_refused(tmp_path: Path) -> None:
    bundles = Bundles(tmp_path)
    digest, data = packed({"a": b"1"})
    other, _ = packed({"a": b"2"})
    with pytest.raises(BadBundleError, match="not what was ordered"):
        brought(bundles, other, data)
    with pytest.raises(BadBundleError, match="not what was ordered"):
        brought(bundles, digest, data[:-1])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadBundleError, match="no bundle has arrived"):
        bundles.finish(digest)
    with pytest.raises(BadBundleError, match="is missing before byte 10"):
        bundles.add(digest, 10, b"x")


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = kind
    for key, value in fields.items():
        setattr(found, key, value)
    return found


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (member("../out.py"), "leaves its folder"),
        (member("a/../../out.py"), "leaves its folder"),
        (member("/etc/out.py"), "leaves its folder"),
        (member("link", tarfile.SYMTYPE, linkname="/etc/passwd"), "link or a device"),
        (member("link", tarfile.LNKTYPE, linkname="a"), "link or a device"),
        (member("null", tarfile.CHRTYPE), "link or a device"),
        (member("pipe", tarfile.FIFOTYPE), "link or a device"),
    ],
)
def test_what_a_bundle_must_not_hold(bad: tarfile.TarInfo, words: str, tmp_path: Path) -> None:
    bundles = Bundles(tmp_path / "bundles")
    digest, data = packed({"a.py": b"1", "bad": bad})
    with pytest.raises(BadBundleError, match=words):
        brought(bundles, digest, data)
    assert bundles.place(digest) is None
    assert list((tmp_path / "bundles").iterdir()) == []
    assert not (tmp_path / "out.py").exists()


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    data = b"not a tar at all" * 100
    with pytest.raises(BadBundleError, match="is not a tar file"):
        brought(Bundles(tmp_path), hashlib.sha256(data).hexdigest(), data)


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 64 + "/"])
def test_a_name_is_a_hash_and_nothing_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadBundleError, match="64 hex digits"):
        Bundles(tmp_path).place(name)
    with pytest.raises(BadBundleError, match="64 hex digits"):
        Bundles(tmp_path).add(name, 0, b"")


def test_old_ones_go_when_nothing_runs_from_them(tmp_path: Path) -> None:
    bundles = Bundles(tmp_path)
    first, second = packed({"a": b"1"}), packed({"a": b"2"})
    places = [brought(bundles, *each) for each in (first, second)]
    for place in places:
        os.utime(place, (1000, 1000))
    bundles.forget({first[0]}, before=2000.0)
    assert [place.exists() for place in places] == [True, False]
    assert bundles.place(first[0]) is not None
    bundles.forget((), before=time.time() - 60)
    assert places[0].exists(), "it was used a moment ago"
