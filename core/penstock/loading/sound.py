"""The check in front of the store: it stops every spec that could make a tick fail.

The load child checks its own specs, so that one bad DAG does not affect the others of its file. The
engine checks the child's answer once more, because an author's file ran in the child.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from penstock.errors import DagFileError
from penstock.model.faults import Fault, faults
from penstock.model.plain import not_plain
from penstock.model.spec import DagSpec, decode_spec, encode_spec
from penstock.timetable.due import decide, first_open


def settled(spec: DagSpec) -> DagSpec:
    """Return *spec* as it will be after writing and reading it; raise `DagFileError` for a fault."""
    try:
        read = decode_spec(encode_spec(spec))
    except UnicodeEncodeError:
        problem = not_plain(msgspec.to_builtins(spec)) or "has half a character, which cannot be encoded"
        raise _error(spec, f"its data {problem}") from None
    except msgspec.ValidationError as error:
        raise _error(spec, _in_words(spec, str(error)), _task_of(spec, str(error))) from None
    except (TypeError, ValueError, OverflowError) as error:
        raise _error(spec, f"cannot be encoded: {error}") from None
    refuse_unsound(read)
    return read


def refuse_unsound(spec: DagSpec) -> None:
    """Raise `DagFileError` for the first fault of *spec*, with the line of its DAG or task."""
    fault: Fault | None = next(faults(spec), None)
    if fault is not None:
        raise DagFileError(fault.message, spec.file, fault.line)
    now = datetime.now(UTC)
    try:
        decide(spec, cursor=None, first_seen=now, now=now, paused=False, limit=1)
        first_open(spec, cursor=None, first_seen=now, now=now)
    except ValueError as error:
        raise _error(spec, str(error)) from None
    except OverflowError:
        raise _error(spec, f"its schedule {spec.schedule.text!r} exceeds the calendar") from None


def _error(spec: DagSpec, text: str, line: int | None = None) -> DagFileError:
    return DagFileError(f"DAG {spec.dag_id!r}: {text}", spec.file, line or spec.line)


def _in_words(spec: DagSpec, message: str) -> str:
    """Return msgspec's ``Expected `int`, got `null` - at `$.tasks[0].retries``` as a sentence."""
    what, _, place = message.partition(" - at ")
    number = re.match(r"`\$\.tasks\[(\d+)\]", place)
    what = what.replace("`", "").replace("Expected", "must be", 1).replace(", got", ", not", 1)
    name = place.strip("`").removeprefix("$.")
    if number is None:
        return f"{name} {what}"
    task = spec.tasks[int(number[1])]
    return f"task {task.task_id!r}: {name.partition('].')[2]} {what}"


def _task_of(spec: DagSpec, message: str) -> int | None:
    number = re.search(r"\$\.tasks\[(\d+)\]", message)
    return spec.tasks[int(number[1])].line if number else None
