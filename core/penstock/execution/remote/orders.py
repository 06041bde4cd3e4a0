"""Orders that travel: no path of the engine's machine is in them, and the worker's are filled in there.

Only the fields named here hold placeholders; what an author wrote, even ``{home}``, stays as it is. Of a
Python task these are the program and its last argument, and the paths in its context; of any task the
working directory. Pure.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from penstock.attempts.files import attempt_folder
from penstock.attempts.protocol import AttemptSpec
from penstock.settings import Settings

PYTHON, ATTEMPT, HOME, SOCKET, DAGS = "{python}", "{attempt}", "{home}", "{socket}", "{dags}"
FAR = "far"
"""In the context: the task asks for values and XComs over its socket, as none of their files is there."""
_AT_HOME_ONLY = ("values", "root", "resumes")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on one worker."""

    python: str
    """The interpreter."""
    root: str
    """The attempt directories."""
    home: str
    """The working directory of tasks that do not name one."""
    socket: str
    """Where a task asks the engine."""
    dags: str | None
    """Where the order's bundle was unpacked; None if it has none."""


def portable(spec: AttemptSpec, settings: Settings) -> AttemptSpec:
    """Return the order *spec* of this home as one that any host can carry out."""
    home = os.fspath(settings.home)
    cwd = HOME if spec.cwd == home else spec.cwd
    if not spec.context:
        return replace(spec, cwd=cwd)
    facts = {name: value for name, value in spec.context.items() if name not in _AT_HOME_ONLY}
    file = place_in_bundle(str(facts["file"]), os.fspath(settings.dags_folder))
    facts |= {"file": f"{DAGS}/{file}", "source": f"{DAGS}/{file}", "dags_folder": DAGS, FAR: True}
    if "socket" in facts:
        facts["socket"] = SOCKET
    resumed = spec.context.get("resumes")
    if resumed:
        facts["resumes"] = os.path.basename(resumed)  # noqa: PTH119 - the attempt's id
    return replace(spec, argv=(PYTHON, *spec.argv[1:-1], ATTEMPT), cwd=cwd, context=facts)


def place_in_bundle(file: str, dags_folder: str) -> str:
    """Return the name of a DAG file in its bundle: from the DAGs folder, or its own if it lies elsewhere."""
    relative = os.path.relpath(file, dags_folder)
    return os.path.basename(file) if relative.startswith("..") else relative  # noqa: PTH119


def filled(spec: AttemptSpec, places: Places, environment: Mapping[str, str]) -> AttemptSpec:
    """Return a portable order as one for the worker with *places*.

    *environment* is the worker's own part of what its tasks get, except those that want nothing of it.
    """
    env = {**environment, **spec.env} if spec.passed else dict(spec.env)
    cwd = places.home if spec.cwd == HOME else spec.cwd
    if not spec.context:
        return replace(spec, env=env, cwd=cwd)
    argv = (places.python, *spec.argv[1:-1], attempt_folder(places.root, spec.attempt_id))
    return replace(spec, argv=argv, env=env, cwd=cwd, context=_filled(spec.context, places))


def _filled(context: Mapping[str, Any], places: Places) -> dict[str, Any]:
    facts = dict(context)
    for name in ("file", "source", "dags_folder"):
        said = facts.get(name)
        if isinstance(said, str) and said.startswith(DAGS):
            facts[name] = f"{places.dags}{said.removeprefix(DAGS)}"
    if facts.get("socket") == SOCKET:
        facts["socket"] = places.socket
    if facts.get("resumes"):
        facts["resumes"] = attempt_folder(places.root, facts["resumes"])
    return facts


def moved(text: str, here: str, there: str) -> str:
    """Return a file's text in which paths below the folder *here* lie below *there*.

    For records that name the code that wrote them: the ``path`` of a deferral.
    """
    old, new = json.dumps(here)[:-1], json.dumps(there)[:-1]
    return text.replace(f'{old}"', f'{new}"').replace(f"{old}/", f"{new}/")
