"""The one table of what can be done: bindings, footer, help sheet, palette, docs/keys.md and keys.toml come from it.

A screen names its view (``View.view``) and gets the bindings of every action whose ``where`` holds
it. Pressing a key calls the screen's method ``do_<id>`` (dots become underscores) when it has one,
else `Console.act`, which opens the dialog. An action of the engine (``acts``) is greyed with a
reason when ``why_disabled`` gives one, and gone in a read-only console.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding

from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState, TaskState
from penstock.model.views import BackfillRow, DagRow, RunRow, TaskRow

ALL = ("dags", "runs", "run", "log", "backfills", "slots", "errors")
"""Views: DAG list, runs of a DAG, one run, one log, backfills, slots of one backfill, import errors."""
LISTS = ("dags", "runs", "run", "backfills", "slots", "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an action applies to: one DAG, a run of it, or tasks of that run; or a backfill.

    ``tasks`` are the marked tasks, or the one under the cursor. A screen whose marks span several
    DAGs or runs gives several targets.
    """

    dag_id: str = ""
    run_id: str | None = None
    dag: DagRow | None = None
    run: RunRow | None = None
    tasks: tuple[TaskRow, ...] = ()
    backfill: BackfillRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that can be done.

    ``rank`` orders the footer (1 first; 0 never shown there). ``acts`` means that it changes the
    instance; ``danger`` that it asks before, with Cancel focused. ``cli`` is its command-line twin.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    where: tuple[str, ...]
    rank: int = 0
    acts: bool = False
    danger: bool = False
    why_disabled: Callable[[Target], str | None] = lambda target: None  # noqa: ARG005
    cli: str = ""

    @property
    def method(self) -> str:
        """The name of the screen's method that does it."""
        return "do_" + self.id.replace(".", "_")


# -- why not ---------------------------------------------------------------------------------------


def _needs_run(target: Target) -> str | None:
    return None if target.run is not None else "there is no run yet"


def _needs_failure(target: Target) -> str | None:
    if target.run is None:
        return "there is no run yet"
    bad = sum(target.run.counts.get(state, 0) for state in ("failed", "upstream_failed", "cancelled"))
    if not bad and target.run.state is not RunState.FAILED:
        return "nothing failed in this run"
    return None


def _needs_task(target: Target) -> str | None:
    return None if target.tasks else "no task is chosen"


def _needs_life(target: Target) -> str | None:
    if target.backfill is not None:
        return None if target.backfill.state in {"running", "paused"} else "the backfill has ended"
    if target.run is None:
        return "there is no run yet"
    if target.tasks:
        return None if any(task.state not in TERMINAL for task in target.tasks) else "it has ended already"
    return None if target.run.state in RUN_UNFINISHED else "the run has ended already"


def _needs_log(target: Target) -> str | None:
    if target.run is None:
        return "there is no run yet"
    if target.tasks and not any(task.attempts for task in target.tasks):
        return "no attempt has been made yet"
    return None


def _needs_schedule(target: Target) -> str | None:
    if target.dag is not None and target.dag.schedule in {"None", ""}:
        return "this DAG has no schedule, so it has no points to backfill"
    return _needs_file(target)


def _needs_file(target: Target) -> str | None:
    return "the DAG's file is gone" if target.dag is not None and target.dag.missing else None


def _can_pause(target: Target) -> str | None:
    if target.backfill is not None:
        return None if target.backfill.state in {"running", "paused"} else "the backfill has ended"
    if target.tasks:
        return None if any(task.state not in TERMINAL for task in target.tasks) else "it has ended already"
    return None


def _needs_waiting(target: Target) -> str | None:
    if target.tasks and target.tasks[0].state in {TaskState.RUNNING, TaskState.SUCCESS}:
        return None
    return _needs_run(target)


# -- the table -------------------------------------------------------------------------------------

_RUNS = ("dags", "runs", "run")

