"""Runbooks: files of commands that people recorded or wrote. One command a line, with comments.

Only commands that ask the engine for an act may stand in one, never a shell. What is in braces, such as
``{dag}``, is asked for when it is run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.errors import UsageError
from penstock.ids import check_id
from penstock.model.views.events import EventRow

SUFFIX = ".runbook"
VERBS = frozenset(
    {
        "trigger", "rerun", "retry", "clear", "mark", "undo", "cancel", "run-next", "run-now", "run-in-turn",
        "pause", "unpause", "resume", "hold", "release", "breakpoint", "note", "backfill", "pools", "assets",
        "variables", "connections", "failures", "quarantine", "answer",
    }
)  # fmt: skip
"""Commands with at least one act among what they do."""
PLAIN = ("dag", "run", "date")
"""The parameters that a recording may use."""

_PARAM = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_OF_A_SHELL = re.compile(r"[|&;<>`]+|\$\(.*|.*`.*")
_RECORDING = re.compile(r"# recording: (?P<person>\S+) from event (?P<seq>\d+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command: its line in the file, from 1, and its words without ``penstock``."""

    line: int
    text: str
    words: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return the words with the parameters filled in. A value is never split into words."""
        return tuple(_PARAM.sub(lambda found: values[found[1]], word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Runbook:
    """What a file says. ``person`` and ``since`` (an event's seq) while it is being recorded."""

    title: str
    steps: tuple[Step, ...]
    params: tuple[str, ...]
    person: str | None = None
    since: int = 0


def check_name(name: str) -> str:
    """Return *name* if a runbook may be called so; raise `BadIdError` otherwise."""
    return check_id(name, "the name of a runbook")


def parse(text: str) -> Runbook:
    """Return what a file says; raise `UsageError` with the line for what may not stand in it."""
    title, steps = "", []
    person, since = None, 0
    params: dict[str, None] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        recording = _RECORDING.fullmatch(line)
        if recording:
            person, since = recording["person"], int(recording["seq"])
        elif line.startswith("#"):
            title = title or line.lstrip("# ").strip()
        elif line:
            step = _step(number, line)
            steps.append(step)
            params.update(dict.fromkeys(name for word in step.words for name in _PARAM.findall(word)))
    return Runbook(title, tuple(steps), tuple(params), person, since)


def _step(number: int, line: str) -> Step:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"line {number}: {error}: {line}") from None
    words = words[1:] if words[:1] == ["penstock"] else words
    if not words or words[0] not in VERBS:
        said = words[0] if words else line
        raise UsageError(
            f"line {number}: {said!r} is not a command that changes something; a runbook may use "
            f"{', '.join(sorted(VERBS))}"
        )
    odd = next((word for word in words if _OF_A_SHELL.fullmatch(word)), None)
    if odd is not None:
        raise UsageError(f"line {number}: {odd!r} is for a shell; a runbook has one command a line")
    return Step(number, line, tuple(words))


def check_values(book: Runbook, values: Mapping[str, str]) -> None:
    """Raise `UsageError` unless *values* are exactly the parameters of the runbook, none of them empty."""
    missing = [name for name in book.params if not values.get(name)]
    if missing:
        raise UsageError(f"it needs {', '.join(f'{name}=...' for name in missing)}")
    extra = [name for name in values if name not in book.params]
    if extra:
        known = ", ".join(book.params) or "none"
        raise UsageError(f"it has no parameter {extra[0]!r}; its parameters: {known}")


def begun(name: str, person: str, seq: int, when: str) -> str:
    """Return the text of a runbook whose recording begins after the event *seq*."""
    return f"# {name}: recorded by {person} on {when}\n# recording: {person} from event {seq}\n"


def person_of(actor: str) -> str:
    """Return the person in the name of who acts: ``ada`` of ``ada@pts/3`` and of ``ada (console)``."""
    return re.split(r"[@ ]", actor, maxsplit=1)[0]


def ended(text: str, events: Sequence[EventRow], *, as_recorded: bool = False) -> str:
    """Return the text of a recording with the acts among *events* (oldest first) as commands.

    The DAG and the run become ``{dag}`` and ``{run}`` where all acts are of the same one, unless it is to
    stay *as_recorded*. What has no command in the trail, such as a value, is said in a comment.
    """
    kept = [line for line in text.splitlines() if not _RECORDING.fullmatch(line.strip())]
    acts = [event for event in events if event.kind.startswith("act_")]
    values: dict[str, str] = {}
    if not as_recorded:
        for name, found in (("dag", {e.dag_id for e in acts}), ("run", {e.run_id for e in acts} - {None})):
            only = found.pop() if len(found) == 1 else None
            if only:
                values[only] = name
    if values:
        said = ", ".join(f"{name} was {value}" for value, name in values.items())
        kept.append(f"# What is in braces is asked for when it is run ({said}).")
    for act in acts:
        if act.after is None:
            kept.append(f"# not recorded, it may hold a secret: {act.reason or act.kind}")
            continue
        if act.reason:
            kept.append(f"# {act.reason}")
        words = [values.get(word) for word in shlex.split(act.after)]
        shown = [
            shlex.quote(word) if name is None else f"{{{name}}}"
            for word, name in zip(shlex.split(act.after), words, strict=True)
        ]
        kept.append(" ".join(shown))
    return "\n".join(kept) + "\n"
