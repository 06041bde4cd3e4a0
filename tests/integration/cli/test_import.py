"""`penstock import`: the files that it writes load, and their DAGs are due when the old jobs were."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.crontabs import refusal
from penstock.cli.main import run
from penstock.loading.parse import parse_file_sync
from penstock.model.spec import DagSpec
from penstock.settings import Settings
from penstock.timetable.schedule import timetable_of

TABLE = Path(__file__).parents[2] / "data" / "cron_table.txt"
NOW = "2026-01-01T00:00:00+00:00"
CRONTAB = r"""# m h  dom mon dow   command
MAILTO="ops@example.com, root"
PATH=$PATH:/usr/local/bin

# nightly backup
30 4 * * * flock -n /tmp/backup.lock timeout -k 5 2h /opt/backup.sh --full >/dev/null 2>&1
0 0 */2 * 1 /opt/report.sh
0 22-6 * * * echo never
@reboot sleep 60 && /opt/start
*/5 * * * * cd /srv/app && ./poll.py &
10 4 1-7 * * [ "$(date +\%u)" = 7 ] && /opt/first-sunday.sh
0 3 * * * docker ps --format '{{.Names}}' | tee ${#x} {% endraw %}
MAILTO=""
GREETING = 'hello  # all'
SCRIPT=/opt/{{x}}.sh
0 9 * * 1-5 mail -s "hello" bob@example.com%Dear Bob,%%the rate is 5\%.%Bye
# 0 3 * * * /opt/old-job.sh
@hourly echo "a\tb"
SHELL=/bin/zsh
CRON_TZ=America/New_York
15 6 * * * exit 99
not a line
"""


def imported(
    tmp_path: Path, text: str, *options: str, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    source, to = tmp_path / "source", tmp_path / "dags" / "crontab.py"
    source.write_text(text, encoding="utf-8")
    to.parent.mkdir(exist_ok=True)
    words = ["import", "crontab", str(source), *options, "--now", NOW, "--to", str(to), "--json"]
    assert run(words) == 0
    lines: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["lines"]
    return lines


def loaded(tmp_path: Path) -> dict[str, DagSpec]:
    file = tmp_path / "dags" / "crontab.py"
    parsed = parse_file_sync(file, settings=Settings(home=tmp_path, dags_folder=file.parent))
    assert parsed.errors == ()
    assert [warning for dag in parsed.dags for warning in dag.warnings] == []
    return {dag.dag_id: dag for dag in parsed.dags}


def due(dag: DagSpec) -> list[str]:
    points = timetable_of(dag.schedule).points_after(datetime.fromisoformat(NOW))
    return [point.run_after.isoformat().replace("+00:00", "Z") for point in islice(points, 5)]


def nothing_begins_by_itself(dags: dict[str, DagSpec]) -> None:
    for dag in dags.values():
        assert dag.catchup == "none"
        assert dag.paused_upon_creation is True
        assert dag.schedule.kind != "cron" or dag.schedule.run_immediately is False


def formatted(file: Path) -> None:
    """Fail if the formatter would write *file* in another way."""
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, "format", "--isolated", "--diff", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_crontab_becomes_dags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = imported(tmp_path, CRONTAB, "--daemon", "cronie", "--timezone", "Europe/Amsterdam", capsys=capsys)
    assert set(lines[0]) == {
        "line", "text", "dag_id", "task_id", "schedule", "kept", "warnings", "there", "here"
    }  # fmt: skip
    numbers = dict(enumerate(CRONTAB.splitlines(), 1))
    assert [line["text"] for line in lines] == [numbers[line["line"]] for line in lines]
    assert [line["line"] for line in lines if not line["kept"]] == [8, 9, 22]
    assert all(line["warnings"] for line in lines if not line["kept"])
    dags = loaded(tmp_path)
    nothing_begins_by_itself(dags)
    formatted(tmp_path / "dags" / "crontab.py")
    by_id = {line["dag_id"]: line for line in lines if line["kept"]}
    assert set(dags) == set(by_id)
    for dag_id, dag in dags.items():
        assert due(dag) == by_id[dag_id]["here"] == by_id[dag_id]["there"]
        (task,) = dag.tasks
        assert task.task_id == by_id[dag_id]["task_id"]
    backup = dags["backup"]
    assert (backup.max_active_runs, backup.overlap, backup.description) == (1, "skip", "nightly backup")
    assert (backup.tasks[0].execution_timeout, backup.tasks[0].stop_grace) == (7200, 5)
    assert dags["exit"].schedule.timezone == "America/New_York"
    assert dags["old-job"].tags != dags["backup"].tags
    assert {dag.schedule.timezone for dag in dags.values()} == {"Europe/Amsterdam", "America/New_York"}


def test_what_is_not_kept_stands_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = imported(tmp_path, CRONTAB, "--daemon", "debian", capsys=capsys)
    text = (tmp_path / "dags" / "crontab.py").read_text(encoding="utf-8")
    for line in lines:
        says = f"# Line {line['line']}: " if line["kept"] else f"# Line {line['line']} is not kept: "
        assert says + line["text"].replace("\t", " ") in text
    assert "the whole file" in " ".join(lines[-1]["warnings"])
    assert any("does not schedule by CRON_TZ" in warning for warning in lines[-2]["warnings"])


@pytest.mark.parametrize("daemon", ["debian", "cronie", "busybox"])
def test_the_table_and_generated_lines_are_due_as_they_were(
    daemon: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [row.split("\t")[0] for row in TABLE.read_text(encoding="utf-8").splitlines() if row[0] != "#"]
    dice = random.Random(daemon)
    made = [" ".join(dice.choice(words) for words in FIELDS) for _ in range(60)]
    text = "".join(f"{cron} /opt/job{number}\n" for number, cron in enumerate([*table, *made]))
    lines = imported(tmp_path, text, "--daemon", daemon, "--timezone", "Asia/Tokyo", capsys=capsys)
    assert [line["line"] for line in lines] == list(range(1, len(table) + len(made) + 1))
    dags = loaded(tmp_path)
    nothing_begins_by_itself(dags)
    formatted(tmp_path / "dags" / "crontab.py")
    kept = [line for line in lines if line["kept"]]
    assert len(kept) == len(dags) > 130
    assert [
        (line["text"], line["there"]) for line in kept if line["there"] != due(dags[line["dag_id"]])
    ] == []


FIELDS = (
    ["*", "0", "*/7", "5-5", "1,31", "10-50/20", "*,5"],
    ["*", "3", "22-23,0-4", "*/5", "9-17/2", "0-0"],
    ["*", "*/2", "13", "1-7", "31,*", "1-31", "29-31"],
    ["*", "jan", "2-12/3", "*/5", "feb,mar"],
    ["*", "0", "7", "mon-fri", "*/2", "1-7", "sun,Tue", "*,1"],
)

COMMANDS = [
    "echo one; echo two",
    r"date +\%Y >/dev/null; echo 100\% %in%put",
    r"cat%one%two 5\%%%end",
    "cat; echo more # and a comment%in%put",
    "[ -d /nowhere ] && echo never",
    "test -d / && echo yes",
    "cd / && pwd",
    "cd tmp && pwd",
    "exit 99",
    r'echo "a\tb"',
    "echo {a,b} $RANDOM",
    'echo "$GREETING" $HOME $LOGNAME $PATH $SHELL',
    "sleep 0.1 && echo late &",
    "nice -n 1 timeout 5 flock -w 3 lock echo in",
    "flock -n other -c 'cd / && pwd'",
    "for i in 1 2; do echo $i; done > out; cat out",
    "echo lost >/dev/null 2>&1; echo kept",
    'printf "%s\\n" "it\'s" | cat',
    "chronic true && echo there; echo `echo here`",
    "test -x /nowhere/anacron || ( cd / && pwd )",
    "cat <<-X; echo after",
]
ORDINARY_DAY = {"[ -d /nowhere ] && echo never"}
"""Here the exit code of the shell says that there was nothing to do."""


def test_a_command_does_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each prints what cron's shell prints, ends as it does, and begins in the same place."""
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    lines = "".join(f"0 0 * * * {command.replace('%s', chr(92) + '%s')}\n" for command in COMMANDS)
    imported(tmp_path, f"HOME={home}\nGREETING='hi  # all'\n{lines}", "--daemon", "debian", capsys=capsys)
    dags = loaded(tmp_path)
    assert len(dags) == len(COMMANDS)
    for command, dag in zip(COMMANDS, dags.values(), strict=True):
        (task,) = dag.tasks
        assert task.command is not None, command
        assert task.skip_on_exit_code == ()
        here = shell(task.command.argv, "", task.command.env, task.command.cwd or "")
        script, given = by_cron(command.replace("%s", r"\%s"))
        env = {"HOME": str(home), "LOGNAME": task.command.env["LOGNAME"], "SHELL": "/bin/sh"}
        env |= {"PATH": "/usr/bin:/bin", "GREETING": "hi  # all"}
        there = shell(["/bin/sh", "-c", script], given, env, str(home))
        assert here.stdout == there.stdout, command
        assert here.returncode == (0 if command in ORDINARY_DAY else there.returncode), command


def shell(
    argv: Sequence[str], given: str, env: Mapping[str, str], cwd: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, input=given, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=30
    )


def by_cron(command: str) -> tuple[str, str]:
    """Return what the daemon gives to the shell, and to its input: its two loops, character by character."""
    shell, escaped, at = "", False, 0
    while at < len(command) and (command[at] != "%" or escaped):
        if escaped and command[at] == "%":
            shell = shell[:-1]
        shell += command[at]
        escaped = command[at] == "\\" and not escaped
        at += 1
    text, escaped = "", False
    for char in command[at + 1 :]:
        if escaped and char != "%":
            text += "\\"
        escaped, read = char == "\\", "\n" if char == "%" and not escaped else char
        text += "" if escaped else read
    return shell, text + ("" if not text or text.endswith("\n") else "\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello world\nthis is a readme with words\n", "is not a crontab: line 1"),
        ("\0\1\2", "NUL"),
        ('{\n  "a": 1\n}\n', "is not a crontab"),
        ("import os\nprint(os.environ)\n", "is not a crontab"),
    ],
)
def test_what_is_no_crontab_is_refused(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text(text, encoding="utf-8")
    to = tmp_path / "out.py"
    assert run(["import", "crontab", str(file), "--daemon", "debian", "--to", str(to)]) == 2
    assert says in capsys.readouterr().err
    assert not to.exists()


def test_files_are_found_refused_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, to = tmp_path / "tab", tmp_path / "out.py"
    file.write_bytes(b"0 0 * * * echo \xff\n")
    base = ["import", "crontab", str(file), "--daemon", "debian"]
    assert run([*base, "--check"]) == 2
    assert "line 1 is not UTF-8" in capsys.readouterr().err
    file.write_text("0 0 * * * true\n")
    assert run(base) == 2
    assert "--check" in capsys.readouterr().err
    assert run([*base, "--check", "--to", str(to)]) == 0
    assert not to.exists()
    assert run([*base, "--to", str(to)]) == 0
    before = to.read_text()
    assert run([*base, "--to", str(to)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run([*base, "--to", str(to), "--overwrite"]) == 0
    assert to.read_text() == before
    assert run([*base, "--to", str(tmp_path / "no" / "out.py")]) == 2
    assert run([*base, "--timezone", "Europe/Nowhere", "--check"]) == 2
    assert run(["import", "crontab", str(tmp_path / "nothing"), "--check"]) == 2
    file.write_text("")
    assert run([*base, "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"lines": []}


def test_timers_are_found_with_their_drop_ins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    units = tmp_path / "units"
    (units / "backup@.timer.d").mkdir(parents=True)
    (units / "backup@main.timer.d").mkdir()
    (units / "backup@.timer").write_text("[Timer]\nOnCalendar=daily\n")
    (units / "backup@main.timer.d" / "more.conf").write_text("[Timer]\nOnCalendar=Mon 04:00:30\n")
    (units / "backup@.service").write_text("[Service]\nType=oneshot\nExecStart=/opt/backup %i\n")
    to = tmp_path / "dags" / "crontab.py"
    to.parent.mkdir()
    words = ["import", "timers", str(units / "backup@main.timer"), "--timezone", "UTC", "--now", NOW]
    assert run([*words, "--to", str(to), "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["text"] for line in lines] == ["OnCalendar=daily", "OnCalendar=Mon 04:00:30"]
    assert [line["kept"] for line in lines] == [True, True]
    dags = loaded(tmp_path)
    nothing_begins_by_itself(dags)
    formatted(to)
    assert lines[0]["here"] == lines[0]["there"]
    assert lines[1]["here"][0] == "2026-01-05T04:00:30Z"
    (dag,) = dags.values()
    assert due(dag) == sorted([*lines[0]["here"], *lines[1]["here"]])[:5]
    assert run([*words, "--check"]) == 0
    assert "there  2026-01-02 00:00  01-03 00:00" in capsys.readouterr().out
    (units / "backup@main.timer.d" / "more.conf").write_text("[Timer]\nOnCalendar\n")
    assert run([*words, "--check"]) == 2
    assert "line 2: 'OnCalendar' is not a setting" in capsys.readouterr().err
    (units / "backup@main.timer.d" / "more.conf").write_text("[Timer]\nOnCalendar=\nOnCalendar=often\n")
    assert run([*words, "--check"]) == 2
    assert "OnCalendar=often" in capsys.readouterr().err
    assert run(["import", "timers", str(units / "nothing.timer"), "--check"]) == 2
    assert "nothing.timer is not in" in capsys.readouterr().err


def test_the_crontab_of_a_user_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "crontab"
    program.write_text(
        '#!/bin/sh\n[ "$3" = nobody ] && { echo "no crontab for nobody" >&2; exit 1; }\n'
        'echo "0 6 * * * /opt/of-$3"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert run(["import", "crontab", "-u", "ann", "--check", "--json", "--daemon", "debian"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert line["dag_id"] == "of-ann"
    assert run(["import", "crontab", "-u", "nobody", "--check"]) == 2
    assert "the crontab of nobody cannot be read: no crontab for nobody" in capsys.readouterr().err
    assert run(["import", "crontab", "-u", "ann", "--system", "--check"]) == 2


@pytest.mark.parametrize(
    ("name", "mode", "debian", "cronie"),
    [
        ("backup", 0o644, False, False),
        ("backup.sh", 0o644, True, False),
        ("backup~", 0o644, True, True),
        (".hidden", 0o644, True, True),
        ("shared", 0o664, True, True),
        ("program", 0o755, False, True),
    ],
)
def test_daemons_do_not_read_every_file(
    name: str, mode: int, debian: bool, cronie: bool, tmp_path: Path
) -> None:
    file = tmp_path / "cron.d" / name
    file.parent.mkdir()
    file.write_text("0 0 * * * root true\n")
    file.chmod(mode)
    assert (refusal(file, "debian") is not None, refusal(file, "cronie") is not None) == (debian, cronie)
