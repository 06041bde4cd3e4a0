"""The table of all actions.

Bindings, footer, help sheet, palette, docs/keys.md and the names in keys.toml come from it.

A screen names its view (``View.view``) and gets the bindings of every action with that view in its
``where``. Pressing a key calls the screen's method ``do_<id>`` (dots become underscores) if it has one,
otherwise the ``verb``: a file in `penstock_tui.verbs`. If ``why_disabled`` returns a reason, the action is
not done and the reason is shown; an action on the engine (``acts``) is hidden in a read-only console.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

from penstock_tui.action import Action
from penstock_tui.conditions import (
    can_change,
    can_pause,
    needs_failure,
    needs_file,
    needs_life,
    needs_log,
    needs_points,
    needs_pool,
    needs_run,
    needs_schedule,
    needs_task,
)
from penstock_tui.target import Target

ALL = ("dags", "runs", "run", "log", "backfills", "backfill", "errors", "calendar", "points", "all_runs",
       "task", "history", "failures", "failure", "grid", "timeline", "now", "graph",
       "merged", "system", "assets", "digest", "coming", "what_if")  # fmt: skip
"""Views: DAG list, runs of a DAG, one run, one log, backfills, points of one backfill, import errors,
calendar of a DAG, points of a day, runs of all DAGs; one task from inside, its history;
failures by cause, those of one cause; tasks by runs, timeline of a run;
what runs now; graph of a run or DAG; the instance itself; assets;
while you were away; what comes, and what a change on paper would do."""
LISTS = tuple(view for view in ALL if view != "log")


# -- the table -------------------------------------------------------------------------------------

_RUNS = ("dags", "runs", "run", "all_runs")
_OF_RUNS = ("runs", "run", "all_runs")
_ACTED = (*_RUNS, "log")
_LOGS = ("run", "log")
_TASKS = ("task", "history", "grid", "timeline", "graph")
_READ = ("log", "merged")
_SHOWN = ("run", *_READ)
_TRIAGE = ("failures", "failure")
_FILLS = ("backfills", "backfill")
_COMING = ("coming", "what_if")
_MARKED = (*_TRIAGE, "grid", "timeline", "graph", "now", *_COMING)

# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("open", "enter", "open", LISTS,
           "Go in: newest run, run, task's log", rank=1, takes="one"),
    Action("back", "escape", "back", ALL,
           "Close, clear filter or marks, then back; never quits"),
    Action("quit", "q", "up", ALL,
           "Up one view; at the root quit (runs keep running)"),
    Action("log", "l", "log", (*_RUNS, *_TASKS, *_TRIAGE, "now"),
           "The log of this task (newest run's first failure)",
           rank=3, why_disabled=needs_log, cli="penstock logs DAG RUN TASK [-f]", takes="one", verb="log"),
    Action("retry", "r", "retry", (*_ACTED, *_TASKS, *_TRIAGE),
           "Run again what failed and what it blocked",
           rank=2, acts=True, danger=True, why_disabled=needs_failure,
           cli="penstock retry DAG RUN", takes="all", verb="retry"),
    Action("clear", "c", "clear", (*_ACTED, *_TASKS, *_TRIAGE),
           "Run tasks again, with scopes and the exact list",
           rank=4, acts=True, danger=True, why_disabled=needs_run,
           cli="penstock clear DAG RUN [TASK...]", takes="all", verb="clear"),
    Action("undo", "u", "undo", (*_RUNS, *_TASKS),
           "Undo the newest clear, retry or mark that changed the run (in the DAG list: of the DAG)",
           acts=True, danger=True, cli="penstock undo --dag DAG [--run RUN]", takes="run",
           verb="undo"),
    Action("rerun", "T", "re-run", _RUNS,
           "A new run that repeats this one, with its parameters to edit",
           acts=True, why_disabled=needs_run, cli="penstock rerun DAG RUN --conf JSON", takes="run",
           verb="rerun"),
    Action("rush", "J", "jump the queue", (*_OF_RUNS, *_TASKS, "now"),
           "Run a task or a queued run next, or now past the limits",
           acts=True, why_disabled=needs_life, cli="penstock run-next DAG RUN [TASK]", takes="all",
           verb="rush"),
    Action("mark_as", "m", "mark", (*_LOGS, *_TASKS, *_TRIAGE),
           "Set success, failed or skipped by hand",
           rank=7, acts=True, danger=True, why_disabled=needs_task,
           cli="penstock mark success|failed|skipped DAG RUN TASK", takes="all", verb="mark_as"),
    Action("pause", "p", "pause", (*_RUNS, *_FILLS, *_TASKS, "now", "coming"),
           "Pause or resume: in the DAG list the schedule, in a run the run or what is marked, a backfill",
           rank=5, acts=True, why_disabled=can_pause,
           cli="penstock pause DAG | hold DAG RUN [TASK]", takes="all", verb="pause"),
    Action("pause_menu", "P", "pauses", _RUNS,
           "All four pauses, with why and until",
           rank=12, acts=True, cli="penstock pause DAG --freeze --why T --until T", takes="here",
           verb="pause_menu"),
    Action("breakpoint", "B", "breakpoint", (*_RUNS, *_TASKS),
           "Stop a run, or the next one, before or after a task; on what has stopped: go on",
           rank=16, acts=True, cli="penstock breakpoint set|clear DAG [RUN] TASK [--before|--after]",
           takes="here", verb="breakpoint"),
    Action("runbooks", "at", "runbooks", ALL,
           "Do a recorded list of acts again, with a preview; begin or end a recording",
           acts=True, cli="penstock runbook record|list|show|run", takes=None, verb="runbooks"),
    Action("pause_all", "M", "maintenance", ("dags",),
           "Pause all DAGs with one reason and one end, or resume exactly what that stopped",
           rank=15, acts=True, cli="penstock pause --all | resume --all", verb="pause_all"),
    Action("trigger", "t", "trigger", _RUNS,
           "Start a manual run, with its parameters",
           rank=6, acts=True, why_disabled=needs_file, cli="penstock trigger DAG", takes="dags",
           verb="trigger"),
    Action("backfill", "b", "backfill", (*_RUNS, "calendar", "points"),
           "Run past schedule points (in a calendar the marked ones), with the exact preview",
           rank=8, acts=True, why_disabled=needs_schedule,
           cli="penstock backfill create DAG --from D --to D", takes="dag", verb="backfill"),
    Action("cancel", "X", "cancel", (*_ACTED, *_FILLS, *_TASKS, "now"),
           "Cancel a run, a task or a backfill; its processes are stopped",
           rank=9, acts=True, danger=True, why_disabled=needs_life,
           cli="penstock cancel DAG RUN [TASK]", takes="all", verb="cancel"),
    Action("backfill.more", "plus", "more at once", _FILLS,
           "Run one more run of the backfill at once", rank=3, acts=True, why_disabled=can_pause,
           takes="one", verb="resize_backfill.more"),
    Action("backfill.fewer", "minus", "fewer", _FILLS,
           "Run one run fewer of the backfill at once", rank=3, acts=True, why_disabled=can_pause,
           takes="one", verb="resize_backfill.fewer"),
    Action("why", "w", "why", (*_RUNS, "failure", "now", "graph"),
           "Why is it not running: every reason, with its holder",
           rank=10, cli="penstock why DAG RUN [TASK]", takes="one", verb="why"),
    Action("inside", "i", "inside", ("run", "log", "history", "failure", "grid", "timeline", "now", "graph"),
           "Inside a task: why, fields and command, XComs, params, attempts, events, source, docs",
           rank=10, why_disabled=needs_task, cli="penstock xcom DAG RUN TASK", takes="one", verb="inside"),
    Action("task_history", "H", "history",
           ("run", "log", "task", "failure", "grid", "timeline", "now", "graph"),
           "How long a task took in its last runs, with p50 and p95, memory, CPU and outcome",
           rank=11, why_disabled=needs_task, cli="penstock history DAG TASK", takes="one",
           verb="task_history"),
    Action("grid", "number_sign", "grid", (*_RUNS, "task", "history", "timeline", "graph"),
           "Tasks by runs: what went how, over time",
           rank=12, cli="penstock grid DAG", takes="dag", verb="go_to.grid"),
    Action("timeline", "equals_sign", "timeline", (*_RUNS, "task", "history", "grid", "graph"),
           "What ran when in a run: waiting, queued, each attempt, and the critical path",
           rank=12, why_disabled=needs_run, cli="penstock timeline DAG RUN", takes="run",
           verb="go_to.timeline"),
    Action("graph", "D", "graph", (*_RUNS, "task", "history", "grid", "timeline"),
           "What depends on what, drawn from left to right with the states of the run",
           rank=12, cli="penstock graph DAG [--run RUN]", takes="dag", verb="go_to.graph"),
    Action("graph.more", "plus", "more", ("graph",),
           "Draw one step more around the cursor, or all again", rank=9),
    Action("graph.fewer", "minus", "fewer", ("graph",),
           "Draw only what is near the cursor, one step less each time", rank=9),
    Action("tab.next", "tab,right", "next tab", ("task",),
           "The tab to the right", rank=2),
    Action("tab.previous", "shift+tab,left", "tab before", ("task",),
           "The tab to the left"),
    Action("runs", "R", "runs",
           ("dags", "run", "calendar", "all_runs", "history", "failure", "grid", "now", "graph",
            *_COMING),
           "All runs of this DAG", rank=11, takes="dag", verb="go_to.runs"),
    Action("calendar", "C", "calendar", (*_RUNS, *_COMING),
           "What happened on each day of the schedule: ran, late, skipped and why, backfilled",
           rank=12, why_disabled=needs_points, cli="penstock points DAG", takes="dag",
           verb="go_to.calendar"),
    Action("pane", "tab", "pane", ("run", "now"),
           "To the log and back to the list", rank=13),
    Action("fold", "z", "fold", ("run", "grid", "graph", "system"),
           "Fold or unfold the group under or around the cursor (in a run also left and right)"),
    Action("find_task", "backslash", "find task", ("run", "graph", "merged"),
           "Show only the tasks that pass a filter, as / in lists: state:failed !pool:x text; in a graph "
           "go to them", rank=15),
    Action("previous_run", "less_than_sign", "older", ("run", "timeline", "grid", "graph"),
           "The run before this one; in a grid as many as are shown", rank=14),
    Action("next_run", "greater_than_sign", "newer", ("run", "timeline", "grid", "graph"),
           "The run after this one; in a grid as many as are shown", rank=14),
    Action("follow", "F", "follow", _SHOWN,
           "Follow the log's end, or stop", rank=6),
    Action("wrap", "w", "wrap", _READ,
           "Wrap long lines", rank=7),
    Action("times", "t", "times", _READ,
           "Show or hide the time of each line", rank=8),
    Action("full", "f", "full", _LOGS,
           "The log alone on the screen, or with its panels", rank=13, takes="one"),
    Action("attempt.previous", "left_square_bracket", "older attempt", (*_LOGS, "task"),
           "The attempt before", rank=9),
    Action("attempt.next", "right_square_bracket", "newer attempt", (*_LOGS, "task"),
           "The attempt after", rank=9),
    Action("merged_log", "L", "merged log", (*_OF_RUNS, *_TASKS, "log"),
           "What all tasks of the run printed, by time, each line with its task",
           rank=13, why_disabled=needs_run, cli="penstock logs DAG RUN --merged [-f]", takes="run",
           verb="go_to.merged_log"),
    Action("mute", "m", "mute", ("merged",),
           "Leave out the lines of this line's task", rank=2,
           cli="penstock logs DAG RUN --merged --without TASK"),
    Action("solo", "S", "solo", ("merged",),
           "Show only the lines of this line's task, or all again", rank=2,
           cli="penstock logs DAG RUN --merged --only TASK"),
    Action("unmute", "a", "all tasks", ("merged",),
           "Show the lines of all tasks again", rank=3),
    Action("line.end", "dollar_sign", "line ends", _READ,
           "Scroll to the end of the longest line"),
    Action("line.begin", "circumflex_accent", "line starts", _READ,
           "Scroll back to where lines begin"),
    Action("json", "x", "JSON", _READ,
           "JSON lines of loggers as time, level, message and fields, or as they are", rank=8,
           cli="penstock logs DAG RUN TASK --pretty"),
    Action("go_to_time", "T", "time", _READ,
           "Go to a time: 06:30, 2026-07-12T06:30, -10m before the end, +1h after the beginning", rank=8,
           cli="penstock logs DAG RUN TASK --since T --until T"),
    Action("line.mark", "space", "mark line", _READ,
           "Mark or unmark a line to copy; the arrows then move a cursor", rank=14),
    Action("line.range", "v", "range", _READ,
           "Begin a range of lines to copy, or end it", rank=14),
    Action("pager", "o", "pager", _READ,
           "Open the log in $PAGER", rank=11),
    Action("editor", "O", "editor", _READ,
           "Open a copy of the log in $VISUAL or $EDITOR"),
    Action("save", "s", "save", _READ,
           "Save the log to a file", rank=11, cli="penstock logs DAG RUN TASK > FILE"),
    Action("search", "slash", "search", (*_SHOWN, "graph"),
           "Search the log; in a graph find tasks by a filter", rank=4),
    Action("match.next", "n", "next", (*_SHOWN, "graph"),
           "Next hit"),
    Action("match.previous", "N", "previous", (*_SHOWN, "graph"),
           "Previous hit"),
    Action("only", "ampersand", "only", _SHOWN,
           "Only the lines that match"),
    Action("failure.next", "e", "next failure",
           (*_RUNS, "history", "grid", "timeline", "graph", *_READ, "backfill", "calendar", "points",
            "system", "coming"),
           "Next failed row, or next error line", rank=12),
    Action("failure.previous", "E", "previous failure",
           (*_OF_RUNS, "history", "grid", "timeline", "graph", *_READ, "backfill", "calendar", "points",
            "system", "coming"),
           "Previous failed row, or previous error line"),
    Action("errors", "E", "import errors", ("dags",),
           "DAG files that cannot be loaded, with file and line", rank=13),
    Action("filter", "slash", "filter",
           ("dags", "runs", "backfills", "all_runs", *_TRIAGE, "now", "system", "assets", "digest", *_COMING),
           'Filter: state:failed,running !tag:y "two words": all must hold, one with ! must not', rank=10),
    Action("sort", "s", "sort", ("dags", "runs", "all_runs", "timeline", "now", "assets"),
           "Sort by the next column"),
    Action("sort_reverse", "S", "reverse", ("dags", "runs", "all_runs", "timeline", "now", "assets"),
           "Reverse the order"),
    Action("mark", "space", "mark", (*_RUNS, "points", *_MARKED),
           "Mark or unmark this row; acts then apply to the marks", rank=14),
    Action("mark_range", "v", "range", (*_RUNS, "calendar", "points", *_MARKED),
           "Mark from here to where you go", rank=16),
    Action("mark_all", "asterisk", "mark all", (*_RUNS, "calendar", "points", *_MARKED),
           "Mark all that is shown; in a calendar the month"),
    Action("mark_row", "minus", "mark row", ("grid",),
           "Mark or unmark the task in every run that is shown", rank=14),
    Action("mark_column", "vertical_line", "mark run", ("grid",),
           "Mark or unmark the whole run", rank=14),
    Action("copy", "y", "copy", ALL,
           "Copy the id (in a log the line, or those that are marked) to the clipboard"),
    Action("view.dags", "1", "DAGs", ALL,
           "The DAG list"),
    Action("view.backfills", "2", "backfills", ALL,
           "All backfills", verb="go_to.backfills"),
    Action("view.errors", "3", "import errors", ALL,
           "DAG files that cannot be loaded", verb="go_to.errors"),
    Action("view.runs", "4", "all runs", ALL,
           "Runs of all DAGs: filter by state, DAG, type, owner, tag, date and text",
           cli="penstock runs list", verb="go_to.all_runs"),
    Action("view.failures", "5", "failures", ALL,
           "Triage: all that failed and is not dealt with, over all DAGs and runs, by cause",
           cli="penstock failures", verb="go_to.failures"),
    Action("view.now", "6", "now", ALL,
           "What runs in all DAGs: CPU, memory, reads, writes, processes, age; and what waits and why",
           cli="penstock now", verb="go_to.now"),
    Action("view.system", "8", "system", ALL,
           "Engine, disk, pools, executors, retention; what fails, is missed or is left out",
           cli="penstock system", verb="go_to.system"),
    Action("view.assets", "9", "assets", ALL,
           "Assets: last change, who makes and reads them, who waits and for what, lineage both ways",
           cli="penstock assets list", verb="go_to.assets"),
    Action("asset.emit", "t", "record a change", ("assets",),
           "Record by hand that the asset has changed: shows which DAGs run",
           rank=2, acts=True, why_disabled=can_change, cli="penstock assets emit NAME", takes="one",
           verb="emit_asset"),
    Action("pool.resize", "s", "resize", ("system",),
           "Give the pool under the cursor another number of slots",
           rank=2, acts=True, why_disabled=needs_pool, cli="penstock pools set POOL SLOTS", takes="one",
           verb="pools.resize"),
    Action("pool.undo", "u", "undo", ("system",),
           "Undo the newest change of a pool",
           rank=3, acts=True, danger=True, cli="penstock undo", verb="pools.undo"),
    Action("view.digest", "0", "while away", ALL,
           "While you were away: failed, recovered, late, skipped, who acted, pauses, files, engine",
           cli="penstock digest", verb="go_to.digest"),
    Action("digest.further", "plus", "further back", ("digest",),
           "Look further back: one day, three, seven", rank=2, cli="penstock digest --since T"),
    Action("digest.nearer", "minus", "less far", ("digest",),
           "Look less far back, at last to when you last looked", rank=3),
    Action("announced", "apostrophe", "what failed", ALL,
           "Go to the failure that is announced above the footer: its log, or Triage if there are several",
           cli="penstock failures", verb="announced"),
    Action("failures.ack", "a", "acknowledge", _TRIAGE,
           "Acknowledge this cause, with a reason: it comes back if it happens again",
           rank=4, acts=True, cli="penstock failures ack FINGERPRINT --why T", takes="all",
           verb="failures.acknowledge"),
    Action("failures.snooze", "z", "snooze", _TRIAGE,
           "Leave this cause out of the list until a time, however often it happens",
           rank=5, acts=True, cli="penstock failures snooze FINGERPRINT --until T", takes="all",
           verb="failures.snooze"),
    Action("failures.reopen", "o", "reopen", _TRIAGE,
           "Take back an acknowledgement or a snooze",
           acts=True, cli="penstock failures reopen FINGERPRINT", takes="all", verb="failures.reopen"),
    Action("failures.everything", "A", "all", _TRIAGE,
           "Show what is dealt with too, or only what is not", rank=9, cli="penstock failures --all"),
    Action("view.coming", "7", "coming", ALL,
           "What all schedules will do in the next hours, in order of time, and where runs meet",
           cli="penstock coming", verb="go_to.coming"),
    Action("coming.further", "plus", "further", ("coming",),
           "Look further: hours, then days", rank=2, cli="penstock coming --hours N"),
    Action("coming.nearer", "minus", "nearer", ("coming",),
           "Look less far", rank=3),
    Action("coming.slow", "percent_sign", "p95", ("coming",),
           "Count with the p95 of durations, or with the median again", rank=6,
           cli="penstock coming --slow"),
    Action("coming.what_if", "W", "what if", _COMING,
           "Pause, resume, resize a pool or the parallelism on paper: what would be different",
           rank=4, cli="penstock coming --what-if-pause DAG --what-if-pool NAME=N"),
    Action("coming.apply", "A", "do it", ("what_if",),
           "Do for real what is on paper: with the plan, and a question",
           rank=2, acts=True, cli="penstock pause DAG | pools set NAME N"),
    Action("history", "exclamation_mark", "messages", ALL,
           "Every message of this session in full", verb="show_messages"),
    Action("palette", "colon,ctrl+p", "palette", ALL,
           "Find any action or DAG by name", verb="palette"),
    Action("help", "question_mark,f1", "more", ALL,
           "This sheet", verb="show_keys"),
    Action("start_engine", "U", "start engine", ALL,
           "Start an engine when none runs", cli="penstock up -d", verb="start_engine"),
    Action("suspend", "ctrl+z", "suspend", ALL,
           "Suspend the console; fg brings it back"),
    Action("redraw", "ctrl+l", "redraw", ALL,
           "Draw everything again"),
)

_MOVING = ("list", "days", "cells")
MOVES: tuple[Action, ...] = (
    Action("move.up", "up,k", "up", _MOVING,
           "One row up; in a calendar a week; in a graph a sibling"),
    Action("move.down", "down,j", "down", _MOVING,
           "One row down; in a calendar a week; in a graph a sibling"),
    Action("move.page_up", "pageup", "page up", _MOVING,
           "One page up; in a calendar a month"),
    Action("move.page_down", "pagedown", "page down", _MOVING,
           "One page down; in a calendar a month"),
    Action("move.half_up", "ctrl+u", "half up", _MOVING,
           "Half a page up"),
    Action("move.half_down", "ctrl+d", "half down", _MOVING,
           "Half a page down"),
    Action("move.top", "g,home", "top", _MOVING,
           "To the top; in a calendar to the first point"),
    Action("move.end", "G,end", "end", _MOVING,
           "To the end; in a calendar to today, or to the last point of what has ended"),
    Action("move.left", "left", "left", ("days", "cells"),
           "In a calendar one day back, in a grid one run back, in a graph to a parent"),
    Action("move.right", "right", "right", ("days", "cells"),
           "In a calendar one day on, in a grid one run on, in a graph to a child"),
)
# fmt: on
"""Keys of every list; a widget that moves binds them with `bindings`."""

BY_ID: Mapping[str, Action] = {action.id: action for action in (*ACTIONS, *MOVES)}


def actions_of(view: str) -> tuple[Action, ...]:
    """Return the actions of *view* in table order."""
    return tuple(action for action in ACTIONS if view in action.where)


def bindings(view: str) -> list[Binding]:
    """Return the Textual bindings of *view*; each runs ``do('<id>')`` on the node that binds it."""

    def bound(action: Action) -> Binding:
        return Binding(action.keys, f"do('{action.id}')", action.label, id=action.id, show=False)

    moves = [action for action in MOVES if view in action.where]
    return [bound(action) for action in moves or actions_of(view)]


def key_names(action: Action, keymap: Mapping[str, str], *, first: bool = True) -> str:
    """Return the keys of *action* as they are on a keyboard: ``^p``, ``/``, ``enter``."""
    keys = keymap.get(action.id, action.keys).split(",")
    names = [PRINTED.get(key.strip(), key.strip().replace("ctrl+", "^")) for key in keys]
    return names[0] if first else " ".join(names)


__all__ = [
    "ACTIONS",
    "ALL",
    "BY_ID",
    "MOVES",
    "PRINTED",
    "Action",
    "Target",
    "actions_of",
    "bindings",
    "key_names",
]

PRINTED = {
    "question_mark": "?", "colon": ":", "slash": "/", "exclamation_mark": "!", "asterisk": "*",
    "ampersand": "&", "less_than_sign": "<", "greater_than_sign": ">", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "escape": "esc", "pageup": "PgUp",
    "pagedown": "PgDn", "backslash": "\\", "vertical_line": "|", "number_sign": "#", "equals_sign": "=",
    "apostrophe": "'", "at": "@", "percent_sign": "%",
    "dollar_sign": "$", "circumflex_accent": "^", "up": "↑", "down": "↓",
}  # fmt: skip
"""How a key is shown, if not by its Textual name."""
