"""Brings provider packages into this Python with pip: the packages alone, and the libraries they ask for.

Airflow itself is never installed. Packages are fetched first, so that nothing is installed if one of them, or
one that it asks for, cannot be had.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.airflow.packages import PREFIX, Needs, needs, short_name, tried
from penstock.errors import UsageError


@dataclass(frozen=True, slots=True)
class Fetched:
    """A package that was fetched; ``tried`` is the version that was tried, None if there is none."""

    needs: Needs
    wheel: Path
    tried: str | None


def fetch(words: Sequence[str], folder: Path, source: Path | None, run: Pip) -> list[Fetched]:
    """Fetch the packages *words*, and those that they ask for, into *folder*; return them.

    Of each the version that is named, else the one that was tried, else the newest. With *source* they come
    from that folder of wheels. Raises `UsageError`, with what pip says, if one cannot be had.
    """
    known = tried()
    waiting = [short_name(word) for word in words]
    found: dict[str, Fetched] = {}
    while waiting:
        name, version = waiting.pop(0)
        if name in found:
            continue
        usual = known[name].version if name in known else None
        wheel = _wheel(name, version or usual, folder, source, run)
        said = needs(_metadata(wheel))
        found[name] = Fetched(said, wheel, usual)
        waiting += [(other, None) for other in said.providers]
    return list(found.values())


def install(packages: Sequence[Fetched], source: Path | None, target: Path | None, run: Pip) -> None:
    """Install the libraries of *packages*, then the packages themselves without what they ask for.

    With *target* into that folder. Raises `UsageError` with what pip says.
    """
    into = ["--target", str(target), "--upgrade"] if target is not None else []
    libraries = sorted({each for one in packages for each in one.needs.libraries})
    if libraries:
        run(["install", *_from(source), *into, *libraries])
    run(["install", "--no-deps", *into, *(str(one.wheel) for one in packages)])


class Pip:
    """Runs pip of this Python. *say* gets its lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __call__(self, words: Sequence[str]) -> None:
        """Run pip with *words*; raise `UsageError` with its last lines if it fails."""
        line = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
        with subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as work:
            assert work.stdout is not None
            lines = []
            for text in work.stdout:
                lines.append(text.rstrip())
                self._say(lines[-1])
        if work.returncode:
            if any("No module named pip" in text for text in lines):
                raise UsageError(f"{sys.executable} has no pip: install it first (python -m ensurepip)")
            errors = [text for text in lines if text.startswith("ERROR")] or lines[-3:]
            raise UsageError(f"pip {words[0]} failed: {'; '.join(errors)[:500]}")


def _wheel(name: str, version: str | None, folder: Path, source: Path | None, run: Pip) -> Path:
    into = folder / name
    wanted = f"{PREFIX}{name}" + (f"=={version}" if version else "")
    run(["download", "--no-deps", "--only-binary", ":all:", *_from(source), "-d", str(into), wanted])
    (wheel,) = into.glob("*.whl")
    return wheel


def _from(source: Path | None) -> list[str]:
    return [] if source is None else ["--no-index", "--find-links", str(source)]


def _metadata(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return archive.read(name).decode("utf-8", errors="replace")


def temporary() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for what is fetched."""
    return tempfile.TemporaryDirectory(prefix="penstock-providers-")
