"""Runs real cron daemons under a clock that passes as fast as they sleep, and tells when they start a job.

``python tests/measured/cron_daemons.py DAEMON PROGRAM DAYS < lines`` prints for each line what DAEMON
(debian, cronie or busybox; PROGRAM is its binary) does with it within DAYS: `tests/data/cron_runs.txt`.
Nothing is ever started: the clock (``cron_clock.c``) only notes it. Debian cron and cronie read fixed paths,
so they run as root in a folder of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

CLOCK = Path(__file__).with_name("cron_clock.c")
BEGIN = datetime(2025, 12, 31, 23, 59, 30, tzinfo=UTC)
MOST = 5
REFUSED = re.compile(r"error|bad |missing newline", re.IGNORECASE)
_COMMANDS = {
    "debian": ["-f"],
    "cronie": ["-n", "-s"],
    "busybox": ["crond", "-f", "-d", "8", "-c"],
}
_SPOOLS = {"debian": "var/spool/cron/crontabs", "cronie": "var/spool/cron", "busybox": "tabs"}


class Runs(NamedTuple):
    """When a job was started, in seconds since 1970, and what the daemon said."""

    times: list[int]
    said: str

    @property
    def refused(self) -> bool:
        """Whether it did not take the line as it is."""
        return REFUSED.search(self.said) is not None


class Daemon:
    """The *program* of a daemon, in *folder*, under a clock of its own."""

    def __init__(self, name: str, program: Path, folder: Path) -> None:
        self.name = name
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self._clock, CLOCK], check=True)
        if name == "busybox":
            self._program = str(program)
        else:
            self._program = "/daemon"
            self._make_root(program)

    def _make_root(self, program: Path) -> None:
        shutil.copy(program, self.folder / "daemon")
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            place = self.folder / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
        for file in ("etc/passwd", "etc/group", "usr/share/zoneinfo/Europe/Amsterdam"):
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(f"/{file}", self.folder / file)
        for name in ("run", "var/run", "tmp", "dev", "etc/cron.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "dev" / "null").touch()

    def runs(
        self,
        line: str,
        *,
        begin: datetime = BEGIN,
        span: timedelta,
        most: int = MOST,
        zone: str = "UTC",
    ) -> Runs:
        """Return when the job of *line* (a schedule) is started within *span* after *begin*, *most* times."""
        with self._place() as place:
            spool = place / _SPOOLS[self.name]
            spool.mkdir(parents=True, exist_ok=True)
            (spool / "root").write_text(f"{line} true\n")
            (spool / "root").chmod(0o600)
            for path in (spool / "root", spool, *place.glob("etc/cron.d")):  # not changed after the start
                os.utime(path, (begin.timestamp() - 3600,) * 2)
            inside = self.name != "busybox"
            done = subprocess.run(
                [self._program, *_COMMANDS[self.name], *([] if inside else [str(spool)])],
                cwd=place,
                env={
                    "LD_PRELOAD": "/clock.so" if inside else str(self._clock),
                    "CLOCK_START": str(int(begin.timestamp())),
                    "CLOCK_END": str(int((begin + span).timestamp())),
                    "CLOCK_RUNS": str(most),
                    "TZ": zone,
                },
                capture_output=True,
                text=True,
                check=True,
                preexec_fn=(lambda: os.chroot(place)) if inside else None,
            )
        lines = done.stdout.splitlines()
        times = [int(line.removeprefix("run ")) for line in lines if line.startswith("run ")]
        return Runs(times, "\n".join(line for line in lines if line.startswith("log ")) + done.stderr)

    @contextmanager
    def _place(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as name:
            place = Path(name)
            if self.name != "busybox":
                shutil.copytree(self.folder, place, dirs_exist_ok=True)
            yield place


def stamp(second: int) -> str:
    """Return a moment as the tables have it."""
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment:%y-%m-%dT%H:%M}" if moment.hour or moment.minute else f"{moment:%y-%m-%d}"


def row(daemon: Daemon, line: str, span: timedelta) -> str:
    """Return the row of *line*: whether the daemon reports a mistake in it, and when it runs."""
    found = daemon.runs(line, span=timedelta(minutes=2), most=1)
    if not found.refused or daemon.name == "busybox":  # which goes on with what it could read
        found = daemon.runs(line, span=span)
    return f"{line}\t{daemon.name}\t{'no' if found.refused else 'yes'}\t{' '.join(map(stamp, found.times))}"


def main() -> None:
    """Print the rows of the lines on stdin."""
    name, program, days = sys.argv[1:]
    span = timedelta(days=float(days))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as two:
        daemon = Daemon(name, Path(program).absolute(), Path(folder) / "root")
        for text in two.map(lambda line: row(daemon, line.rstrip("\n"), span), sys.stdin):
            sys.stdout.write(text + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
