"""One gate: a state of a run or task changes in one file, and text we did not write meets one cleaner."""

from __future__ import annotations

import ast
import re

from architecture.house import CORE, TUI, name, sources, tree
from penstock.store.engine.columns import RUN_MOMENTS, TASK_MOMENTS
from penstock.store.engine.record_kinds import KINDS

MOVED_IN = {"core/penstock/store/engine/gate.py"}
"""Where a state is moved."""
COMPILED_IN = {"core/penstock/store/statements/engine/batch.py"}
"""Where the statements of its moves are."""
SHIFTED_IN = {"core/penstock/store/statements/engine/shift.py"}
"""Where moments, and nothing else, are moved of runs that nobody has in hand."""
DROPPED_IN = {"core/penstock/store/statements/engine/removal.py"}
"""Where an operator gets rid of what cannot be moved because nothing of it can be worked with."""
OTHER_STATES = {
    "core/penstock/store/engine/records.py": {"self"},  # a backfill, its points, a callback: by `become`
    "core/penstock/task_process/context_keys.py": {"self"},  # what an author's function is shown
    "core/penstock/task_process/task_instance.py": {"self"},
    "core/penstock/task_process/callback.py": {"run", "ti"},
    "core/penstock/supervisor/attempt.py": {"self"},  # where a supervisor stands with one attempt
    "core/penstock/process_stat.py": {"self"},  # the kernel's word for a process
}
"""Other things called ``state``: file -> names of what is assigned to."""


