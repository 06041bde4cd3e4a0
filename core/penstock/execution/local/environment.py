"""What an engine sends its supervisors of its environment: `penstock.supervisor.environment` says why."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from penstock.settings import Settings
from penstock.supervisor.environment import OPERATION
from penstock.values import clear_secrets

_OWN = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "LD_*", "DYLD_*",
    "FAKETIME*", "PENSTOCK_FAILPOINT", "PENSTOCK_FAILDISK",
)  # fmt: skip


def environment_message(settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the message that a supervisor gets when it connects."""
    return {
        "op": OPERATION,
        "environ": dict(environ),
        "passed": [name for name in environ if matches(name, settings.pass_env)],
        "shown": [name for name in environ if matches(name, settings.show_env)],
        "hidden": [
            secret for entry in settings.connections.values() for secret in clear_secrets(entry) if secret
        ],
    }


def supervisor_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a supervisor's environment, without secrets: the kernel shows it to others."""
    return {name: value for name, value in environ.items() if matches(name, _OWN)}


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether *name* matches one of *patterns* (``AWS_*``)."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
