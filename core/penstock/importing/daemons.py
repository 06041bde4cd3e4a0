"""What the cron daemons differ in, as measured on Debian cron 3.0pl1-162, cronie 1.7.2, busybox 1.35."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.importing.busybox import read_busybox
from penstock.importing.moments import ClockRule
from penstock.importing.vixie import Read, read_vixie


@dataclass(frozen=True, slots=True)
class Daemon:
    """One daemon. ``path`` is the PATH of its jobs; ``stdin``: a ``%`` ends the command.

    ``any_variable``: a line may set any variable, not only SHELL, PATH and MAILTO. ``own_zone``:
    CRON_TZ changes the zone of the schedule. ``sets_user``: jobs get USER beside LOGNAME. ``whole_file``:
    one bad line makes it ignore the file. ``needs_newline``: it does not run a last line without newline.
    ``comments_anywhere``: a ``#`` within a line ends it. ``continues``: a backslash at the end joins lines.
    """

    name: str
    title: str
    path: str
    clock: ClockRule = "vixie"
    strict: bool = False
    stdin: bool = True
    any_variable: bool = True
    own_zone: bool = False
    sets_user: bool = False
    whole_file: bool = False
    needs_newline: bool = True
    dotted_files: bool = False
    comments_anywhere: bool = False
    continues: bool = False

    def read(self, schedule: str) -> Read:
        """Return what a schedule means to it; raise `FieldError` if it refuses it."""
        if self.clock == "busybox":
            return read_busybox(schedule)
        return read_vixie(schedule, strict=self.strict)


DAEMONS = {
    "debian": Daemon("debian", "Debian cron", "/usr/bin:/bin", whole_file=True),
    "cronie": Daemon(
        "cronie",
        "cronie",
        "/usr/bin:/bin:/usr/sbin:/sbin",
        strict=True,
        own_zone=True,
        sets_user=True,
        dotted_files=True,
    ),
    "busybox": Daemon(
        "busybox",
        "busybox crond",
        "/sbin:/usr/sbin:/bin:/usr/bin",
        clock="busybox",
        stdin=False,
        any_variable=False,
        sets_user=True,
        needs_newline=False,
        comments_anywhere=True,
        continues=True,
    ),
}
