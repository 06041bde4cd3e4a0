"""``.airflowignore``: what a folder of Airflow's DAG files leaves out, by globs or regular expressions.

Which of the two, Airflow's settings say. ``AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX`` is heeded; without it, a
file with signs that only regular expressions have is one of those.
"""

from __future__ import annotations

import os
import re
from fnmatch import translate
from pathlib import PurePath

NAME = ".airflowignore"
_SYNTAX = "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX"
_ONLY_IN_REGEXPS = re.compile(r"\.\*|\.\+|\\|\^|\$|\(|\)|\|")


class AirflowIgnore:
    """The lines of one file; a later line outweighs an earlier one, ``!`` takes something back in."""

    def __init__(self, text: str, syntax: str | None = None) -> None:
        said = (line.partition("#")[0].strip() for line in text.splitlines())
        lines = [line for line in said if line]
        syntax = syntax or os.environ.get(_SYNTAX)
        if syntax not in {"glob", "regexp"}:
            syntax = "regexp" if any(map(_ONLY_IN_REGEXPS.search, lines)) else "glob"
        self._rules = [rule for line in lines if (rule := _rule(line, syntax)) is not None]

    def covers(self, relative: PurePath) -> bool:
        """Return whether the path, from the file's folder, is left out."""
        text, covered = relative.as_posix(), False
        for pattern, wanted in self._rules:
            if pattern.search(text):
                covered = wanted
        return covered


def _rule(line: str, syntax: str) -> tuple[re.Pattern[str], bool] | None:
    """Return the pattern of a line, and whether it leaves out; None if it is not a pattern."""
    try:
        if syntax == "regexp":
            return re.compile(line), True
        wanted, glob = not line.startswith("!"), line.removeprefix("!")
        inside = glob.strip("/")
        body = translate(inside).removesuffix("\\Z").removesuffix("\\z")
        begin = "^" if "/" in glob.rstrip("/") else "(^|/)"
        return re.compile(f"{begin}{body}(/|$)"), wanted
    except re.error:
        return None
