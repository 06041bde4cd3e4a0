"""The environment variables that an author's code sees, when its file is loaded and when its tasks run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import translate
from functools import lru_cache

from penstock.settings import Settings
from penstock.values import lent_names

USUAL = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "XDG_*",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AIRFLOW_HOME",
    "AIRFLOW_CONFIG",
    "AIRFLOW__*",
)
"""What programs need to work at all. Everything else must be in ``pass_env``."""
VALUES = ("PENSTOCK_VAR_*", "PENSTOCK_CONN_*", "AIRFLOW_VAR_*", "AIRFLOW_CONN_*")
"""Variables and connections: looked up by name, and in no process's environment."""


def author_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the part of *environ* (default: this process's) that author's code may see.

    The usual few, what matches ``pass_env``, and ``PENSTOCK_HOME``.
    """
    environ = os.environ if environ is None else environ
    chosen = _matching(environ, (*USUAL, *settings.pass_env))
    return {**chosen, "PENSTOCK_HOME": str(settings.home)}


def askable(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a file may look up while it loads: variables, connections, the targets of secrets."""
    environ = os.environ if environ is None else environ
    return _matching(environ, (*VALUES, *lent_names(settings.variables), *lent_names(settings.connections)))


def _matching(environ: Mapping[str, str], patterns: tuple[str, ...]) -> dict[str, str]:
    fits = _any_of(patterns).match
    return {name: value for name, value in environ.items() if fits(name)}


@lru_cache(maxsize=8)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a name that fits one of *patterns* matches: each file that loads looks at every name."""
    return re.compile("|".join(map(translate, patterns)))