def test_states_are_assigned_in_the_gate_alone() -> None:
    found: dict[str, set[str]] = {}
    for file in sources(CORE):
        for node in ast.walk(tree(file)):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets += [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in {"state", "version"}:
                    owner = ast.unparse(target.value)
                    if (owner, target.attr) != ("self", "version"):
                        found.setdefault(name(file), set()).add(owner)
    assert {file: owners for file, owners in found.items() if file not in MOVED_IN} == OTHER_STATES


def test_what_else_is_called_state_is_no_task_and_no_run() -> None:
    """The exceptions above hold because the types say so: only these take their state from outside."""
    text = (CORE / "store" / "engine" / "records.py").read_text()
    state = "(?:Backfill|BackfillPoint|Callback)State"
    plain = re.findall(rf"class (\w+):(?:(?!\nclass ).)*?\n    state: {state}", text, re.DOTALL)
    assert {"BackfillRecord", "BackfillPointRecord"} <= set(plain)
    assert not {"TaskRecord", "RunRecord"} & {
        found for found in plain if found.endswith(("TaskRecord", "RunRecord"))
    }


def test_no_statement_updates_a_state_but_the_gates() -> None:
    """Every UPDATE of the two tables with states is compiled for the gate, and of no kind of record."""
    found = []
    for file in sources(CORE / "store"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"sa.update", "update"}:
                table = ast.unparse(node.args[0])
                if table.strip("_") in {"task", "run", "task_instance", "table"}:
                    found.append(name(file))
    assert set(found) == COMPILED_IN | SHIFTED_IN | DROPPED_IN
    assert not {"run", "task_instance"} & {kind.table for kind in KINDS.values()}
    assert not {"state", "version"} & {*RUN_MOMENTS, *TASK_MOMENTS}


SPEAKS = {
    "execute",
    "executemany",
    "exec_driver_sql",
    "scalar",
    "scalars",
    "connect",
    "cursor",
    "begin",
    "write_meta",
}
"""What is called on a connection."""


def test_scheduling_has_no_connection_in_hand() -> None:
    """It hands records to the gate and asks the working set; two files are given the database for that."""
    found = []
    for file in sources(CORE / "scheduling"):
        for node in ast.walk(tree(file)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in SPEAKS
            ):
                found.append(f"{name(file)}:{node.lineno}: .{node.func.attr}()")
            if isinstance(node, ast.Name | ast.arg | ast.Attribute):
                called = (
                    node.id if isinstance(node, ast.Name) else getattr(node, "arg", getattr(node, "attr", ""))
                )
                if called in {"connection", "Connection", "Statement"}:
                    found.append(f"{name(file)}:{node.lineno}: {called}")
                if called in {"database", "Database"} and file.name not in {"loop.py", "planner.py"}:
                    found.append(f"{name(file)}:{node.lineno}: {called}")
    assert found == []


SINKS = {"Static", "Label", "Markdown", "RichLog", "Log", "DataTable", "notify", "from_markup", "Toast"}
"""What reads markup or passes control characters on."""


def test_the_console_hands_no_text_to_what_reads_markup() -> None:
    found = []
    for file in sources(TUI):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual.widgets"):
                found += [f"{name(file)}: {alias.name}" for alias in node.names]
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                if called in SINKS:
                    found.append(f"{name(file)}:{node.lineno}: {called}(...)")
            if isinstance(node, ast.Assign):
                found += [
                    f"{name(file)}:{node.lineno}: {target.attr} = ..."
                    for target in node.targets
                    if isinstance(target, ast.Attribute)
                    and target.attr in {"tooltip", "border_title", "border_subtitle", "sub_title"}
                ]
    assert found == []


def test_only_the_settings_and_the_doors_read_the_environment() -> None:
    """Configuration is read once; elsewhere a variable is passed on to children or belongs to a task."""
    allowed = {
        "core/penstock/settings.py",  # the configuration
        "core/penstock/task_process/lookup.py",  # variables and connections of authors
        "core/penstock/task_process/secrets.py",
        "core/penstock/operators/external_python.py",
        "core/penstock/operators/virtualenv.py",
        "core/penstock/api/value_rows.py",
        "core/penstock/operators/bash.py",  # a task hands its environment to its command
        "core/penstock/sensors/bash.py",
        "core/penstock/notifiers/shell.py",
        *(  # dbt gets the environment of its task, and its programs are told by it whose they are
            f"core/penstock/dbt/{part}.py"
            for part in ("engine", "manifest", "project", "row", "run", "session", "tasks")
        ),
        "core/penstock/loading/airflow_ignore.py",  # how an .airflowignore is to be read
        "core/penstock/airflow/places.py",  # AIRFLOW_HOME and what else files of Airflow count on
        "core/penstock/airflow/served/configuration.py",
        "core/penstock/airflow/served/docker.py",
        "core/penstock/airflow/served/script.py",  # a file that is run as a script
        "core/penstock/airflow/__main__.py",
        "core/penstock/task_process/main.py",
        "core/penstock/execution/local/supervisors.py",  # a supervisor inherits the engine's
        "core/penstock/forking.py",  # a fork takes over the environment it is given
        "core/penstock/failpoint.py",  # tests name a point at which to die
        "core/penstock/supervisor/environment.py",  # what a supervisor knows before an engine has told it
        "core/penstock/task_process/channel.py",  # a task's line to its supervisor
        "core/penstock/cli/checks/machine.py",  # the doctor looks at the terminal
        "core/penstock/cli/text.py",  # NO_COLOR
        "core/penstock/cli/crontabs.py",  # TZ, the zone of this machine
        "core/penstock/loading/environment.py",
        "core/penstock/service/daemon.py",  # what tasks inherit
        "core/penstock/service/foreground.py",
        "core/penstock/service/http_server.py",  # the server inherits it
        "core/penstock/api/local_far.py",  # variables for tasks on other hosts
        "core/penstock/execution/remote/packing.py",  # what those inherit
        "core/penstock/execution/remote/secrets.py",  # env:NAME, for those
        "core/penstock/trust.py",  # who may be trusted cannot be said by a file that is not trusted yet
        "core/penstock/ssh/hosts.py",  # which file names hosts
        "core/penstock/cli/far.py",  # what of it a program on another host gets, too
        "core/penstock/cli/console.py",  # the console inherits the home
        "core/penstock/cli/airflow_database.py",  # psql inherits it; Airflow's key may be in it
        "core/penstock/cli/graph.py",  # whether its output carries glyphs
        "core/penstock/cli/up.py",
        "core/penstock/cli/worker.py",  # what a worker's tasks inherit
        "core/penstock/execution/host/host.py",  # what its supervisors inherit
        "tui/penstock_tui/__main__.py",  # what decides how to draw
        "tui/penstock_tui/log_outside.py",  # PAGER, VISUAL, EDITOR
        "tui/penstock_tui/outside.py",  # another program on the terminal inherits it
    }
    found = {
        name(file)
        for file in sources()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv", "environb"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    assert found <= allowed, found - allowed


def test_words_are_printed_by_doors_and_tasks_alone() -> None:
    """`print` is for the command line, and for what a task says into its log."""
    found = {
        name(file)
        for file in sources()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    }
    rooms = ("cli", "authoring", "operators", "sensors", "notifiers", "task_process", "airflow", "dbt")
    allowed = tuple(f"core/penstock/{room}/" for room in rooms)
    allowed += ("core/penstock/service/foreground.py", "tui/penstock_tui/__main__.py")
    assert {file for file in found if not file.startswith(allowed)} == set()
