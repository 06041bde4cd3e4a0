"""Which test reaches which line: recorded once with coverage, and again for tests that are new or changed."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mutants.lines import Lines, read_lines
from mutants.rooms import FIRST, ROOMS, TESTS, blind_tests, sources

_BATCH = 12  # test files a recording: what is recorded stays when a run is broken off


@dataclass
class Reach:
    """What was recorded; sets of tests are the bits of one number."""

    files: dict[str, str] = field(default_factory=dict)  # test file to the digest of what was recorded
    tests: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Reach:
        """Return what an earlier run recorded; nothing when there was none."""
        if not path.exists():
            return cls()
        document = json.loads(path.read_text())
        document["lines"] = {key: int(bits, 16) for key, bits in document["lines"].items()}
        return cls(**document)

    def write(self, path: Path) -> None:
        """Keep it for the next run."""
        document = {**vars(self), "lines": {key: f"{bits:x}" for key, bits in self.lines.items()}}
        path.with_suffix(".new").write_text(json.dumps(document))
        path.with_suffix(".new").replace(path)

    def add(self, test: str, seconds: float, keys: Iterable[str]) -> None:
        """Note that ``test`` took so long and reached these lines."""
        if test not in self.seconds:
            self.tests.append(test)
        self.seconds[test] = seconds
        bit = 1 << self.tests.index(test)
        for key in keys:
            self.lines[key] = self.lines.get(key, 0) | bit

    def named(self, bits: int) -> list[str]:
        """Name the tests of a set of tests."""
        return [test for at, test in enumerate(self.tests) if bits >> at & 1]

    def reaching(self, lines: Lines, line: int) -> list[str]:
        """Find the tests that reach a line, or its statement, or else its function.

        Of a line that runs when its file is imported: those that reach the file, and whoever names it.
        """
        if lines.at_import(line):
            whole = (self.lines.get(lines.key(each), 0) for each in range(1, len(lines.texts) + 1))
            name = lines.defined(lines.first(line))
            word = re.compile(rf"\b{re.escape(name)}\b")
            naming = (bits for key, bits in self.lines.items() if name and word.search(key))
            return self.named(_union(whole) | _union(naming))
        for each in (line, lines.first(line)):
            if bits := self.lines.get(lines.key(each), 0):
                return self.named(bits)
        owner = lines.owner(line)
        begins = (f"{owner}\t", f"{owner}.")
        return self.named(
            _union(bits for key, bits in self.lines.items() if owner and key.startswith(begins))
        )


def _union(sets: Iterable[int]) -> int:
    bits = 0
    for each in sets:
        bits |= each
    return bits


def record(tree: Path, reach: Reach, keep: Path) -> None:
    """Record the tests of ``tree`` that are new or changed, as many files at once as there are processors."""
    found = {
        path.relative_to(tree).as_posix(): digest(path)
        for folder in TESTS
        for path in sorted((tree / folder).rglob("test_*.py"))
    }
    wanted = [path for path, digest in found.items() if digest not in reach.files.values()]
    batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
    done = 0
    with ThreadPoolExecutor(os.cpu_count()) as processors:
        recorded = {
            processors.submit(_run, tree, batch, tree.parent / f"record-{number}"): batch
            for number, batch in enumerate(batches)
        }
        for future in as_completed(recorded):
            batch = recorded[future]
            _take(tree, future.result(), reach)
            reach.files.update({path: found[path] for path in batch})
            reach.write(keep)
            done += len(batch)
            print(f"recorded what tests reach: {done} of {len(wanted)} files", flush=True)


def digest(path: Path) -> str:
    """Name what a test file does: without its imports, which change when code moves."""
    body = [
        ast.dump(each)
        for each in ast.parse(path.read_text()).body
        if not isinstance(each, ast.Import | ast.ImportFrom)
    ]
    return hashlib.sha256("".join(body).encode()).hexdigest()


def _run(tree: Path, batch: list[str], into: Path) -> Path:
    """Run the files of ``batch``; what coverage and our plugin saw is in the folder ``into``."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    subprocess.run(
        [
            *pytest_words(),
            "-m",
            "not slow",
            "--cov=penstock",
            "--cov=penstock_tui",
            "--cov-context=test",
            "--cov-report=",
            *batch,
        ],
        cwd=tree,
        env={
            **os.environ,
            "COVERAGE_FILE": str(into / "coverage"),
            "MUTANTS_NOTED": str(into / "noted.json"),
            "COVERAGE_CORE": "ctrace",
        },
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if not all((into / name).exists() for name in ("coverage", "noted.json")):
        raise SystemExit(f"mutants: pytest did not come to its end over {', '.join(batch)}")
    return into


def _take(tree: Path, recorded: Path, reach: Reach) -> None:
    """Add what one run saw to ``reach``."""
    from coverage import CoverageData

    coverage = CoverageData(str(recorded / "coverage"))
    coverage.read()
    keys: dict[str, set[str]] = {}
    for room in ROOMS:
        for source in sources(tree, room):
            lines = read_lines((tree / source).read_text())
            for line, contexts in coverage.contexts_by_lineno(str(tree / source)).items():
                for context in contexts:
                    keys.setdefault(context.rpartition("|")[0], set()).add(lines.key(line))
    if not keys:
        raise SystemExit(f"mutants: coverage saw nothing in {recorded}")
    for test, (seconds, outcome) in json.loads((recorded / "noted.json").read_text()).items():
        if outcome == "failed":
            print(f"  left out, it fails on unchanged code: {test}")
        elif outcome == "passed":
            reach.add(test, seconds, keys.get(test, ()))
    shutil.rmtree(recorded)


def choose(tree: Path, reach: Reach, source: Path, line: int, limit: float) -> tuple[list[str], int]:
    """Pick tests for a change of ``line``: stories, those of its name, quick ones, up to ``limit`` seconds.

    The second value is how many more reach the line.
    """
    tests = set(reach.reaching(read_lines((tree / source).read_text()), line))
    tests = tests or set(reach.seconds)  # what runs at the import of its file belongs to all of them
    blind = set(blind_tests(tree, source))
    names = {Path(path).name for path in blind}
    tests |= {test for test in reach.seconds if Path(test.partition("::")[0]).name in names}
    present = _present(tree)
    chosen: list[str] = []
    spent, more = 0.0, 0

    def order(test: str) -> tuple[bool, bool, float]:
        first = Path(test.partition("::")[0]).name in FIRST
        return not first, source.stem.strip("_") not in test, reach.seconds[test]

    for test in sorted(tests, key=order):
        path, _, name = test.partition("::")
        if (now := present.get(Path(path).name)) is None:
            continue
        spent += reach.seconds[test]
        if spent > limit and chosen:
            more += 1
        else:
            chosen.append(f"{now}::{name}")
    return chosen, more


def _present(tree: Path) -> dict[str, str]:
    """Test files by name: they move between folders, and keep their names."""
    return {path.name: path.relative_to(tree).as_posix() for path in (tree / "tests").rglob("test_*.py")}


def pytest_words() -> list[str]:
    """Return the command that runs tests with our plugin, one after the other."""
    without = ["-p", "no:cacheprovider", "-p", "no:xdist"]
    return [sys.executable, "-m", "pytest", "-q", "-p", "mutants.plugin", *without, "--timeout=120"]
