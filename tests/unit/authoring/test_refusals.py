"""What a DAG file may not say: refused with the author's file and line, and a word that helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.errors import DagFileError


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("BashOperator(task_id='a', bash_comand='x')", "needs bash_command (did you mean 'bash_comand'?)"),
        ("BashOperator(task_id='a', bash_command='x', retrys=2)", "'retrys' (did you mean 'retries'?)"),
        ("EmptyOperator(task_id='a', trigger_rule='all_sucess')", "(did you mean 'all_success'?)"),
        ("EmptyOperator(task_id='a', retries='many')", "retries must be a whole number"),
        ("EmptyOperator(task_id='a', retries=-1)", "retries must be a whole number"),
        ("EmptyOperator(task_id='a', retry_delay='5m')", "retry_delay must be a timedelta or a number"),
        ("EmptyOperator(task_id='a', depends_on_past='yes')", "depends_on_past must be True or False"),
        ("EmptyOperator(task_id='a', pool_slots=0)", "pool_slots must be a whole number, 1 or more, not 0"),
        ("EmptyOperator(task_id='é')", "task_id 'é' is not allowed"),
        ("EmptyOperator(task_id=3)", "task_id must be a string, not int"),
        ("EmptyOperator(task_id='a..b')", "no .."),
        ("EmptyOperator()", "EmptyOperator needs task_id"),
        ("EmptyOperator('a')", "takes keyword arguments only"),
        ("EmptyOperator(task_id='a', outlets=['x'])", "outlets must be assets, not str 'x'"),
        (
            "PythonOperator(task_id='a', python_callable=3)",
            "python_callable must be something that can be called",
        ),
        ("BranchPythonOperator(task_id='a')", "needs python_callable"),
        ("FileSensor(task_id='a', filepath='x', mode='pock')", "(did you mean 'poke'?)"),
        ("FileSensor(task_id='a', filepath='x', timeout=-1)", "timeout must be"),
        ("FileSensor(task_id='a', filepath='x', soft_fail=True, never_fail=True)", "cannot be used together"),
        ("ExternalTaskSensor(task_id='a', external_dag_id='x', allowed_states=['sucess'])", "'success'?)"),
        ("ExternalTaskSensor(task_id='a', external_dag_id='x', failed_states=['success'])", "overlap"),
        ("TimeSensor(task_id='a', target_time='12:00')", "must be a datetime.time"),
        ("task.kubernetes(print)", "@task.kubernetes is not supported yet"),
        ("task(3)", "@task takes a function"),
        ("TaskGroup('a b')", "group_id 'a b' is not allowed"),
        ("TaskGroup('a.b')", "group_id 'a.b' has a dot"),
        ("TaskGroup('a', colour='red')", "does not have an argument 'colour'"),
        ("Pool('p', slots=-1)", "slots must be a whole number"),
        ("EmptyOperator(task_id='a') >> 'b'", "a dependency must be a task, a group or a list of them"),
        ("EmptyOperator(task_id='a') >> task(print)", "the task function 'print' itself (call it first)"),
        ("chain(EmptyOperator(task_id='a'), 3)", "a dependency must be"),
        ("Label('x') >> Label('y') >> EmptyOperator(task_id='a')", "not beside another label"),
        ("Variable.set('a', 1)", "works only while a task runs"),
    ],
)
def test_refused_where_it_is_said(line: str, message: str, load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.one(f"\n\n{line}".replace("\n\n", "EmptyOperator(task_id='first')\n"))
    assert message in caught.value.message
    assert (caught.value.file, caught.value.line) == ("the_file.py", 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("schedule='61 * * * *'", "cron '61 * * * *' is not valid"),
        ("schedule='0 0 31 2 *'", "never matches"),
        ("schedule='@dayly'", "cron '@dayly' is not valid"),
        ("schedule=3", "schedule must be a cron string"),
        ("schedule=['an asset']", "joined with assets, not with str 'an asset'"),
        ("schedule_interval='@daily'", "'schedule_interval' (use schedule)"),
        ("schedule='@continuous'", "needs max_active_runs=1"),
        ("timezone='Europe/Amsterdan'", "time zone 'Europe/Amsterdan' is not known"),
        ("catchup='some'", "catchup must be"),
        ("overlap='que'", "overlap 'que' is not known (did you mean 'queue'?)"),
        ("max_active_runs=0", "max_active_runs must be a whole number, 1 or more, not 0"),
        ("max_active_run=1", "'max_active_run' (did you mean 'max_active_runs'?)"),
        ("schedule='@daily', params={'p': Param(type='string')}", "its param 'p': has no default"),
        ("schedule='@daily', params={'p': Param('a', type='integer')}", "'a' is not of type 'integer'"),
        ("params={'p': object()}", "param 'p': its default must be JSON"),
    ],
)
def test_a_dag_refused_where_it_is_made(arguments: str, message: str, load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.one("EmptyOperator(task_id='a')", arguments)
    assert message in caught.value.message
    assert (caught.value.file, caught.value.line) == ("the_file.py", 1)


def test_a_cycle_names_its_tasks_and_the_line_that_closed_it(load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.one("a, b, c = (EmptyOperator(task_id=i) for i in 'abc')\na >> b >> c\nc >> a")
    assert caught.value.line == 4
    assert caught.value.message.startswith("cycle: ")
    assert caught.value.message.count("->") == 3


def test_two_dags_of_one_id(load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.specs("one = DAG('d')\nwith DAG('d'): pass\n")
    assert "DAG 'd' is made twice in this file" in caught.value.message


def test_two_sizes_of_one_pool(load: Any) -> None:
    with pytest.raises(DagFileError, match="pool 'p' has 1 slots in one place and 2 in another"):
        load.specs("Pool('p', 1)\nPool('p', 2)\nDAG_ = DAG('d')\n")


def test_no_edges_across_dags(load: Any) -> None:
    text = "with DAG('one'):\n    a = EmptyOperator(task_id='a')\nwith DAG('two'):\n"
    with pytest.raises(DagFileError, match="no edge across DAGs"):
        load.specs(text + "    a >> EmptyOperator(task_id='b')\n")


def test_a_mistake_in_a_shared_operator_is_told_where_the_task_is_made(load: Any, tmp_path: Path) -> None:
    shared = tmp_path / "shared.py"
    shared.write_text(
        "from penstock import BaseOperator\n"
        "class Mine(BaseOperator):\n"
        "    def __init__(self, *, size, **task):\n"
        "        super().__init__(**task)\n"
    )
    names: dict[str, Any] = {}
    exec(compile(shared.read_text(), str(shared), "exec"), names)
    import builtins

    builtins.Mine = names["Mine"]  # type: ignore[attr-defined]
    try:
        for line, message in (
            ("Mine(task_id='a', size=1, siez=2)", "'siez' (did you mean 'size'?)"),
            ("Mine(task_id='a')", "Mine (task 'a') needs size"),
            ("Mine(size=1)", "missing 1 required keyword-only argument: 'task_id'"),
        ):
            with pytest.raises(DagFileError) as caught:
                load.one(line)
            assert message in caught.value.message
            assert (caught.value.file, caught.value.line) == ("the_file.py", 2)
    finally:
        del builtins.Mine  # type: ignore[attr-defined]


def test_outside_of_a_dag(load: Any) -> None:
    for line, message in (
        ("task(lambda: 1)()", "is called outside of a DAG"),
        ("TaskGroup('g')", "is not in a DAG"),
        ("EmptyOperator(task_id='a') >> EmptyOperator(task_id='b')", "is in a DAG: use `with DAG(...)`"),
    ):
        with pytest.raises(
            DagFileError, match=message.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.")
        ):
            load.specs(line)
