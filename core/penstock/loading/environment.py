"""Which environment variables an author's code sees, when its file is loaded and when its tasks run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase

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
    "PENSTOCK_VAR_*",
    "PENSTOCK_CONN_*",
    "AIRFLOW_VAR_*",
    "AIRFLOW_CONN_*",
)
"""What programs need to work at all. Everything else is named by ``pass_env``."""


def author_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the part of *environ* (default: this process's) that author's code may see.

    The usual few, what matches ``pass_env``, what secrets in penstock.toml refer to, and ``PENSTOCK_HOME``.
    """
    environ = os.environ if environ is None else environ
    lent = (*lent_names(settings.variables), *lent_names(settings.connections))
    patterns = (*USUAL, *settings.pass_env, *lent)
    chosen = {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    return {**chosen, "PENSTOCK_HOME": str(settings.home)}