ACTIONS: tuple[Action, ...] = (
    Action(id="open", keys=("enter",), label="open", help="Go in: newest run, run, task's log", where=LISTS, rank=1),
    Action(id="back", keys=("escape",), label="back", help="Close, clear filter or marks, then back; never quits", where=ALL),
    Action(id="quit", keys=("q",), label="up", help="Up one view; at the root quit (runs keep running)", where=ALL),
    Action(id="log", keys=("l",), label="log", help="The log of this task (newest run's first failure)", where=("dags", "runs", "run"), rank=3, why_disabled=_needs_log, cli="penstock logs DAG RUN TASK [-f]"),
    Action(id="retry", keys=("r",), label="retry", help="Run again what failed and what it blocked", where=("dags", "runs", "run", "log"), rank=2, acts=True, danger=True, why_disabled=_needs_failure, cli="penstock retry DAG RUN"),
    Action(id="clear", keys=("c",), label="clear", help="Run tasks again, with scopes and the exact list", where=("dags", "runs", "run", "log"), rank=4, acts=True, danger=True, why_disabled=_needs_run, cli="penstock clear DAG RUN [TASK...]"),
    Action(id="mark_as", keys=("m",), label="mark", help="Set success, failed or skipped by hand", where=("run", "log"), rank=7, acts=True, danger=True, why_disabled=_needs_task, cli="penstock mark success|failed|skipped DAG RUN TASK"),
    Action(id="pause", keys=("p",), label="pause", help="DAG list: pause or resume the schedule; run or task: hold or release; backfill: pause or resume", where=("dags", "runs", "run", "backfills"), rank=5, acts=True, why_disabled=_can_pause, cli="penstock pause DAG | hold DAG RUN [TASK]"),
    Action(id="pause_menu", keys=("P",), label="pauses", help="All four pauses, with why and until", where=_RUNS, rank=12, acts=True, cli="penstock pause DAG --freeze --why T --until T"),
    Action(id="trigger", keys=("t",), label="trigger", help="Start a manual run, with its parameters", where=_RUNS, rank=6, acts=True, why_disabled=_needs_file, cli="penstock trigger DAG"),
    Action(id="backfill", keys=("b",), label="backfill", help="Run past schedule points, with the exact preview", where=("dags", "runs", "run"), rank=8, acts=True, why_disabled=_needs_schedule, cli="penstock backfill create DAG --from D --to D"),
    Action(id="cancel", keys=("X",), label="cancel", help="End a run, a task or a backfill: processes really die", where=("dags", "runs", "run", "log", "backfills"), rank=9, acts=True, danger=True, why_disabled=_needs_life, cli="penstock cancel DAG RUN [TASK]"),
    Action(id="backfill.more", keys=("plus",), label="more at once", help="Let one more run of the backfill go at once", where=("backfills", "slots"), rank=3, acts=True, why_disabled=_can_pause),
    Action(id="backfill.fewer", keys=("minus",), label="fewer", help="Let one run fewer of the backfill go at once", where=("backfills", "slots"), rank=3, acts=True, why_disabled=_can_pause),
    Action(id="why", keys=("w",), label="why", help="Why is it not running: every gate, with its holder", where=_RUNS, rank=10, why_disabled=_needs_waiting, cli="penstock why DAG RUN [TASK]"),
    Action(id="runs", keys=("R",), label="runs", help="All runs of this DAG", where=("dags", "run"), rank=11),
    Action(id="previous_run", keys=("less_than_sign",), label="older", help="The run before this one", where=("run",), rank=14),
    Action(id="next_run", keys=("greater_than_sign",), label="newer", help="The run after this one", where=("run",), rank=14),
    Action(id="follow", keys=("F",), label="follow", help="Follow the log's end, or stop", where=("run", "log"), rank=6),
    Action(id="wrap", keys=("w",), label="wrap", help="Wrap long lines", where=("log",), rank=7),
    Action(id="times", keys=("t",), label="times", help="Show or hide the time of each line", where=("log",), rank=8),
    Action(id="full", keys=("f",), label="full", help="The log alone on the screen, or with its panels", where=("run", "log"), rank=13),
    Action(id="attempt.previous", keys=("left_square_bracket",), label="older attempt", help="The attempt before", where=("run", "log"), rank=9),
    Action(id="attempt.next", keys=("right_square_bracket",), label="newer attempt", help="The attempt after", where=("run", "log"), rank=9),
    Action(id="search", keys=("slash",), label="search", help="Search the log", where=("run", "log"), rank=4),
    Action(id="match.next", keys=("n",), label="next", help="Next hit", where=("run", "log")),
    Action(id="match.previous", keys=("N",), label="previous", help="Previous hit", where=("run", "log")),
    Action(id="only", keys=("ampersand",), label="only", help="Only the lines that match", where=("run", "log")),
    Action(id="failure.next", keys=("e",), label="next failure", help="Next failed row, or next error line", where=("dags", "runs", "run", "log", "slots"), rank=12),
    Action(id="failure.previous", keys=("E",), label="previous failure", help="Previous failed row, or previous error line", where=("runs", "run", "log", "slots")),
    Action(id="errors", keys=("E",), label="import errors", help="DAG files that cannot be loaded, with file and line", where=("dags",), rank=13),
    Action(id="filter", keys=("slash",), label="filter", help="Filter: state:failed owner:x tag:y text; a leading ! inverts", where=("dags", "runs", "backfills"), rank=10),
    Action(id="sort", keys=("s",), label="sort", help="Sort by the next column", where=("dags", "runs")),
    Action(id="sort_reverse", keys=("S",), label="reverse", help="Reverse the order", where=("dags", "runs")),
    Action(id="mark", keys=("space",), label="mark", help="Mark or unmark this row; acts then apply to the marks", where=_RUNS, rank=14),
    Action(id="mark_range", keys=("v",), label="range", help="Mark from here to where you go", where=_RUNS),
    Action(id="mark_all", keys=("asterisk",), label="mark all", help="Mark all that is shown", where=_RUNS),
    Action(id="copy", keys=("y",), label="copy", help="Copy the id (in a log the line) to the clipboard", where=ALL),
    Action(id="view.dags", keys=("1",), label="DAGs", help="The DAG list", where=("dags", "backfills")),
    Action(id="view.backfills", keys=("2",), label="backfills", help="All backfills", where=("dags", "backfills"), rank=15),
    Action(id="history", keys=("exclamation_mark",), label="messages", help="Every message of this session in full", where=ALL),
    Action(id="palette", keys=("colon", "ctrl+p"), label="palette", help="Find any action or DAG by name", where=ALL),
    Action(id="help", keys=("question_mark", "f1"), label="more", help="This sheet", where=ALL),
    Action(id="start_engine", keys=("U",), label="start engine", help="Start an engine when none runs", where=ALL, cli="penstock up -d"),
    Action(id="suspend", keys=("ctrl+z",), label="suspend", help="Put the console aside; fg brings it back", where=ALL),
    Action(id="redraw", keys=("ctrl+l",), label="redraw", help="Draw everything again", where=ALL),
)  # fmt: skip

