"""The house as files: what the architecture tests look at."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "penstock"
TUI = ROOT / "tui" / "penstock_tui"
DOCS = ROOT / "docs"


def sources(*roots: Path) -> list[Path]:
    """Return the Python files below *roots* (default: both packages), sorted."""
    found = [file for root in roots or (CORE, TUI) for file in root.rglob("*.py")]
    return sorted(file for file in found if not any(part.startswith((".", "__py")) for part in file.parts))


def name(file: Path) -> str:
    """Return *file* from the root of the project, for messages."""
    return file.relative_to(ROOT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    """Return the syntax of *file*."""
    return ast.parse(file.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    """Return every page of Markdown that belongs to the project."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each fenced block of *page* in one of *languages*."""
    inside: list[str] | None = None
    wanted, start = False, 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside, start, wanted = [], number, line[3:].strip() in languages
        else:
            if wanted:
                yield start, "\n".join(inside) + "\n"
            inside = None


def loaded_by(code: str, *, flags: tuple[str, ...] = (), home: Path | None = None) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after *code*."""
    report = "import sys as _sys; _sys.stderr.write('\\n' + ' '.join(_sys.modules))"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    if home is not None:
        environment["PENSTOCK_HOME"] = str(home)
    done = subprocess.run(
        [sys.executable, *flags, "-c", f"{code}\n{report}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rsplit("\n", 1)[1].split())


def roots_of(modules: set[str]) -> set[str]:
    """Return the packages that *modules* belong to."""
    return {module.partition(".")[0] for module in modules}
