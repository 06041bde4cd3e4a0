"""The pytest plugin as a project uses it: a folder of DAG files, and tests of its own."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

from architecture.house import DOCS, ROOT, blocks, loaded_by

pytest_plugins = ["pytester"]

DAGS = """
from penstock import DAG, BashOperator, Variable, task

with DAG("daily", schedule=None, params={"limit": 3}):
    @task
    def extract(params=None):
        print("three rows")
        return list(range(params["limit"]))

    @task(retries=1, retry_delay=0)
    def load(rows, ti=None):
        print("attempt", ti.try_number)
        if ti.try_number == 1:
            raise RuntimeError("not yet")
        return sum(rows)

    load(extract())

with DAG("broken", schedule=None):
    BashOperator(task_id="bad", bash_command="echo last words; exit 3") >> BashOperator(
        task_id="after", bash_command="true"
    )

with DAG("asks", schedule=None):
    BashOperator(task_id="say", bash_command="echo {{ var.value.region }} {{ ds }}")
"""
TESTS = """
from datetime import datetime
import pytest

def test_all_files_load(dag_bag):
    dag_bag.check()
    assert set(dag_bag.dags) == {"daily", "broken", "asks"}
    assert dag_bag.import_errors == {}
    assert len(dag_bag) == 3
    assert [task.task_id for task in dag_bag.dags["daily"].tasks] == ["extract", "load"]

def test_a_dag_runs_by_the_engines_rules(run_dag):
    ran = run_dag("daily", conf={"limit": 4})
    ran.check()
    assert ran.states == {"extract": "success", "load": "success"}
    assert (ran.xcom("extract"), ran.xcom("load")) == ([0, 1, 2, 3], 6)
    assert ran.task("load").try_number == 2
    assert "attempt 1" in ran.log("load") and "attempt 2" in ran.log("load")
    assert "three rows" in ran.log("extract") and "attempt" not in ran.log("extract")

def test_one_task_alone(run_dag):
    ran = run_dag("daily", task="extract")
    assert ran.states == {"extract": "success"}

def test_variables_come_with_the_call_or_the_settings(run_dag):
    date = datetime(2026, 3, 1)
    assert run_dag("asks", logical_date=date).xcom("say") == "north 2026-03-01"
    assert run_dag("asks", logical_date=date, variables={"region": "south"}).xcom("say") == "south 2026-03-01"

def test_a_failure_is_told(run_dag):
    ran = run_dag("broken")
    assert not ran.ok
    assert ran.states == {"bad": "failed", "after": "upstream_failed"}
    with pytest.raises(AssertionError) as caught:
        ran.check()
    assert "last words" in str(caught.value) and "bad is failed" in str(caught.value)

def test_a_file_can_be_named(run_dag, dag_bag):
    assert run_dag(dag_bag.folder / "all.py", "broken", task="after").ok

def test_wrong_names_are_told(run_dag):
    run_dag("dialy")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with DAG files and a penstock.toml; an instance elsewhere is none of its business."""
    monkeypatch.setenv("PENSTOCK_HOME", str(pytester.path / "an-instance"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'core'}")
    dags = pytester.mkdir("dags")
    (dags / "all.py").write_text(DAGS)
    (pytester.path / "penstock.toml").write_text('[variables]\nregion = "north"\n')
    return pytester


def pytest_in(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the project's tests. Where the entry point is not registered the plugin is named."""
    known = any(point.name == "penstock" for point in entry_points(group="pytest11"))
    named = [] if known else ["-p", "penstock.testing.plugin"]
    return project.runpytest_subprocess(*named, "-p", "no:xdist", "-p", "no:cacheprovider", *arguments)


def test_a_project_tests_its_dags(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = pytest_in(project)
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*makes no DAG 'dialy'; it makes: asks, broken, daily*"])
    assert not (project.path / "an-instance").exists(), "nothing is written into an instance"


def test_files_that_do_not_load_are_told_with_their_line(project: pytest.Pytester) -> None:
    (project.path / "dags" / "bad.py").write_text("import penstock\n\nimport pandsa\n")
    (project.path / "dags" / "twice.py").write_text(DAGS.replace("broken", "b2").replace("asks", "a2"))
    project.makepyfile(
        """
        def test_errors_are_a_dict(dag_bag):
            assert set(dag_bag.import_errors) == {"bad.py", "twice.py"}
            assert dag_bag.import_errors["bad.py"].startswith("bad.py:3: ")
            assert "made by" in dag_bag.import_errors["twice.py"]
            assert "daily" in dag_bag.dags

        def test_check(dag_bag):
            dag_bag.check()
        """
    )
    result = pytest_in(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*2 DAG file(s) of*do not load*", "*bad.py:3: *pandsa*"])


def test_the_folder_is_a_setting_and_an_option(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(dag_bag):\n    assert dag_bag.folder.name == 'pipes' and dag_bag.dags\n")
    assert pytest_in(project).ret == 1
    (project.path / "dags").rename(project.path / "pipes")
    pytest_in(project, "--penstock-dags", "pipes").assert_outcomes(passed=1)
    project.makeini("[pytest]\npenstock_dags = pipes\n")
    pytest_in(project).assert_outcomes(passed=1)
    project.makeini("[pytest]\npenstock_dags = nowhere\n")
    result = pytest_in(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*folder *nowhere does not exist; set penstock_dags*"])


def test_the_page_says_what_is_so(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of docs/authoring.md is a project's test, run here against the page's first DAG."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'core'}")
    page = DOCS / "authoring.md"
    [(_, tests)] = blocks(page, "py")
    (_, first_dag), *_ = blocks(page, "python")
    (pytester.mkdir("dags") / "daily_report.py").write_text(first_dag)
    pytester.makepyfile(tests)
    result = pytest_in(pytester)
    assert result.ret == 0
    result.assert_outcomes(passed=tests.count("def test_"))


def test_it_costs_nothing_until_it_is_used() -> None:
    more = loaded_by("import pytest, penstock.testing.plugin") - loaded_by("import pytest")
    ours = {name for name in more if name.startswith("penstock")}
    assert ours <= {"penstock", "penstock.testing", "penstock.testing.plugin"}
    assert not {"msgspec", "sqlalchemy", "asyncio"} & (more - sys.stdlib_module_names)


def test_without_pytest_it_is_a_few_calls(tmp_path: Path) -> None:
    from penstock.testing import DagBag, run

    (tmp_path / "all.py").write_text(dedent(DAGS))
    bag = DagBag(tmp_path)
    bag.check()
    ran = run(bag.file_of("broken"), "broken", task="after")
    assert (ran.ok, ran.states) == (True, {"after": "success"})
    assert str(ran).startswith("broken success (manual__")
