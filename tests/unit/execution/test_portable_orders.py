"""Orders for other hosts: nothing of this machine is in them, and there they are whole again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drive.attempts import make_settings
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.execution.remote import protocol
from penstock.execution.remote.orders import Places, filled, moved, place_in_bundle, portable

ID = "0123456789ab-01234567"
THERE = Places(python="/opt/python", root="/w/attempts", home="/w", socket="/w/run/s", dags="/w/code/abc")


def python_task(home: Path, **context: object) -> AttemptSpec:
    facts = {
        "dag_id": "etl",
        "file": str(home / "dags" / "team" / "etl.py"),
        "source": str(home / "versions" / "abc.py"),
        "dags_folder": str(home / "dags"),
        "socket": str(home / "run" / "engine.sock"),
        "values": str(home / "values.json"),
        "params": {"text": "{home} and {dags}/x"},
        **context,
    }
    argv = ("/usr/bin/python3", "-P", "-m", "penstock.task_process.main", str(home / "attempts" / "012" / ID))
    return AttemptSpec(
        attempt_id=ID, argv=argv, env={"A": "{home}"}, cwd=str(home), passed=True, context=facts
    )


def test_a_python_task_names_no_path_of_this_machine(tmp_path: Path) -> None:
    spec = python_task(tmp_path, resumes=str(tmp_path / "attempts" / "011" / "0123456789aa-01234567"))
    order = portable(spec, make_settings(tmp_path))
    text = dump(order).decode()
    assert str(tmp_path) not in text
    assert "/usr/bin/python3" not in text
    assert "values" not in order.context


def test_it_is_whole_again_on_a_worker(tmp_path: Path) -> None:
    earlier = "0123456789aa-01234567"
    spec = python_task(tmp_path, resumes=f"{tmp_path}/attempts/012/{earlier}")
    sent = protocol.Submit(id=3, orders=[protocol.Order(spec=portable(spec, make_settings(tmp_path)))])
    arrived = protocol.request_in(protocol.line(sent))
    assert isinstance(arrived, protocol.Submit)
    there = filled(arrived.orders[0].spec, THERE, {"PATH": "/bin", "A": "worker"})
    folder = f"/w/attempts/0123456/{ID}"
    assert there.argv == ("/opt/python", "-P", "-m", "penstock.task_process.main", folder)
    assert there.cwd == "/w"
    assert there.env == {"PATH": "/bin", "A": "{home}"}
    assert there.context["file"] == there.context["source"] == "/w/code/abc/team/etl.py"
    assert there.context["dags_folder"] == "/w/code/abc"
    assert there.context["socket"] == "/w/run/s"
    assert there.context["resumes"] == f"/w/attempts/0123456/{earlier}"
    assert there.context["params"] == {"text": "{home} and {dags}/x"}, "an author's braces stay"
    assert there.context["far"] is True


@pytest.mark.parametrize(
    ("passed", "env"), [(True, {"PATH": "/bin", "B": "1"}), (False, {"B": "1"})], ids=["added", "replaced"]
)
def test_a_command_stays_as_its_author_wrote_it(tmp_path: Path, env: dict[str, str], *, passed: bool) -> None:
    argv = ("{python}", "{home}", str(tmp_path / "data"))
    spec = AttemptSpec(attempt_id=ID, argv=argv, env={"B": "1"}, cwd="/srv/{home}", passed=passed)
    there = filled(portable(spec, make_settings(tmp_path)), THERE, {"PATH": "/bin"})
    assert (there.argv, there.cwd, there.env) == (argv, "/srv/{home}", env)


@pytest.mark.parametrize(
    ("file", "place"),
    [("/h/dags/a.py", "a.py"), ("/h/dags/x/y/a.py", "x/y/a.py"), ("/elsewhere/a.py", "a.py")],
)
def test_a_dag_file_has_its_place_in_the_bundle(file: str, place: str) -> None:
    assert place_in_bundle(file, "/h/dags") == place


def test_the_code_that_a_record_names_is_named_where_it_is_here() -> None:
    text = json.dumps({"path": ["/w/code", "/w/code/lib", "/w/codex", "/usr/lib"], "say": "/w/code is nice"})
    found = json.loads(moved(text, "/w/code", "/h/dägs"))
    assert found["path"] == ["/h/dägs", "/h/dägs/lib", "/w/codex", "/usr/lib"]
    assert found["say"] == "/w/code is nice"
