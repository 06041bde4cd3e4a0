"""Real tools, pinned, each in an environment that is kept: dbt is too large for the tests' own (200 MB).

The newest dbt-core that installs from a registry alone is 1.11.16: 1.12.0 and 1.12.6 were tried, and require
dbt-core-experimental-parser, which fetches a binary from elsewhere while it is built.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import lru_cache
from pathlib import Path

PACKAGES = ("dbt-core==1.11.16", "dbt-duckdb==1.11.1", "duckdb==2.0.1")


def installed_dbt() -> Path:
    """Return the program; install it first if this machine does not have it.

    PENSTOCK_TESTS_DBT names another one.
    """
    named = os.environ.get("PENSTOCK_TESTS_DBT")
    return Path(named) if named else installed(*PACKAGES) / "dbt"


@lru_cache
def installed(*packages: str) -> Path:
    """Return the folder with the programs of *packages*, in an environment of their own that is kept."""
    name = "-".join(each.replace("==", "_") for each in packages)
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    folder = Path(tempfile.gettempdir()) / f"penstock-tests-{os.getuid()}" / f"{name}-{python}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            pip = [
                str(folder / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
            ]
            done = subprocess.run([*pip, *packages], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{name} cannot be installed:\n{done.stderr}"
            (folder / "whole").touch()
    return folder / "bin"


@lru_cache
def installed_providers(*names: str) -> Path:
    """Return the folder with provider packages of Airflow, installed by our own command, and kept."""
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    folder = Path(tempfile.gettempdir()) / f"penstock-tests-{os.getuid()}" / f"{'-'.join(names)}-{python}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            words = ["airflow", "providers", "install", *names, "--target", str(folder)]
            line = [sys.executable, "-P", "-m", "penstock", *words]
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{names} cannot be installed:\n{done.stderr}"
            (folder / "whole").touch()
    return folder