MOVES: tuple[Action, ...] = (
    Action(id="move.up", keys=("up", "k"), label="up", help="One row up", where=("list",)),
    Action(id="move.down", keys=("down", "j"), label="down", help="One row down", where=("list",)),
    Action(id="move.page_up", keys=("pageup",), label="page up", help="One page up", where=("list",)),
    Action(id="move.page_down", keys=("pagedown",), label="page down", help="One page down", where=("list",)),
    Action(id="move.half_up", keys=("ctrl+u",), label="half up", help="Half a page up", where=("list",)),
    Action(
        id="move.half_down", keys=("ctrl+d",), label="half down", help="Half a page down", where=("list",)
    ),
    Action(id="move.top", keys=("g", "home"), label="top", help="To the top", where=("list",)),
    Action(id="move.end", keys=("G", "end"), label="end", help="To the end", where=("list",)),
)
"""Keys of every list; a widget that moves binds them with `bindings`."""

BY_ID: Mapping[str, Action] = {action.id: action for action in (*ACTIONS, *MOVES)}


def actions_of(view: str) -> tuple[Action, ...]:
    """Return the actions of *view* in table order."""
    return tuple(action for action in ACTIONS if view in action.where)


def bindings(view: str) -> list[Binding]:
    """Return the Textual bindings of *view*; each runs ``do('<id>')`` on the node that binds it."""
    table = MOVES if view == "list" else actions_of(view)
    return [
        Binding(",".join(action.keys), f"do('{action.id}')", action.label, id=action.id, show=False)
        for action in table
    ]


def key_names(action: Action, keymap: Mapping[str, str], *, first: bool = True) -> str:
    """Return the keys of *action* as printed on a keyboard: ``^p``, ``/``, ``enter``."""
    keys = keymap[action.id].split(",") if action.id in keymap else list(action.keys)
    names = [_PRINTED.get(key.strip(), key.strip().replace("ctrl+", "^")) for key in keys]
    return names[0] if first else " ".join(names)


def read_keymap(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the user's keys from a ``keys.toml`` (``retry = "ctrl+r"``) and what is wrong with it.

    Keys are Textual's names; a printed character (``/``) is accepted too. A missing file is empty.
    """
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{path.name}: {error}"]
    keymap, wrong = {}, []
    for name, keys in _flat(table):
        if name not in BY_ID:
            wrong.append(f"{path.name}: there is no action {name!r}")
        elif not isinstance(keys, str) or not keys.strip():
            wrong.append(f'{path.name}: {name} must be a key such as "ctrl+r", not {keys!r}')
        else:
            keymap[name] = ",".join(
                _SPELLED.get(key.strip(), key.strip()) for key in keys.split(",") if key.strip()
            )
    return keymap, [*wrong, *_clashes(keymap)]


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _clashes(keymap: Mapping[str, str]) -> list[str]:
    wrong = []
    for view in ALL:
        holders: dict[str, str] = {}
        for action in actions_of(view):
            for key in keymap.get(action.id, ",".join(action.keys)).split(","):
                other = holders.setdefault(key, action.id)
                if other != action.id and (action.id in keymap or other in keymap):
                    wrong.append(f"keys.toml: {key} means both {other} and {action.id} in {view}")
    return list(dict.fromkeys(wrong))


_PRINTED = {
    "question_mark": "?", "colon": ":", "slash": "/", "exclamation_mark": "!", "asterisk": "*", "ampersand": "&",
    "less_than_sign": "<", "greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]",
    "plus": "+", "minus": "-", "escape": "esc", "pageup": "PgUp", "pagedown": "PgDn", "up": "↑", "down": "↓",
}  # fmt: skip
_SPELLED = {printed: key for key, printed in _PRINTED.items()}
