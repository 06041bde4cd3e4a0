"""Programs that are not Python's: found on this machine, or installed from Debian by root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
"""Where daemons are, too."""


def installed(programs: Sequence[str], *packages: str) -> None:
    """Have *programs* on this machine; skip the test, saying why, if they cannot be had."""
    if _missing(programs) and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        for command in (install, ["apt-get", "update"], install):
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            if command is install and done.returncode == 0:
                break
    missing = _missing(programs)
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here (Debian: {' '.join(packages)})")


def _missing(programs: Sequence[str]) -> list[str]:
    return [name for name in programs if shutil.which(name, path=PATH) is None]
