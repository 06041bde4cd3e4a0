"""DAG files in disposable children: good ones load, and nothing that a bad one does gets out."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from drive.waiting import eventually
from penstock import process
from penstock.loading.child_process import MARK, Starter
from penstock.loading.discover import source_hash
from penstock.loading.environment import author_environment
from penstock.loading.parse import SPAWNING, parse_file, parse_file_sync
from penstock.loading.warm import WarmParents
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.settings import Settings

GOOD = """
    from penstock import DAG, BashOperator

    with DAG("good", schedule="0 6 * * *", timezone="Europe/Berlin"):
        BashOperator(task_id="a", bash_command="true") >> BashOperator(task_id="b", bash_command="true")
"""


_starters: list[Starter] = []


@pytest.fixture(autouse=True, params=["spawned", "forked"])
def starter(request: pytest.FixtureRequest) -> Iterator[Starter]:
    """Give what makes the children of this test; a file of `load` meets a parent that has served another."""
    with WarmParents() as parents:
        _starters[:] = [parents if request.param == "forked" else SPAWNING]
        yield _starters[0]
        assert request.param == "spawned" or not parents.cold


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "dags"
    folder.mkdir()
    return Settings(
        home=tmp_path,
        dags_folder=folder,
        parse_timeout=20.0,
        variables={"greeting": "hello from penstock.toml"},
        connections={"warehouse": "sqlite:////tmp/w.db"},
    )


def write(settings: Settings, text: str, name: str = "dag_file.py") -> Path:
    path = settings.dags_folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


def load(settings: Settings, text: str, name: str = "dag_file.py") -> ParsedFile:
    return parse_file_sync(write(settings, text, name), settings=settings, starter=_starters[0])


def problem(parsed: ParsedFile) -> DagFileProblem:
    assert parsed.dags == ()
    (only,) = parsed.errors
    return only


def test_a_good_file_becomes_specs(settings: Settings) -> None:
    parsed = load(settings, GOOD)
    assert parsed.errors == ()
    (dag,) = parsed.dags
    assert dag.dag_id == "good"
    assert dag.schedule.crons == ("0 6 * * *",)
    assert dag.schedule.timezone == "Europe/Berlin"
    assert [(task.task_id, task.upstream) for task in dag.tasks] == [("a", ()), ("b", ("a",))]
    path = settings.dags_folder / "dag_file.py"
    assert parsed.source_hash == source_hash(path.read_bytes())
    assert dag.file == parsed.file == str(path)


def test_a_file_without_dags_is_no_error(settings: Settings) -> None:
    parsed = load(settings, "ANSWER = 42\n")
    assert (parsed.dags, parsed.errors) == ((), ())


def test_given_bytes_are_loaded_instead_of_the_file(settings: Settings) -> None:
    path = write(settings, "raise SystemExit\n")
    pinned = dedent(GOOD).encode()
    parsed = parse_file_sync(path, settings=settings, source=pinned, starter=_starters[0])
    assert [dag.dag_id for dag in parsed.dags] == ["good"]
    assert parsed.source_hash == source_hash(pinned)


def test_modules_beside_the_file_can_be_imported_and_hide_nothing(settings: Settings) -> None:
    write(settings, "NAME = 'from_helper'\n", "team/naming.py")
    write(settings, "raise RuntimeError('hides the standard library')\n", "team/json.py")
    write(settings, "SCHEDULE = '@daily'\n", "shared_times.py")
    parsed = load(
        settings,
        """
        import json
        from penstock import DAG
        from naming import NAME
        from shared_times import SCHEDULE

        DAG(json.loads('["' + NAME + '"]')[0], schedule=SCHEDULE)
        dag = DAG(NAME + "_named", schedule=SCHEDULE)
        """,
        "team/uses_helpers.py",
    )
    assert parsed.errors == ()
    assert "from_helper_named" in [dag.dag_id for dag in parsed.dags]


@pytest.mark.parametrize("name", ["json.py", "penstock.py", "my-dag.2.py"])
def test_a_file_may_be_called_what_it_likes(settings: Settings, name: str) -> None:
    parsed = load(settings, GOOD, name)
    assert parsed.errors == ()
    assert [dag.dag_id for dag in parsed.dags] == ["good"]


def test_the_instance_is_at_hand_while_loading(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_ENGINE", "x")
    parsed = load(
        settings,
        """
        import os
        from penstock import DAG, Connection, Variable

        words = [Variable.get("greeting"), Connection.get("warehouse").conn_type, os.environ["PENSTOCK_HOME"]]
        dag = DAG("d", description=" | ".join(words) + str("SECRET_OF_THE_ENGINE" in os.environ))
        """,
    )
    assert parsed.errors == ()
    assert parsed.dags[0].description == f"hello from penstock.toml | sqlite | {settings.home}False"


SAID = {
    "exit": ("import sys\nsys.exit(3)", "exited with code 3 while loading", 2),
    "exit with text": ("\nexit('no')", "exited with code 1 while loading", 2),
    "raise": ("x = 1\nx / 0", "ZeroDivisionError: division by zero", 2),
    "base exception": ("class Odd(BaseException): ...\nraise Odd('well')", "Odd: well", 2),
    "keyboard interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
    "syntax": ("x = 1\ny = = 2", "SyntaxError: invalid syntax", 2),
    "import": ("\n\nimport no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", 3),
    "unspeakable": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
        "Odd: (its text cannot be shown)",
        3,
    ),
    "os._exit": ("import os\nos._exit(5)", "exited with code 5 while loading", None),
    "segfault": ("import ctypes\nctypes.string_at(0)", "killed by SIGSEGV while loading", 2),
    "kill itself": ("import os\nos.kill(os.getpid(), 9)", "killed by SIGKILL while loading", None),
    "memory": ("hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 24))", "MemoryError", 3),
    "recursion": (
        "def f(): return f()\nf()",
        "RecursionError: maximum recursion depth exceeded",
        1,
    ),
    "closes everything": (
        "import os\nos.closerange(0, 256)",
        "closed descriptors that it did not open, so its DAGs could not be read",
        None,
    ),
    "flood": (
        "import os\nfor _ in range(1 << 14):\n    os.write(1, b'x' * 65536)",
        "printed more than 16 MiB while loading",
        None,
    ),
    "bad cron": (
        "from penstock import DAG\nDAG('d')\ndag = DAG('e', schedule='61 * * * *')",
        "DAG 'e': cron '61 * * * *' is not valid: minute '61' is out of range: it goes from 0 to 59",
        3,
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_a_bad_file_does_is_told(settings: Settings, name: str) -> None:
    text, message, line = SAID[name]
    small = Settings(home=settings.home, dags_folder=settings.dags_folder, parse_memory=512 << 20)
    told = problem(load(small, text + "\n"))
    assert (told.message, told.line) == (message, line)
    assert told.file == str(settings.dags_folder / "dag_file.py")


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(1000)"])
def test_an_endless_file_is_stopped_and_its_line_named(settings: Settings, body: str) -> None:
    short = Settings(home=settings.home, dags_folder=settings.dags_folder, parse_timeout=0.5)
    told = problem(load(short, f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{body}\n"))
    assert (told.message, told.line) == ("took longer than 0.5 s to load", 3)


QUIRKS = {
    "prints garbage": "import os, sys\nprint('\\x1b[2J{\"dags\": []}')\nos.write(2, bytes(range(256)) * 100)",
    "closes its output": "import os, sys\nsys.stdout.close(); sys.stderr = None; os.close(1); os.close(2)",
    "changes directory": "import os\nos.chdir('/')",
    "changes signals": "import signal\nfor n in range(1, 15):\n"
    "    if n not in (9,): signal.signal(n, signal.SIG_IGN)",
    "leaves threads": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(1000,)).start()\n"
    "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "hangs at exit": "import atexit, time\natexit.register(time.sleep, 1000)",
    "forks and goes on": "import os, time\nif os.fork() == 0: time.sleep(1000)",
    "forks and both go on": "import os\nos.fork()",
    "loses what scripts rely on": "import sys\nsys.argv = None\nsys.stdin.close()\nsys.excepthook = None",
}


@pytest.mark.parametrize("name", QUIRKS)
def test_a_strange_file_still_loads(settings: Settings, name: str) -> None:
    parsed = load(settings, QUIRKS[name] + "\n" + dedent(GOOD))
    assert parsed.errors == ()
    assert [dag.dag_id for dag in parsed.dags] == ["good"]


def test_nothing_that_a_file_starts_outlives_its_loading(settings: Settings) -> None:
    pids = settings.home / "pids"
    parsed = load(
        settings,
        f"""
        import os, subprocess, time

        with open({str(pids)!r}, "w") as stream:
            for detached in (False, True):
                stream.write(f"{{subprocess.Popen(['sleep', '1000'], start_new_session=detached).pid}}\\n")
        """,
    )
    assert parsed.errors == ()
    for pid in map(int, pids.read_text().split()):
        assert _is_gone(pid)


def _is_gone(pid: int) -> bool:
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_the_traceback_is_the_authors_part(settings: Settings) -> None:
    write(settings, "def check(value):\n    raise ValueError('too small')\n", "checks.py")
    told = problem(load(settings, "import checks\n\nchecks.check(1)\n"))
    assert (told.message, told.line) == ("ValueError: too small", 3)
    assert told.detail is not None
    assert "checks.check(1)" in told.detail
    assert 'checks.py", line 2, in check' in told.detail
    assert "penstock" not in told.detail.replace(str(settings.home), "")


def test_the_end_of_the_output_is_kept_for_a_crash(settings: Settings) -> None:
    told = problem(
        load(settings, "import os\nprint('x' * 9000)\nprint('the last thing it said')\nos._exit(1)\n")
    )
    assert told.detail is not None
    assert told.detail.endswith("the last thing it said")
    assert len(told.detail) < 5000


def test_one_bad_dag_leaves_the_others_of_its_file(settings: Settings) -> None:
    parsed = load(
        settings, "from penstock import DAG\na = DAG('fine')\nb = DAG('bad', schedule='0 0 30 2 *')\n"
    )
    assert [dag.dag_id for dag in parsed.dags] == ["fine"]
    assert [error.line for error in parsed.errors] == [3]


def test_a_file_that_cannot_be_read_is_told(settings: Settings) -> None:
    told = problem(parse_file_sync(settings.dags_folder / "gone.py", settings=settings, starter=_starters[0]))
    assert told.message == "cannot be loaded: No such file or directory"


async def test_bad_files_do_not_hold_up_good_ones_and_are_not_left_behind(
    settings: Settings, tmp_path: Path
) -> None:
    """Who gives a load up leaves no child of it."""
    told = tmp_path / "pid"
    text = f"import os, time\nopen({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(1000)\n"
    slow = write(settings, text, "slow.py")
    good = write(settings, GOOD, "good.py")
    waiting = asyncio.create_task(parse_file(slow, settings=settings, starter=_starters[0]))
    parsed = await parse_file(good, settings=settings, starter=_starters[0])
    assert [dag.dag_id for dag in parsed.dags] == ["good"]
    assert not waiting.done()
    await eventually(lambda: told.exists() and told.read_text(), "the child's start")
    pid = int(told.read_text())
    assert process.stat(pid) is not None
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert process.stat(pid) is None


def test_a_warm_parent_may_die_at_any_moment(settings: Settings, starter: Starter) -> None:
    if not isinstance(starter, WarmParents):
        pytest.skip("there is none")
    assert load(settings, "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)").errors == ()
    assert load(settings, GOOD, "good.py").dags
    assert starter.used == 2


def test_a_warm_parent_has_done_once_what_most_files_need(settings: Settings, starter: Starter) -> None:
    """A child that imports croniter and makes its decoders by itself takes five times as long."""
    if not isinstance(starter, WarmParents):
        pytest.skip("there is none")
    ready = """
