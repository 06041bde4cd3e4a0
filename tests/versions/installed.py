"""A Penstock in a virtual environment of its own, whose code can be replaced as an upgrade does it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import Any

from penstock.attempts import files

VERSION_BEFORE = Path(__file__).parents[1] / "data" / "penstock-0.1.0.tar.xz"
"""The code of 0.1.0 as it was before modules moved."""


class Installed:
    """A virtual environment in *folder* with the code of the version before, and a home."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.code = folder / "code"
        self.python = folder / "venv" / "bin" / "python"
        (self.home / "dags").mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
        # Lines of a .pth file, and not what is installed in editable mode: that would lead to our own code.
        (packages / "here.pth").write_text(f"{self.code}\n{sysconfig.get_paths()['purelib']}\n")
        with tarfile.open(VERSION_BEFORE) as archive:
            archive.extractall(self.code, filter="data")

    def upgrade(self) -> None:
        """Put our own code in the place of the old one."""
        shutil.rmtree(self.code / "penstock")
        shutil.copytree(
            Path(files.__file__).parents[1],
            self.code / "penstock",
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command and return what it says; with *check* an exit code other than 0 fails the test."""
        done = subprocess.run(
            [self.python, "-P", "-m", "penstock", *words],
            env={**os.environ, "PENSTOCK_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert not check or done.returncode == 0, f"penstock {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command with ``--json`` and return its answer."""
        return json.loads(self.run(*words, "--json"))