import sys
from penstock import DAG, EmptyOperator
from penstock.authoring import scope
from penstock.decoding import _made
from penstock.model.spec import DagSpec
assert "croniter" in sys.modules and DagSpec in _made
assert not scope.current().registered, "nothing is left of the rehearsal"
with DAG("good", schedule="0 3 * * 1"):
    EmptyOperator(task_id="only")
"""
    loaded = load(settings, ready)
    assert loaded.errors == ()
    assert [dag.dag_id for dag in loaded.dags] == ["good"]


def test_a_child_may_be_killed_before_it_leads_its_session(settings: Settings, starter: Starter) -> None:
    if not isinstance(starter, WarmParents):
        pytest.skip("such a child leads one from the beginning")
    path = write(settings, "while True: pass")
    environment = {**author_environment(settings), MARK: "0" * 16}
    with Path(os.devnull).open("wb") as nothing:
        fd = nothing.fileno()
        parents: set[int] = set()
        for _ in range(20):
            child = starter.start(path, fd, fd, fd, environment)
            os.kill(child.pid, signal.SIGSTOP)  # most often early enough
            if record := process.stat(child.pid):
                parents.add(record.ppid)
            assert child.collect() == -signal.SIGKILL
            assert process.stat(child.pid) is None
    assert len(parents) == 1, "one parent collected them all"


def test_a_file_sees_the_same_forked_and_spawned(settings: Settings) -> None:
    path = write(
        settings,
        """
        import os, sys, signal, resource, __main__

        raise RuntimeError(str([
            sorted(item for item in os.environ.items() if item[0] != "PENSTOCK_LOAD"), os.getcwd(), sys.argv,
            sys.flags, sys.path, sys.executable, os.getsid(0) == os.getpid(), sys.stdin.read(),
            [repr(s) for s in (sys.stdin, sys.stdout.buffer, sys.stderr)], signal.getsignal(signal.SIGINT),
            [resource.getrlimit(n) for n in range(10)], len(os.listdir("/proc/self/fd")),
            __main__.__spec__.name, len(os.environ["PENSTOCK_LOAD"]),
        ]))
        """,
    )
    with WarmParents() as parents:
        told = [parse_file_sync(path, settings=settings, starter=each).errors for each in (SPAWNING, parents)]
        assert parents.used == 1
    assert len(told[0][0].message) > 1000
    assert told[0] == told[1]


LIES = """
import sys

import msgspec

from penstock import DAG, EmptyOperator

child = sys.modules["__main__"]
child.settled = lambda spec: msgspec.structs.replace(
    spec, tasks=tuple(msgspec.structs.replace(task, {field}={value}) for task in spec.tasks)
)
with DAG("lies"):
    EmptyOperator(task_id="a")
"""


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pool_slots", "-1", "task 'a': pool_slots must be a whole number from 1"),
        ("trigger_rule", "'nonsense'", "task 'a': trigger_rule 'nonsense' does not exist"),
        ("upstream", "('b',)", "task 'a': it depends on 'b', which is not in the DAG"),
        ("retries", "None", "overwrote the answer of its loader"),
        ("weight_rule", "'up'", "overwrote the answer of its loader"),
    ],
)
def test_a_file_that_lies_about_its_dags_is_not_believed(
    settings: Settings, field: str, value: str, message: str
) -> None:
    told = problem(load(settings, LIES.format(field=field, value=value)))
    assert message in told.message
    assert told.file == str(settings.dags_folder / "dag_file.py")
